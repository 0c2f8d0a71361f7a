from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("CSSR recommendations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from .deadline import limit
        from .models import history
        from .models.version import install_triggers
        from .permissions import create_groups
        from .search import indexing

        connection_created.connect(limit)
        indexing.connect(self)
        post_migrate.connect(install_triggers, sender=self)
        post_migrate.connect(indexing.install, sender=self)
        post_migrate.connect(history.begin, sender=self)
        post_migrate.connect(create_groups, sender=self)
