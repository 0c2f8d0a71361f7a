"""The filters of every listed model, and the only place that reads a querystring."""

import difflib
from dataclasses import dataclass
from functools import cached_property

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Func, Q, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .. import models
from ..facets import Dimension, FacetIndex, Keys, index_for, listed
from ..search import Query, matching, parse, search

PAGE_SIZES = (20, 50, 100)
LONGEST_SEARCH = 200
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


def asked_for(data) -> Query:
    """The search with which a reader came to a page that is not a list."""
    return parse(data.get("q", "")[:LONGEST_SEARCH])


class TermsField(forms.MultipleChoiceField):
    """Several values of one vocabulary; names each unknown one and the nearest known."""

    def to_python(self, value):
        return [word for word in super().to_python(value) if word.strip()]

    def validate(self, value):
        known = [str(choice) for choice, _label in self.choices] if value else []
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


class NamesField(TermsField):
    """The same, written with commas between the values or as several parameters, each once."""

    def to_python(self, value):
        names = ",".join(super().to_python(value)).split(",")
        return list(dict.fromkeys(name.strip() for name in names if name.strip()))


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

    def __init__(
        self,
        *paths,
        label,
        note="",
        is_editorial=False,
        is_main=True,
        can_match_all=False,
        **dimension,
    ):
        super().__init__(field_name=paths[0], label=label, required=False)
        self.dimension = Dimension(paths, **dimension)
        self.note = note
        self.is_editorial = is_editorial
        self.is_main = is_main
        self.can_match_all = can_match_all

    def filter(self, queryset, value):
        return queryset.filter(self.rows_with(queryset.model, value)) if value else queryset

    def rows_with(self, model, values) -> Q:
        """The condition that a row has one of the values."""
        empty = self.dimension.empty and self.dimension.empty.value
        named = [value for value in values if value != empty]
        condition = self.dimension.rows_with(model, named) if named else Q(pk__in=[])
        if empty in values:
            every = [value for value, _label in self.field.choices if value != empty]
            condition |= ~self.dimension.rows_with(model, every)
        return condition


class ExcludeFilter(django_filters.Filter):
    """Rows that have none of the chosen values of a facet."""

    field_class = TermsField

    def __init__(self, facet: FacetFilter):
        super().__init__(label=_("Without"), required=False)
        self.facet = facet

    def filter(self, queryset, value):
        return queryset.exclude(self.facet.rows_with(queryset.model, value)) if value else queryset


class SearchFilter(django_filters.CharFilter):
    """Rows that say what is asked for, themselves or by the names of what they relate to."""

    def __init__(self):
        super().__init__(label=_("Text"), max_length=LONGEST_SEARCH, strip=True)

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
        """Leave the order to ``ListFilterSet.ordered``, which takes the search into account."""
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


class FindValue(PageFilter):
    field_class = forms.CharField


class ColumnNames(PageFilter):
    field_class = NamesField


class OneOf(PageFilter):
    field_class = ChoiceField


ANY, ALL = "any", "all"


