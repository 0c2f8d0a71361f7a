"""`manage.py dumpdata`: Django's own, of what a load does not make by itself."""

from django.apps import apps
from django.core.management.commands import dumpdata

from ...models import DataVersion, SearchDocument, StaffDocument
from ...models.base import NaturalKeyModel


class Command(dumpdata.Command):
    """Django's ``dumpdata`` without search documents, which loading the records makes.

    One in natural keys leaves out versions and imports too: they name a record by its key in this
    database, which such a dump does not hold.
    """

    def handle(self, *labels, **options):
        left_out = [SearchDocument, StaffDocument, DataVersion]
        if options["use_natural_primary_keys"]:
            models = apps.get_app_config("recommendations").get_models()
            left_out = [each for each in models if not issubclass(each, NaturalKeyModel)]
        options["exclude"] = [*options["exclude"], *(each._meta.label for each in left_out)]
        return super().handle(*labels, **options)
