"""What staff find records by: in any state, as they type, in both languages.

A model names by ``found_by`` the fields and paths that are looked through, and by ``twins_by`` the
field that no two records should have the same words in.
"""

from collections.abc import Iterable, Iterator
from hashlib import md5

from django.apps import apps
from django.db.models import Count, Model, QuerySet

from ..choices import State
from ..text import spelled, stems, tokens, without_article
from .engines import BREAK, EVERY, Begins

LONGEST = 200  # characters of what is typed; the rest is not looked for


def document_model():
    return apps.get_model("recommendations", "StaffDocument")


def documents(model: type[Model]) -> QuerySet:
    return document_model().objects.filter(kind=model._meta.model_name)


def find(queryset: QuerySet, text: str) -> QuerySet:
    """The rows that have each word typed, from its beginning or in another form."""
    typed = [_told_apart(word) for word in text[:LONGEST].split()]
    typed = [each for each in typed if each[0]]
    if not typed:
        return queryset.none() if text.strip() else queryset
    return queryset.filter(pk__in=found(queryset.model, typed).values("object_id"))


def found(model: type[Model], typed=()) -> QuerySet:
    """The documents of a model that have all that is typed; all of them where nothing is."""
    return documents(model).filter(Begins(_kind(model), typed))


def _kind(model: type[Model]) -> str:
    return f"{EVERY}{model._meta.model_name}"


def twins(model: type[Model]) -> QuerySet:
    """The documents of the rows whose text another row has too, but for case, marks and endings."""
    own = documents(model).exclude(twin="")
    repeated = own.values("twin").annotate(count=Count("object_id")).filter(count__gt=1)
    return own.filter(twin__in=repeated.values("twin"))


def made(model: type[Model], keys: Iterable[int]) -> Iterator[Model]:
    """The documents that these rows should have, unsaved."""
    rows = model._base_manager.filter(pk__in=list(keys)).order_by()
    own = [path for path in model.found_by if "__" not in path]
    texts = {key: values for key, *values in rows.values_list("pk", *own)}
    for path in [path for path in model.found_by if path not in own]:
        for key, text in rows.values_list("pk", path).order_by("pk", path).distinct():
            texts[key].append(text)
    digests = _digests(rows) if hasattr(model, "twins_by") else {}
    for key, own_texts in texts.items():
        parts = [part for text in own_texts for part in _parts(str(text or ""))]
        yield document_model()(
            kind=model._meta.model_name,
            object_id=key,
            words=f" {BREAK} ".join([*(" ".join(part) for part in parts if part), _kind(model)]),
            twin=digests.get(key, ""),
        )


def _digests(rows: QuerySet) -> dict[int, str]:
    """What rows of the same words share; withdrawn ones are nobody's twins."""
    digests = {}
    for key, text in rows.exclude(state=State.WITHDRAWN).values_list("pk", rows.model.twins_by):
        if words := " ".join(stems(text)):
            digests[key] = md5(words.encode(), usedforsecurity=False).hexdigest()
    return digests


def _parts(text: str) -> list[list[str]]:
    """What is stored of a text: its words, those that have an article without it, the stems."""
    words, stemmed = _told_apart(text)
    bare = [without_article(word) for word in words]
    return [words, [each for each, word in zip(bare, words, strict=True) if each != word], stemmed]


def _told_apart(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, folded, and their stems."""
    words = tokens(text)
    return [spelled(token.folded) for token in words], [token.stem for token in words]