class ListFilterSet(django_filters.FilterSet):
    """What one querystring selects from the public rows of one model.

    Each facet ``x`` brings two parameters with it: ``x_not`` leaves values out, ``x_find`` shows
    only some values of a long vocabulary and selects nothing. Where it makes sense, ``x_match``
    says whether rows need any or all of the values.
    """

    base_parameters = ("sort", "columns", "size", "page")

    size = OneOf(
        label=_("Show"), required=False, choices=[(str(size), str(size)) for size in PAGE_SIZES]
    )
    columns = ColumnNames(label=_("Columns"), required=False)
    page = PageNumber(label=_("Page"), required=False, min_value=1, max_value=10**6)

    @classmethod
    def get_filters(cls):
        filters = super().get_filters()
        for name, facet in list(filters.items()):
            if isinstance(facet, FacetFilter):
                filters[f"{name}_not"] = ExcludeFilter(facet)
                filters[f"{name}_find"] = FindValue(label=_("Find"), required=False, max_length=60)
                if facet.can_match_all:
                    filters[f"{name}_match"] = OneOf(
                        label=_("Match"), required=False, choices=[(ANY, _("any")), (ALL, _("all"))]
                    )
        for name in cls.base_parameters:
            if name in filters:
                filters.move_to_end(name)
        return filters

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None, columns=()):
        """Read a querystring; ``columns`` names those that files and the interface have."""
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.filters["columns"].extra["choices"] = [(name, name) for name in columns]
        usual = self.filters["sort"].orders[self.filters["sort"].usual]
        self.index = index_for(
            type(self),
            models.DataVersion.current(),
            lambda: FacetIndex(
                self.queryset.order_by(*usual, "pk"),
                {name: facet.dimension for name, facet in self.facets.items()},
            ),
        )
        for name, facet in self.facets.items():
            facet.extra["choices"] = self.filters[f"{name}_not"].extra["choices"] = (
                lambda terms=self.index.terms[name]: [(term.value, term.value) for term in terms]
            )
            self.filters[f"{name}_not"].facet = facet

    @property
    def facets(self) -> dict[str, FacetFilter]:
        return {name: each for name, each in self.filters.items() if isinstance(each, FacetFilter)}

    def matches_all(self, name: str) -> bool:
        """Whether rows need all chosen values of a facet, not only one of them."""
        return self.cleaned.get(f"{name}_match") == ALL

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
            elif name in self.filters and not self._repeats(name) and len(self.values(name)) > 1:
                found.append(Problem(name, None, _("“%(name)s” is given twice.") % {"name": name}))
        for name, errors in self.form.errors.as_data().items():
            for error in errors:
                params = error.params or {}
                value = str(params.get("value", self.data.get(name)))
                found.append(Problem(name, value, " ".join(error.messages), params.get("near")))
        return found

    def _repeats(self, name: str) -> bool:
        return isinstance(self.filters[name], FacetFilter | ExcludeFilter | ColumnNames)

    def is_valid(self) -> bool:
        return not self.problems

    @property
    def cleaned(self) -> dict:
        """What of the querystring is understood, by parameter."""
        self.form.is_valid()
        return self.form.cleaned_data

    @cached_property
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
        for name, facet in self.facets.items():
            if self.matches_all(name):
                for value in self.cleaned.get(name) or ():
                    queryset = facet.filter(queryset, [value])
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
        masks = {}
        for name in self.facets:
            if values := self.cleaned.get(name):
                masks[name] = self.mask(name, values)
            if values := self.cleaned.get(f"{name}_not"):
                without = self.index.everything & ~self.index.selected(name, values)
                masks[f"{name}_not"] = without
        if self.cleaned.get("q"):
            masks["q"], _own = self._found
        return masks

    def mask(self, name: str, values: list[str]) -> int:
        """The bitmap of the rows that have one, or all, of the values of a facet."""
        mask = self.index.selected(name, values)
        if self.matches_all(name):
            for value in values:
                mask &= self.index.bitmaps[name][value]
        return mask

    @property
    def _found(self) -> tuple[int, int]:
        """The bitmaps of the rows that the search finds, and of those that say it themselves."""
        return self.index.once(self.query, self._search)

    def _search(self) -> tuple[int, int]:
        if not self.query:
            return 0, 0
        found = matching(self.queryset.model, self.query).values_list("in_own")
        masks = {
            bool(in_own): self.index.mask(listed(keys))
            for in_own, keys in found.annotate(keys=Keys("object_id"))
        }
        own = masks.get(True, 0)
        return own | masks.get(False, 0), own

    def keys(self, selected: int, start: int, stop: int) -> list[int]:
        """The primary keys of some of the selected rows, in the order asked for.

        Args:
            selected: the bitmap of all selected rows.
            start, stop: places in that order, counted from 0.
        """
        if self.sort == RELEVANCE:
            own = selected & self._found[1]
            first = own.bit_count()
            keys = self.index.keys(own, start, min(stop, first))
            rest = self.index.keys(selected & ~own, max(start - first, 0), max(stop - first, 0))
            return keys + rest
        if self.sort == self.filters["sort"].usual:
            return self.index.keys(selected, start, stop)
        rows = self.ordered(self.queryset).values_list("pk", flat=True)
        places = self.index.once(self.sort, lambda: self.index.places(rows))
        return self.index.keys(selected, start, stop, places)
