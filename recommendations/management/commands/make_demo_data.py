"""Fill a database with synthetic recommendations, and empty it of them again."""

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from tqdm import tqdm

from ... import demo


class Command(BaseCommand):
    help = (
        "Write synthetic recommendations, marked as such, to try a large collection; "
        "--remove deletes them all. Refuses in production."
    )

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=1000, help="how many (1000)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same records")
        parser.add_argument("--remove", action="store_true", help="delete every synthetic record")

    def handle(self, *, rows, seed, remove, **options):
        try:
            if remove:
                self.stdout.write(f"Removed {demo.remove()} synthetic recommendations.")
            else:
                demo.make(rows, seed, progress)
                self.stdout.write(f"Made {rows} synthetic recommendations.")
        except demo.Refused as reason:
            raise CommandError(str(reason)) from reason
        except IntegrityError as problem:
            raise CommandError(
                "Nothing removed: a record of yours leans on a synthetic one. "
                f"Change it first. {problem}"
            ) from problem


def progress(steps, label):
    return tqdm(steps, desc=str(label), unit="batch", disable=None)
