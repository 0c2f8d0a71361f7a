"""Keeps the search documents equal to the records, whoever writes them.

A searchable model says what is found by ``search_own`` (its own fields) and ``search_names``
(field paths to the names of what it relates to). Saving, deleting or relating anything on such a
path remakes the documents concerned. ``bulk_create`` and ``update`` send no signal: callers run
``remake`` or ``rebuild`` after them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from ..models.history import is_history
from ..text import tokens
from .engines import BREAK, EVERY, POSTGRES_SETUP, SQLITE_REBUILD, SQLITE_SETUP, Matches
from .query import Query, Term

BATCH = 500


def searchable_models() -> list[type[models.Model]]:
    """The models that have search documents."""
    config = apps.get_app_config("recommendations")
    return [model for model in config.get_models() if hasattr(model, "search_own")]


def _document_model():
    return apps.get_model("recommendations", "SearchDocument")


def _relation(path: str) -> str:
    return path.rpartition("__")[0]


def _public(model, relation: str) -> dict:
    """What must hold so that everything on the way to a related record is public."""
    condition, here = {}, model
    parts = relation.split("__") if relation else []
    for depth, part in enumerate(parts, 1):
        here = here._meta.get_field(part).related_model
        try:
            here._meta.get_field("state")
        except FieldDoesNotExist:
            continue
        condition["__".join([*parts[:depth], "state"])] = "published"
    return condition


def made(model: type[models.Model], keys: Iterable[int]) -> Iterator[models.Model]:
    """The search documents that the public rows among these should have, unsaved."""
    rows = model.objects.published().filter(pk__in=list(keys))
    own = {key: texts for key, *texts in rows.values_list("pk", *model.search_own)}
    names = defaultdict(dict)
    for path in model.search_names:
        related = rows.filter(**_public(model, _relation(path))).values_list("pk", path)
        for key, name in related.order_by("pk", path).distinct():
            if name:
                names[key][name] = None
    for key, texts in own.items():
        words = {token.printed for text in texts for token in tokens(text or "")}
        yield _document_model()(
            kind=model._meta.model_name,
            object_id=key,
            own=f"{_joined(texts)} {EVERY}",
            names=f"{BREAK} {_joined(names[key])}",
            words=" ".join(sorted(words)),
        )


def _joined(texts: Iterable[str]) -> str:
    return f" {BREAK} ".join(
        " ".join(token.stem for token in tokens(text)) for text in texts if text
    )


def remake(model: type[models.Model], keys: Iterable[int]) -> None:
    """Make the documents of these rows anew; those of rows that are not public go."""
    keys = list(keys)
    document = _document_model()
    kind = model._meta.model_name
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        document.objects.filter(kind=kind, object_id__in=batch).delete()
        document.objects.bulk_create(made(model, batch))


def rebuild(progress=lambda keys, label: keys) -> int:
    """Make every document anew and return their number.

    Args:
        progress: wraps the batches of keys, to show how far it is.
    """
    document = _document_model()
    connection = connections[document.objects.db]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(SQLITE_REBUILD)  # a damaged index refuses that a document is deleted
    document.objects.all().delete()
    for model in searchable_models():
        keys = list(model.objects.published().order_by("pk").values_list("pk", flat=True))
        batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
        for batch in progress(batches, model._meta.verbose_name_plural):
            document.objects.bulk_create(made(model, batch))
    return document.objects.count()


def stale(model: type[models.Model]) -> set[int]:
    """Keys of rows whose document is missing, outdated, left over or not found by its database."""
    documents = _document_model().objects.filter(kind=model._meta.model_name)
    every = Query(((Term((EVERY,), (EVERY,)),),))
    fields = ("object_id", "own", "names", "words")
    held = {row[0]: row[1:] for row in documents.filter(Matches(every)).values_list(*fields)}
    keys = list(model.objects.published().values_list("pk", flat=True))
    found = set(documents.values_list("object_id", flat=True)) - set(keys)
    for start in range(0, len(keys), BATCH):
        for document in made(model, keys[start : start + BATCH]):
            if held.get(document.object_id) != (document.own, document.names, document.words):
                found.add(document.object_id)
    return found


def _concerned(instance: models.Model) -> Iterator[tuple[type[models.Model], list[int]]]:
    """Rows whose documents say something of this record."""
    for model in searchable_models():
        if isinstance(instance, model):
            yield model, [instance.pk]
        for relation in {_relation(path) for path in model.search_names} - {""}:
            parts, here = relation.split("__"), model
            for depth, part in enumerate(parts, 1):
                here = here._meta.get_field(part).related_model
                if isinstance(instance, here):
                    path = "__".join(parts[:depth])
                    found = model._base_manager.filter(**{path: instance.pk})
                    yield model, list(found.values_list("pk", flat=True).distinct())
        for field in type(instance)._meta.concrete_fields:
            if field.is_relation and field.related_model is model:
                key = getattr(instance, field.attname)
                yield model, [key] if key else []


_is_paused = ContextVar("is_paused", default=False)
_gathered = ContextVar("gathered", default=None)


@contextmanager
def rebuilt_at_end():
    """Follow no single change within, and rebuild everything at the end."""
    token = _is_paused.set(True)
    try:
        yield
    finally:
        _is_paused.reset(token)
    rebuild()


@contextmanager
def remade_at_end():
    """Gather the rows whose documents change within, and remake each once at the end."""
    gathered = defaultdict(set)
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    for model, keys in gathered.items():
        remake(model, sorted(keys))


def _remake(model: type[models.Model], keys: Iterable[int]) -> None:
    """Remake documents now, or note that they are due."""
    if (gathered := _gathered.get()) is None:
        remake(model, keys)
    else:
        gathered[model].update(keys)


def _before(instance: models.Model, **kwargs) -> None:
    """Remember whom a record concerns while its relations still stand."""
    instance._concerned = list(_concerned(instance))


def _changed(instance: models.Model, **kwargs) -> None:
    if _is_paused.get():
        return
    for model, keys in [*instance.__dict__.pop("_concerned", ()), *_concerned(instance)]:
        _remake(model, keys)


def _related(instance, action, model, pk_set, **kwargs) -> None:
    if action in {"pre_remove", "pre_clear"}:
        _before(instance)
    elif action.startswith("post_") and not _is_paused.get():
        _changed(instance)
        if hasattr(model, "search_own"):
            _remake(model, pk_set or ())


def connect(app_config) -> None:
    """Follow every change of the app's records."""
    for model in app_config.get_models():
        if model is not _document_model() and not is_history(model):
            post_save.connect(_changed, sender=model)
            pre_delete.connect(_before, sender=model)
            post_delete.connect(_changed, sender=model)
            for field in model._meta.many_to_many:
                if field.remote_field.through._meta.auto_created:
                    m2m_changed.connect(_related, sender=field.remote_field.through)


def install(app_config, using: str, **kwargs) -> None:
    """Give the table of documents what its database searches with, after each ``migrate``."""
    connection = connections[using]
    if _document_model()._meta.db_table not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in POSTGRES_SETUP if connection.vendor == "postgresql" else SQLITE_SETUP:
            cursor.execute(statement)
