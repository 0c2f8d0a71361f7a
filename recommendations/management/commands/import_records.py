"""Bring a file into the collection, after saying what that would change."""

import sys
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ... import importing

MOST_LINES = 200


class Command(BaseCommand):
    help = (
        "Import a CSV or XLSX file: says what would be new and changed, asks, then applies it, "
        "all or nothing. Whatever is wrong is named, and nothing is applied."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--model", choices=importing.PLACES, default="recommendations")
        parser.add_argument("--encoding", choices=importing.ENCODINGS, default="")
        parser.add_argument("--sheet", default="", help="name of the sheet of a workbook")
        parser.add_argument("--user", help="in whose name; the history then says so")
        parser.add_argument("--reason", default="", help="why; needed to correct what is public")
        parser.add_argument("--yes", action="store_true", help="apply without asking")

    def handle(self, *, file, model, encoding, sheet, user, reason, yes, **options):
        try:
            choices = {"encoding": encoding, "sheet": sheet}
            self.run(file, model, choices, self.person(user), reason, yes)
        except (importing.Unreadable, importing.Refused) as reason:
            raise CommandError(f"Nothing imported. {reason}") from reason
        except OSError as problem:
            raise CommandError(f"Nothing imported. {file}: {problem.strerror}") from problem

    def run(self, file, place, choices, user, reason, yes):
        content = (
            file.read_bytes()
            if file.stat().st_size <= importing.BYTES
            else b" " * (importing.BYTES + 1)
        )
        run = importing.start(place, file.name, content, user)
        run.choices = choices
        plan = importing.planned(run, progress=bar("rows read"))
        self.report(plan)
        if plan.problems:
            raise CommandError("Nothing imported. Each line above says what to do.")
        if not plan.entries:
            return
        if not yes:
            self.confirm()
        run.save()
        if not importing.apply(run, plan.digest, bar("rows written"), reason):
            raise CommandError("Nothing imported: the data changed meanwhile. Start again.")
        self.stdout.write(f"Imported: {len(plan.new)} new, {len(plan.changed)} changed.")

    def person(self, name):
        if not name:
            return None
        try:
            return get_user_model().objects.get_by_natural_key(name)
        except get_user_model().DoesNotExist:
            raise CommandError(f"Nothing imported. Nobody is called “{name}”.") from None

    def report(self, plan: importing.Plan):
        self.stdout.write(plan.origin)
        for note in plan.notes:
            self.stdout.write(note)
        for entry in plan.entries[:MOST_LINES]:
            self.stdout.write(f"{'changed' if entry.pk else 'new':8} {entry.key} (row {entry.row})")
            for name, (old, new) in entry.values.items() if entry.pk else ():
                self.stdout.write(f"           {name}: {old!r} -> {new!r}")
        for label, lines in {"look at": plan.warnings, "error": plan.problems}.items():
            for line in lines[:MOST_LINES]:
                self.stdout.write(f"{label:8} row {line.place}, {line.column}: {line.message}")
        self.stdout.write(
            f"{len(plan.new)} new, {len(plan.changed)} changed, {plan.unchanged} unchanged, "
            f"{plan.errors} errors."
        )

    def confirm(self):
        if not sys.stdin.isatty():
            raise CommandError("Nothing imported: there is no terminal to ask on. Give --yes.")
        if input("Import these changes? Type yes: ").strip().lower() != "yes":
            raise CommandError("Nothing imported.")


def bar(label):
    """Shows on a terminal how far it is."""
    return lambda steps: tqdm(steps, desc=label, unit="row", disable=None)
