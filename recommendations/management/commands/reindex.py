"""Makes the search documents of every record anew."""

from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from recommendations.search import indexing


class Command(BaseCommand):
    help = "Make the words of every public record findable anew, in one transaction."

    def handle(self, *args, **options):
        with transaction.atomic():
            count = indexing.rebuild(
                lambda batches, label: tqdm(batches, desc=str(label), unit="batch", disable=None)
            )
        self.stdout.write(f"{count} records can be found.")
