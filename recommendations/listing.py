"""What one querystring selects, ready to be shown, and the only writer of querystrings."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from .filters import PAGE_SIZES, RELEVANCE, FacetFilter, ListFilterSet, Problem
from .translation import Words, reader_language

TOP_VALUES = 6


@dataclass(frozen=True)
class FacetValue:
    """One value of a facet; ``count`` is the number of rows under all other filters."""

    value: str
    label: Words
    count: int
    is_selected: bool
    code: str
    link: str


@dataclass(frozen=True)
class Facet:
    """A filter with its values: the chosen and most frequent ones first."""

    name: str
    label: str
    is_editorial: bool
    is_main: bool
    top: list[FacetValue]
    rest: list[FacetValue]

    @property
    def is_active(self) -> bool:
        return any(value.is_selected for value in self.top)


@dataclass(frozen=True)
class ActiveFilter:
    """A filter in use; ``link`` leads to the same list without it."""

    name: str
    label: str
    value: Words
    link: str


@dataclass(frozen=True)
class Choice:
    """One of several ways to see the same rows."""

    label: str
    link: str
    is_current: bool


@dataclass(frozen=True)
class Page:
    """Some consecutive rows of a list; numbers count from 1."""

    rows: list
    number: int
    pages: int
    first: int
    link: str
    links: list[Choice | None]
    previous: str | None
    next: str | None


class PageNotFound(Exception):
    """The list has fewer pages. ``last`` is the number of its last one."""

    def __init__(self, last: int):
        super().__init__(last)
        self.last = last


class Listing:
    """The rows, counts, facets and links of one querystring.

    Args:
        filterset: the querystring, read.
        path: the address of the list without a querystring.
    """

    def __init__(self, filterset: ListFilterSet, path: str):
        self.filterset = filterset
        self.path = path

    @cached_property
    def problems(self) -> list[Problem]:
        return self.filterset.problems

    @property
    def rows(self):
        """All selected rows, in order."""
        return self.filterset.qs

    @cached_property
    def masks(self) -> dict[str, int]:
        return self.filterset.masks()

    @cached_property
    def selected(self) -> int:
        """The bitmap of the rows; the count, the pages and the facets all come from it."""
        selected = self.filterset.index.everything
        for mask in self.masks.values():
            selected &= mask
        return selected

    @property
    def count(self) -> int:
        return self.selected.bit_count()

    @property
    def total(self) -> int:
        """Number of public rows that the list would have without filters."""
        return self.filterset.index.total

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """The selection as (name, value) pairs in the filters' order; no defaults, no page."""
        pairs = []
        for name in self.filterset.filters:
            if name != "page":
                values = dict.fromkeys(self.filterset.values(name))
                pairs += [(name, value) for value in values if value != self._default(name)]
        return pairs

    def _default(self, name: str) -> str | None:
        if name == "size":
            return str(PAGE_SIZES[0])
        return self.filterset.default_sort if name == "sort" else None

    def querystring(self, *, without=(), also=(), **replaced: str | int | None) -> str:
        """The selection, changed, as ``?…``; empty where nothing remains.

        Args:
            without: names, or (name, value) pairs, to leave out.
            also: (name, value) pairs to add.
            replaced: new single values of parameters; None removes one.
        """
        pairs = [
            (name, value)
            for name, value in [*self.parameters, *also]
            if name not in without and (name, value) not in without and name not in replaced
        ]
        pairs += [
            (name, str(value))
            for name, value in replaced.items()
            if value is not None and str(value) != self._default(name)
        ]
        query = QueryDict(mutable=True)
        for name, value in pairs:
            query.appendlist(name, value)
        return f"?{query.urlencode()}" if pairs else ""

    def link(self, **changes) -> str:
        return self.path + self.querystring(**changes)

    @property
    def selection(self) -> str:
        """The querystring of the filters and the order alone, for files."""
        return self.querystring(without=("size",))

    @cached_property
    def size(self) -> int:
        return int(self.filterset.cleaned.get("size") or PAGE_SIZES[0])

    def page(self) -> Page:
        """The page that the querystring asks for.

        Raises:
            PageNotFound: where the list has fewer pages.
        """
        number = self.filterset.cleaned.get("page") or 1
        pages = max(1, -(-self.count // self.size))
        if number > pages:
            raise PageNotFound(pages)
        start = (number - 1) * self.size
        keys = self.filterset.keys(self.selected, start, start + self.size)
        found = self.filterset.queryset.model._default_manager.with_related().in_bulk(keys)
        near = sorted({1, number - 1, number, number + 1, pages} & set(range(1, pages + 1)))
        links: list[Choice | None] = []
        for before, each in zip([0, *near], near, strict=False):
            if each - before > 1:
                links.append(None)
            links.append(Choice(str(each), self._page_link(each), each == number))
        return Page(
            rows=[found[key] for key in keys],
            number=number,
            pages=pages,
            first=start + 1,
            link=self._page_link(number),
            links=links,
            previous=self._page_link(number - 1) if number > 1 else None,
            next=self._page_link(number + 1) if number < pages else None,
        )

    def _page_link(self, number: int) -> str:
        return self.link(page=number if number > 1 else None)

    @cached_property
    def facets(self) -> list[Facet]:
        return [self._facet(name, each) for name, each in self.filterset.facets.items()]

    @property
    def main_facets(self) -> list[Facet]:
        return [facet for facet in self.facets if facet.is_main and facet.top]

    @property
    def more_facets(self) -> list[Facet]:
        return [facet for facet in self.facets if not facet.is_main and facet.top]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of the filters hands on unseen: order and page size."""
        chosen = ((name, self.filterset.cleaned.get(name)) for name in ("sort", "size"))
        return [(name, value) for name, value in chosen if value and value != self._default(name)]

    def _facet(self, name: str, facet: FacetFilter) -> Facet:
        index = self.filterset.index
        mask = index.everything
        for other, bitmap in self.masks.items():
            if other != name:
                mask &= bitmap
        selected = set(self.filterset.cleaned.get(name) or ())
        values = [
            FacetValue(
                value=term.value,
                label=term.label,
                count=(index.bitmaps[name][term.value] & mask).bit_count(),
                is_selected=term.value in selected,
                code=term.code,
                link=self.link(without=[(name, term.value)])
                if term.value in selected
                else self.link(also=[(name, term.value)]),
            )
            for term in index.terms[name]
            if not term.is_hidden or term.value in selected
        ]
        top, rest = values, []
        if len(values) > TOP_VALUES + 2:
            ranked = sorted(values, key=lambda value: (not value.is_selected, -value.count))
            cut = max(TOP_VALUES, len(selected))
            top, rest = ranked[:cut], ranked[cut:]
        return Facet(name, facet.label, facet.is_editorial, facet.is_main, top, rest)

    @cached_property
    def active(self) -> list[ActiveFilter]:
        labels = {
            (name, term.value): term.label
            for name in self.filterset.facets
            for term in self.filterset.index.terms[name]
        }
        return [
            ActiveFilter(
                name,
                self.filterset.filters[name].label,
                labels.get((name, value), Words(value, reader_language())),
                self.link(without=[(name, value)]),
            )
            for name, value in self.parameters
            if name in self.filterset.facets or name == "q"
        ]

    @property
    def sorts(self) -> list[Choice]:
        return [
            Choice(label, self.link(sort=name), name == self.filterset.sort)
            for name, label in self.filterset.filters["sort"].extra["choices"]
            if name != RELEVANCE or self.filterset.query
        ]

    @property
    def sizes(self) -> list[Choice]:
        return [Choice(str(size), self.link(size=size), size == self.size) for size in PAGE_SIZES]

    @property
    def corrections(self) -> list[tuple[Problem, str | None]]:
        """Each problem with the address of the list as it was probably meant."""
        return [(problem, self._corrected(problem)) for problem in self.problems]

    def _corrected(self, problem: Problem) -> str | None:
        if not problem.suggestion:
            return None
        if problem.value is None:
            values = self.filterset.values(problem.parameter)
            return self.link(also=[(problem.suggestion, value) for value in values])
        return self.link(
            without=[(problem.parameter, problem.value)],
            also=[(problem.parameter, problem.suggestion)],
        )

    def without_problems(self) -> str:
        """The address of the list with all that is not understood left out."""
        return self.link(
            without=[
                problem.parameter if problem.value is None else (problem.parameter, problem.value)
                for problem in self.problems
            ]
        )

    def in_words(self) -> str:
        """The selection as one line of text, for titles."""
        return _("; ").join(f"{each.label}: {each.value}" for each in self.active)
