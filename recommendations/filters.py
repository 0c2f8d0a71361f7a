"""The filters of every listed model, and the only place that reads a querystring."""

import difflib
from dataclasses import dataclass

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, CharField, F, Func, Q, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import models
from .choices import Kind, Role, State
from .facets import Dimension, FacetIndex, Term, index_for
from .search import Query, parse, search

PAGE_SIZES = (20, 50, 100)
TRACKING_PREFIXES = ("utm_", "fbclid", "gclid")


@dataclass(frozen=True)
class Problem:
    """One thing in a querystring that is not understood.

    Attributes:
        parameter: its name, as written.
        value: its value, as written; None where the name itself is the problem.
        message: what to tell the reader.
        suggestion: the nearest name or value that is understood, or None.
    """

    parameter: str
    value: str | None
    message: str
    suggestion: str | None = None


def nearest(word: str, known) -> str | None:
    """The known word that a misspelt one most resembles, if one is near."""
    matches = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


class TermsField(forms.MultipleChoiceField):
    """Several values of one vocabulary; names each unknown one and the nearest known."""

    def to_python(self, value):
        return [word for word in super().to_python(value) if word.strip()]

    def validate(self, value):
        known = [str(choice) for choice, _label in self.choices]
        errors = []
        for word in value:
            if word not in known:
                near = nearest(word, known)
                message = (
                    _("“%(value)s” is not known here. Did you mean “%(near)s”?")
                    if near
                    else _("“%(value)s” is not known here.")
                )
                errors.append(ValidationError(message, "unknown", {"value": word, "near": near}))
        if errors:
            raise ValidationError(errors)


class ChoiceField(forms.ChoiceField):
    """One value of a short list; names an unknown one and the nearest known."""

    def validate(self, value):
        if value and not self.valid_value(value):
            known = [str(choice) for choice, _label in self.choices]
            raise ValidationError(
                _("“%(value)s” is not one of: %(known)s."),
                "unknown",
                {"value": value, "near": nearest(value, known), "known": ", ".join(known)},
            )


class FacetFilter(django_filters.Filter):
    """Rows that have one of the chosen values; offered with the number of rows for each."""

    field_class = TermsField

    def __init__(self, *paths, label, is_editorial=False, is_main=True, **dimension):
        super().__init__(field_name=paths[0], label=label, required=False)
        self.dimension = Dimension(paths, **dimension)
        self.is_editorial = is_editorial
        self.is_main = is_main

    def filter(self, queryset, value):
        if not value:
            return queryset
        empty = self.dimension.empty and self.dimension.empty.value
        named = [word for word in value if word != empty]
        condition = Q()
        if named:
            condition |= self.dimension.rows_with(queryset.model, named)
        if empty in value:
            every = [word for word, _label in self.field.choices if word != empty]
            condition |= ~self.dimension.rows_with(queryset.model, every)
        return queryset.filter(condition)


class SearchFilter(django_filters.CharFilter):
    """Rows that say what is asked for, themselves or by the names of what they relate to."""

    def __init__(self):
        super().__init__(label=_("Text"), max_length=200, strip=True)

    def filter(self, queryset, value):
        return search(queryset, parse(value)) if value else queryset


RELEVANCE = "relevance"


class SortFilter(django_filters.Filter):
    """The order of the rows. It is a part of the query: every page and file keeps it."""

    field_class = ChoiceField

    def __init__(self, **orders):
        choices = [(name, label) for name, (label, *_fields) in orders.items()]
        super().__init__(
            label=_("Order"),
            required=False,
            choices=[(RELEVANCE, pgettext_lazy("order", "Best match")), *choices],
        )
        self.orders = {name: fields for name, (_label, *fields) in orders.items()}
        self.usual = next(iter(orders))

    def filter(self, queryset, value):
        """Order the rows, which ``ListFilterSet.order`` does: it takes the search into account."""
        return queryset


class by_code(Func):
    """Order by code points, so that every database, whatever its collation, gives the same."""

    template = "%(expressions)s"
    arity = 1

    def as_postgresql(self, compiler, connection):
        return super().as_sql(compiler, connection, template='%(expressions)s COLLATE "C"')


def newest_first(date: str):
    return F(date).desc(nulls_last=True)


class PageFilter(django_filters.Filter):
    """A parameter of the page, which selects no rows."""

    def filter(self, queryset, value):
        return queryset


class PageNumber(PageFilter):
    field_class = forms.IntegerField


class PageSize(PageFilter):
    field_class = ChoiceField


