"""Finds rows by words. ``search`` and its kin are the only names that others import."""

import difflib

from django.apps import apps
from django.db.models import QuerySet

from ..text import tokens
from .engines import Matches
from .query import Query, Term, parse

__all__ = ["Query", "Term", "documents", "matching", "nearest_words", "parse", "search"]

NEAR = 0.75


def documents(model):
    """The search documents of a model's public rows."""
    document = apps.get_model("recommendations", "SearchDocument")
    return document.objects.filter(kind=model._meta.model_name)


def matching(model, query: Query) -> QuerySet:
    """The documents that have what a query asks for; ``in_own`` is whether their own words do."""
    found = documents(model).filter(Matches(query))
    return found.annotate(in_own=Matches(query, in_own=True))


def search(queryset: QuerySet, query: Query, *, in_own: bool = False) -> QuerySet:
    """The rows that have what the query asks for; none where it holds no word.

    Args:
        queryset: published rows of one model.
        query: what ``parse`` made of a text.
        in_own: whether only the row's own words count, not the names of what it relates to.
    """
    if not query:
        return queryset.none()
    found = documents(queryset.model).filter(Matches(query, in_own=in_own))
    return queryset.filter(pk__in=found.values("object_id"))


def nearest_words(model, query: Query) -> dict[str, str]:
    """For each word asked for that no public row says, the most similar one that is printed.

    It reads every document, so ask only where a search found nothing.
    """
    said: set[str] = set()
    for words in documents(model).values_list("words", flat=True).iterator():
        said.update(words.split())
    known = [token for word in sorted(said) for token in tokens(word)]
    stems = {token.stem for token in known}
    printed = {token.folded: token.printed for token in known}
    unknown = {
        word
        for term in query.wanted
        for word, stemmed in zip(term.words, term.stems, strict=True)
        if stemmed not in stems
    }
    near = {word: difflib.get_close_matches(word, printed, n=1, cutoff=NEAR) for word in unknown}
    return {word: printed[matches[0]] for word, matches in near.items() if matches}
