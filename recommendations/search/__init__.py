"""Finds rows by words. ``search`` and its kin are the only names that others import."""

from django.apps import apps
from django.db.models import QuerySet

from .engines import Matches
from .query import Query, Term, parse

__all__ = ["Query", "Term", "documents", "parse", "search"]


def documents(model):
    """The search documents of a model's public rows."""
    document = apps.get_model("recommendations", "SearchDocument")
    return document.objects.filter(kind=model._meta.model_name)


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
