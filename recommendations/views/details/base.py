"""What the pages of records share: published rows only, and lists of recommendations."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import DetailView

from ...choices import Kind, State
from ...models import OrganisationRole, Recommendation

ROWS = 50

Parameters = list[tuple[str, str]]


@method_decorator(require_safe, name="dispatch")
class RecordDetail(DetailView):
    """A published record by its slug; 410 for a withdrawn one, 404 for every other."""

    def dispatch(self, request, *args, **kwargs):
        if any("\0" in value for value in kwargs.values()):
            raise Http404  # PostgreSQL refuses even to look for it
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return self.model.objects.published()

    def get(self, request, *args, **kwargs):
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            key = {self.slug_field: kwargs[self.slug_url_kwarg]}
            record = self.model.objects.withdrawn().filter(**key).first()
            if record is None:
                raise
        context = {"code": kwargs[self.slug_url_kwarg], "record": record}
        return render(request, "recommendations/withdrawn.html", context, status=410)


@dataclass(frozen=True)
class Shown:
    """The first rows of a list of recommendations, and where all of it is found.

    Attributes:
        kinds: how many of all its rows are of each kind.
        parameters: those with which the list page shows the same rows.
    """

    rows: list
    kinds: Counter
    parameters: Parameters

    @property
    def count(self) -> int:
        return self.kinds.total()

    @property
    def counts(self) -> dict[str, int]:
        """The same as ``kinds``, named as ``counted`` names them."""
        return {f"{kind.name.lower()}_count": self.kinds[kind] for kind in Kind}

    @property
    def link(self) -> str:
        return f"{reverse('recommendation-list')}?{urlencode(self.parameters)}"

    @property
    def file(self) -> str:
        path = reverse("recommendation-export", kwargs={"suffix": "csv"})
        return f"{path}?{urlencode(self.parameters)}"


def shown(**lists: tuple[Q, Parameters]) -> dict[str, Shown]:
    """Lists of recommendations by name; the rows of all of them in three queries.

    Args:
        lists: for each the condition of its rows, and the parameters of the list page that mean
            the same.
    """
    public = Recommendation.objects.published().order_by("position")
    kinds = {
        name: dict(public.filter(condition).values_list("pk", "kind"))
        for name, (condition, _parameters) in lists.items()
    }
    first = {name: list(found)[:ROWS] for name, found in kinds.items()}
    rows = Recommendation.objects.with_related().in_bulk(
        {key for keys in first.values() for key in keys}
    )
    return {
        name: Shown([rows[key] for key in first[name]], Counter(kinds[name].values()), parameters)
        for name, (_condition, parameters) in lists.items()
    }


def roles(condition: Q):
    """Roles of published organisations in published things, with all that a role line names."""
    things = ("body", "meeting", "source", "instrument")
    for thing in things:
        condition &= Q(**{thing: None}) | Q(**{f"{thing}__state": State.PUBLISHED})
    return (
        OrganisationRole.objects.filter(condition, organisation__state=State.PUBLISHED)
        .select_related("organisation", *things, "passage__source")
        .order_by("role", "passage__source", "passage__position", "pk")
    )


def recommendations(**condition):
    """Published recommendations in order of delivery, ready to be shown as rows."""
    return (
        Recommendation.objects.published().with_related().filter(**condition).order_by("position")
    )


def public(**condition) -> Q:
    """The condition that related recommendations are published and more, for counts."""
    condition["state"] = State.PUBLISHED
    return Q(**{f"recommendations__{name}": value for name, value in condition.items()})
