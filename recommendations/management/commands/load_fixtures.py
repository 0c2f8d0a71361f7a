"""Load the fixtures, after saying what that would change."""

import sys
from collections import Counter

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from ... import fixtures


class Command(BaseCommand):
    help = (
        "Load the facts of the source documents: says what would change and asks first. "
        "Rows that staff added are kept; rows that staff edited go back to the fixtures."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty", action="store_true", help="load only where no record exists; never asks"
        )
        parser.add_argument("--yes", action="store_true", help="load without asking")

    def handle(self, *, if_empty, yes, **options):
        if if_empty and not fixtures.is_empty():
            self.stdout.write("The collection already has records: nothing loaded.")
            return
        if not if_empty:
            found = fixtures.differences()
            self.report(found)
            if not found.new and not found.changed:
                return
            if not yes:
                self.confirm()
        self.stdout.write(f"Loaded {self.load()} rows.")

    def report(self, found: fixtures.Differences):
        for key in found.new:
            self.stdout.write(f"new      {row_name(key)}")
        for key, fields in found.changed.items():
            self.stdout.write(f"changed  {row_name(key)}")
            for field, (old, new) in fields.items():
                self.stdout.write(f"           {field}: {old!r} -> {new!r}")
        for model, count in Counter(model for model, _ in found.kept).items():
            self.stdout.write(f"kept     {count} of {model} that no fixture has")
        self.stdout.write(
            f"{len(found.new)} new, {len(found.changed)} changed, {len(found.same)} untouched, "
            f"{len(found.kept)} added by staff and kept."
        )

    def confirm(self):
        if not sys.stdin.isatty():
            raise CommandError(
                "Nothing loaded: there is no terminal to ask on. Give --yes to load all the same."
            )
        if input("Load these changes? Type yes: ").strip().lower() != "yes":
            raise CommandError("Nothing loaded.")

    def load(self) -> int:
        try:
            return fixtures.load()
        except IntegrityError as problem:
            raise CommandError(
                f"Nothing loaded: a record of staff stands in the way. Change it first. {problem}"
            ) from problem


def row_name(key: fixtures.Key) -> str:
    model, values = key
    return " ".join([model.rpartition(".")[2], *(str(value) for value in values if value)])