class ListFilterSet(django_filters.FilterSet):
    """What one querystring selects from the public rows of one model."""

    size = PageSize(
        label=_("Show"), required=False, choices=[(str(size), str(size)) for size in PAGE_SIZES]
    )
    page = PageNumber(label=_("Page"), required=False, min_value=1, max_value=10**6)

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.index = index_for(
            type(self),
            models.DataVersion.current(),
            lambda: FacetIndex(
                self.queryset.order_by(
                    *self.filters["sort"].orders[self.filters["sort"].usual], "pk"
                ),
                {name: facet.dimension for name, facet in self.facets.items()},
            ),
        )
        for name, facet in self.facets.items():
            facet.extra["choices"] = [(term.value, term.label) for term in self.index.terms[name]]

    @property
    def facets(self) -> dict[str, FacetFilter]:
        return {name: each for name, each in self.filters.items() if isinstance(each, FacetFilter)}

    @property
    def problems(self) -> list[Problem]:
        """Everything in the querystring that is not understood, in the order of the parameters."""
        found = []
        for name in self.data:
            if name not in self.filters and not name.startswith(TRACKING_PREFIXES):
                near = nearest(name, self.filters)
                message = (
                    _("“%(name)s” is no parameter of this list. Did you mean “%(near)s”?")
                    if near
                    else _("“%(name)s” is no parameter of this list.")
                )
                found.append(Problem(name, None, message % {"name": name, "near": near}, near))
            elif name in self.filters and name not in self.facets and len(self.values(name)) > 1:
                found.append(Problem(name, None, _("“%(name)s” is given twice.") % {"name": name}))
        for name, errors in self.form.errors.as_data().items():
            for error in errors:
                params = error.params or {}
                value = str(params.get("value", self.data.get(name)))
                found.append(Problem(name, value, " ".join(error.messages), params.get("near")))
        return found

    def is_valid(self) -> bool:
        return not self.problems

    @property
    def cleaned(self) -> dict:
        """What of the querystring is understood, by parameter."""
        self.form.is_valid()
        return self.form.cleaned_data

    @property
    def query(self) -> Query:
        """The search, as it was understood."""
        return parse(self.cleaned.get("q") or "")

    @property
    def default_sort(self) -> str:
        """The order where none is asked for: the best match first, if there is a search."""
        return RELEVANCE if self.query else self.filters["sort"].usual

    @property
    def sort(self) -> str:
        asked = self.cleaned.get("sort") or self.default_sort
        return self.default_sort if asked == RELEVANCE else asked

    def filter_queryset(self, queryset):
        return self.ordered(super().filter_queryset(queryset))

    def ordered(self, queryset):
        """The rows in the order asked for. Best match: who says it in its own words comes first."""
        orders = self.filters["sort"].orders
        if self.sort == RELEVANCE:
            own = search(self.queryset, self.query, in_own=True).order_by()
            tier = Case(When(pk__in=own.values("pk"), then=0), default=1)
            return queryset.order_by(tier, *orders[self.filters["sort"].usual], "pk")
        return queryset.order_by(*orders[self.sort], "pk")

    def values(self, name: str) -> list[str]:
        """The non-empty values of a parameter, as written."""
        return [value for value in self.data.getlist(name) if value.strip()]

    def masks(self) -> dict[str, int]:
        """For each filter in use, the bitmap of the rows that it alone selects."""
        masks = {
            name: self.index.selected(name, self.cleaned[name])
            for name in self.facets
            if self.cleaned.get(name)
        }
        if self.cleaned.get("q"):
            masks["q"] = self._found()
        return masks

    def _found(self, *, in_own: bool = False) -> int:
        found = search(self.queryset, self.query, in_own=in_own).order_by()
        return self.index.mask(found.values_list("pk", flat=True).iterator())

    def keys(self, selected: int, start: int, stop: int) -> list[int]:
        """The primary keys of some of the selected rows, in the order asked for.

        Args:
            selected: the bitmap of all selected rows.
            start, stop: places in that order, counted from 0.
        """
        if self.sort == RELEVANCE:
            own = selected & self._found(in_own=True)
            first = own.bit_count()
            keys = self.index.keys(own, start, min(stop, first))
            rest = self.index.keys(selected & ~own, max(start - first, 0), max(stop - first, 0))
            return keys + rest
        if self.sort == self.filters["sort"].usual:
            return self.index.keys(selected, start, stop)
        return list(self.qs.values_list("pk", flat=True)[start:stop])


def of_choices(choices) -> tuple[Term, ...]:
    """The vocabulary of a TextChoices; its labels are translated at each read."""
    return tuple(Term(member.value, member.label) for member in choices)


def numbered(name: str):
    """The name of a goal with its number before it."""
    return Concat(Cast("number", CharField()), Value(" "), name, output_field=CharField())


