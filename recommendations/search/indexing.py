"""Keeps the search documents equal to the records, whoever writes them.

A searchable model says what is found by ``search_own`` (its own fields) and ``search_names``
(field paths to the names of what it relates to). Saving, deleting or relating anything on such a
path remakes the documents concerned. ``bulk_create`` and ``update`` send no signal: callers run
``remake`` or ``rebuild`` after them. The documents by which staff find records (``staff``) are made
together with them.
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
from . import staff
from .engines import BREAK, EVERY, SQLITE_REBUILD, Matches, setup
from .query import Query, Term

BATCH = 500


def searchable_models() -> list[type[models.Model]]:
    """The models that have search documents."""
    config = apps.get_app_config("recommendations")
    return [model for model in config.get_models() if hasattr(model, "search_own")]


def findable_models() -> list[type[models.Model]]:
    """The models that have documents by which staff find their rows."""
    config = apps.get_app_config("recommendations")
    return [model for model in config.get_models() if hasattr(model, "found_by")]


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


def _kinds(model: type[models.Model]) -> dict:
    """The kinds of documents that a model has: what makes each, and the paths it is made from."""
    kinds = {staff.document_model(): (staff.made, model.found_by)}
    if hasattr(model, "search_own"):
        kinds[_document_model()] = (made, model.search_names)
    return kinds


def remake(model: type[models.Model], keys: Iterable[int], only=None) -> None:
    """Make the documents of these rows anew; public ones of rows that are not public go.

    Args:
        only: the one kind of document to make.
    """
    keys = list(keys)
    for document, (make, _paths) in _kinds(model).items():
        if only in (None, document):
            for batch in batches(keys):
                held = document.objects.filter(kind=model._meta.model_name, object_id__in=batch)
                held.delete()
                document.objects.bulk_create(make(model, batch))


def batches(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


def rebuild(progress=lambda keys, label: keys) -> int:
    """Make every document anew and return the number of public ones.

    Args:
        progress: wraps the batches of keys, to show how far it is.
    """
    connection = connections[_document_model().objects.db]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # a damaged index refuses that a document is deleted
            for statement in SQLITE_REBUILD:
                cursor.execute(statement)
    _document_model().objects.all().delete()
    staff.document_model().objects.all().delete()
    for model in findable_models():
        keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        for batch in progress(batches(keys), model._meta.verbose_name_plural):
            for document, (make, _paths) in _kinds(model).items():
                document.objects.bulk_create(make(model, batch))
    return _document_model().objects.count()


def stale(model: type[models.Model]) -> set[int]:
    """Keys of rows whose document is missing, outdated, left over or not found by its database."""
    fields = ("object_id", "words", "twin")
    stale = _stale(model, model._base_manager, staff.found(model), fields)
    if hasattr(model, "search_own"):
        every = Matches(Query(((Term((EVERY,), (EVERY,)),),)))
        found = _document_model().objects.filter(every, kind=model._meta.model_name)
        fields = ("object_id", "own", "names", "words")
        stale |= _stale(model, model.objects.published(), found, fields)
    return stale


def _stale(model, rows, found, fields) -> set[int]:
    """Keys where the documents of one kind, those found, are not what is made of the rows."""
    held = {row[0]: row for row in found.values_list(*fields)}
    documents = found.model.objects.filter(kind=model._meta.model_name)
    keys = list(rows.values_list("pk", flat=True))
    stale = set(documents.values_list("object_id", flat=True)) - set(keys)
    make, _paths = _kinds(model)[found.model]
    for batch in batches(keys):
        for each in make(model, batch):
            if held.get(each.object_id) != tuple(getattr(each, name) for name in fields):
                stale.add(each.object_id)
    return stale


def _concerned(instance: models.Model) -> Iterator[tuple[tuple, list[int]]]:
    """Rows whose documents say something of this record: model and kind of document, and keys."""
    for model in findable_models():
        for document, (_make, paths) in _kinds(model).items():
            for keys in _rows_about(instance, model, paths):
                yield (model, document), keys


def _rows_about(instance: models.Model, model, paths) -> Iterator[list[int]]:
    """Keys of the rows of a model that are this record, or lead to it by one of these paths."""
    if isinstance(instance, model):
        yield [instance.pk]
    for relation in {_relation(path) for path in paths} - {""}:
        parts, here = relation.split("__"), model
        for depth, part in enumerate(parts, 1):
            here = here._meta.get_field(part).related_model
            if isinstance(instance, here):
                path = "__".join(parts[:depth])
                found = model._base_manager.filter(**{path: instance.pk})
                yield list(found.values_list("pk", flat=True).distinct())
    for field in type(instance)._meta.concrete_fields:
        if field.is_relation and field.related_model is model:
            key = getattr(instance, field.attname)
            yield [key] if key else []


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
    for (model, document), keys in gathered.items():
        remake(model, sorted(keys), document)


def _remake(model: type[models.Model], document, keys: Iterable[int]) -> None:
    """Remake documents now, or note that they are due."""
    if (gathered := _gathered.get()) is None:
        remake(model, keys, document)
    else:
        gathered[model, document].update(keys)


def _before(instance: models.Model, **kwargs) -> None:
    """Remember whom a record concerns while its relations still stand."""
    instance._concerned = list(_concerned(instance))


def _changed(instance: models.Model, **kwargs) -> None:
    if _is_paused.get():
        return
    for kind, keys in [*instance.__dict__.pop("_concerned", ()), *_concerned(instance)]:
        _remake(*kind, keys)


def _related(instance, action, model, pk_set, **kwargs) -> None:
    if action in {"pre_remove", "pre_clear"}:
        _before(instance)
    elif action.startswith("post_") and not _is_paused.get():
        _changed(instance)
        if hasattr(model, "search_own"):
            _remake(model, _document_model(), pk_set or ())


def connect(app_config) -> None:
    """Follow every change of the app's records."""
    documents = (_document_model(), staff.document_model())
    for model in app_config.get_models():
        if model not in documents and not is_history(model):
            post_save.connect(_changed, sender=model)
            pre_delete.connect(_before, sender=model)
            post_delete.connect(_changed, sender=model)
            for field in model._meta.many_to_many:
                if field.remote_field.through._meta.auto_created:
                    m2m_changed.connect(_related, sender=field.remote_field.through)


def install(app_config, using: str, **kwargs) -> None:
    """Give the tables of documents what their database searches with, after each ``migrate``.

    What was there before staff documents were is made findable to staff.
    """
    connection, document = connections[using], staff.document_model()
    tables = {each._meta.db_table for each in app_config.get_models()}
    if not tables <= set(connection.introspection.table_names()):
        return
    with connection.cursor() as cursor:
        for statement in setup(connection.vendor):
            cursor.execute(statement)
    if not document.objects.exists():
        for model in findable_models():
            remake(model, model._base_manager.values_list("pk", flat=True), document)
