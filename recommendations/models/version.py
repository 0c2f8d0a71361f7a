"""A token that changes with every change of the data, whoever makes it and how."""

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from .history import is_history

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION recommendations_new_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recommendations_dataversion (id, token, changed_at)
    VALUES (1, gen_random_uuid()::text, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token, changed_at = excluded.changed_at;
    RETURN NULL;
END $$"""
_POSTGRES_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_version
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION recommendations_new_version()"""
_SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_version_{event} AFTER {event} ON {table} BEGIN
    INSERT OR REPLACE INTO recommendations_dataversion (id, token, changed_at)
    VALUES (1, lower(hex(randomblob(16))), strftime('%Y-%m-%d %H:%M:%f', 'now'));
END"""


class DataVersion(models.Model):
    """The one row that database triggers rewrite; random, so that no restored backup repeats it."""

    is_watched = False

    token = models.CharField(_("token"), max_length=36)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("data version")
        verbose_name_plural = _("data versions")

    def __str__(self):
        return self.token

    @classmethod
    def current(cls) -> str | None:
        """The token now; None before the first row was ever written."""
        return cls.objects.values_list("token", flat=True).first()


def install_triggers(app_config, using: str, **kwargs) -> None:
    """Watch every table of the app, after each ``migrate`` (SQLite drops triggers on ALTER).

    Rows of history are written together with a row that is watched.
    """
    connection = connections[using]
    tables = {
        model._meta.db_table
        for model in app_config.get_models(include_auto_created=True)
        if getattr(model, "is_watched", True) and not is_history(model)
    }
    existing = set(connection.introspection.table_names())
    if DataVersion._meta.db_table not in existing:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in sorted(tables & existing):
            if connection.vendor == "postgresql":
                cursor.execute(_POSTGRES_TRIGGER.format(table=table))
            else:
                for event in ("INSERT", "UPDATE", "DELETE"):
                    cursor.execute(_SQLITE_TRIGGER.format(table=table, event=event))