NOT_NAMED = Term("none", _("Not named in the text"))


class RecommendationFilterSet(ListFilterSet):
    q = SearchFilter()
    working_group = FacetFilter(
        "working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        code="code",
    )
    kind = FacetFilter("kind", label=_("Kind"), terms=of_choices(Kind))
    theme = FacetFilter(
        "themes__slug",
        label=_("Theme"),
        vocabulary=models.Theme.objects.published,
        is_editorial=True,
    )
    meeting = FacetFilter(
        "meeting__slug", label=_("Delivered at"), vocabulary=models.Meeting.objects.published
    )
    sdg = FacetFilter(
        "goal_assignments__goal__number",
        "goal_assignments__code",
        label=_("Sustainable Development Goal"),
        vocabulary=models.Goal.objects.all,
        value="number",
        name_en=numbered("name_en"),
        name_ar=numbered("name_ar"),
        is_open=True,
        is_editorial=True,
    )
    conference = FacetFilter(
        "meeting__conference__slug",
        label=_("Conference"),
        vocabulary=models.Conference.objects.published,
        where=Q(meeting__state=State.PUBLISHED),
        is_main=False,
    )
    organisation = FacetFilter(
        "organisation__slug",
        label=_("An organisation's own"),
        vocabulary=models.Organisation.objects.published,
        is_main=False,
    )
    addressee = FacetFilter(
        "addressees__slug",
        label=_("Addressee"),
        vocabulary=models.Addressee.objects.published,
        empty=NOT_NAMED,
        is_main=False,
    )
    instrument = FacetFilter(
        "instruments__slug",
        label=_("Law, resolution or strategy cited"),
        vocabulary=models.Instrument.objects.published,
        is_main=False,
    )
    source = FacetFilter(
        "passage__source__slug",
        label=_("Source"),
        vocabulary=models.Source.objects.published,
        name_en="title",
        name_ar="title",
        is_main=False,
    )
    year = FacetFilter(
        "meeting__date__year",
        label=pgettext_lazy("filter", "Year"),
        where=Q(meeting__state=State.PUBLISHED),
        is_open=True,
        is_main=False,
    )
    sort = SortFilter(
        speech=(_("As in the speech"), "position"),
        newest=(_("Newest"), newest_first("meeting__date"), "position"),
    )


class MeetingFilterSet(ListFilterSet):
    q = SearchFilter()
    conference = FacetFilter(
        "conference__slug", label=_("Conference"), vocabulary=models.Conference.objects.published
    )
    working_group = FacetFilter(
        "working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        code="code",
    )
    organisation = FacetFilter(
        "roles__organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )


class ConferenceFilterSet(ListFilterSet):
    q = SearchFilter()
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )


class WorkingGroupFilterSet(ListFilterSet):
    q = SearchFilter()
    meeting = FacetFilter(
        "meetings__slug", label=_("Meeting"), vocabulary=models.Meeting.objects.published
    )
    theme = FacetFilter(
        "recommendations__themes__slug",
        label=_("Theme"),
        vocabulary=models.Theme.objects.published,
        where=Q(recommendations__state=State.PUBLISHED),
        is_editorial=True,
    )
    sort = SortFilter(
        speech=(_("As in the speech"), "position"),
        name=(_("Name"), by_code("name_en")),
    )


class OrganisationFilterSet(ListFilterSet):
    q = SearchFilter()
    role = FacetFilter("roles__role", label=_("Role"), terms=of_choices(Role))
    sort = SortFilter(
        name=(_("Name"), by_code("name_en")),
        short=(_("Short name"), by_code("short_name"), by_code("slug")),
    )


class FunderFilterSet(ListFilterSet):
    q = SearchFilter()
    supports = FacetFilter(
        "support__organisation__slug",
        label=_("Supports"),
        vocabulary=models.Organisation.objects.published,
    )
    sort = SortFilter(
        source=(_("As in the source"), "position", by_code("slug")),
        name=(_("Name"), by_code("name_en")),
    )


class ThemeFilterSet(ListFilterSet):
    q = SearchFilter()
    working_group = FacetFilter(
        "recommendations__working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        where=Q(recommendations__state=State.PUBLISHED),
        code="code",
    )
    sort = SortFilter(
        editors=(_("Editors' order"), "position", by_code("slug")),
        name=(_("Name"), by_code("name_en")),
    )


class SourceFilterSet(ListFilterSet):
    q = SearchFilter()
    organisation = FacetFilter(
        "roles__organisation__slug",
        label=_("Publisher"),
        vocabulary=models.Organisation.objects.published,
    )
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )
