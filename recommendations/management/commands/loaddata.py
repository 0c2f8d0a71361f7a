"""`manage.py loaddata`: Django's own, after which each row that it changed has one version more."""

from django.apps import apps
from django.core.management.commands import loaddata
from django.db import transaction

from ...models.base import NaturalKeyModel
from ...models.history import caught_up_at_end


class Command(loaddata.Command):
    """Django's ``loaddata``; versions that a file brings along are no change."""

    def handle(self, *labels, **options):
        config = apps.get_app_config("recommendations")
        models = [each for each in config.get_models() if issubclass(each, NaturalKeyModel)]
        with transaction.atomic(), caught_up_at_end(models, "Loaded from the fixtures"):
            return super().handle(*labels, **options)
