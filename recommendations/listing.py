"""What one querystring selects, ready to be shown, and the only writer of querystrings."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from .facets import Term
from .filters import ALL, ANY, PAGE_SIZES, RELEVANCE, FacetFilter, FindValue, ListFilterSet, Problem
from .search import nearest_words
from .text import fold, tokens
from .translation import Words, reader_language

TOP_VALUES = 6
MOST_VALUES = 20
FINDABLE_VALUES = 12


@dataclass(frozen=True)
class FacetValue:
    """One value of a facet.

    ``count`` is the number of rows that ``link`` delivers: those with this value under all other
    filters or, where all values of the facet must match, under this facet's other values too.
    """

    value: str
    label: Words
    count: int
    is_selected: bool
    code: str
    link: str


@dataclass(frozen=True)
class Facet:
    """A filter with its values: the chosen and most frequent ones first.

    Attributes:
        found: the text that narrows the values shown; None where the vocabulary is short.
        left_out: number of values that are not shown, but can be found.
        match: ``any`` or ``all``; empty where the facet has no such choice.
        note: what its values do not mean; empty where there is no doubt.
        excluded: the values that rows must not have.
    """

    name: str
    label: str
    is_editorial: bool
    is_main: bool
    top: list[FacetValue]
    rest: list[FacetValue]
    found: str | None
    left_out: int
    match: str
    excluded: list[str]
    note: str

    @property
    def is_active(self) -> bool:
        return bool(self.excluded) or any(value.is_selected for value in self.top)

    @property
    def is_long(self) -> bool:
        """Whether the values are so many that one wants to find some by their letters."""
        return self.found is not None and len(self.values) + self.left_out > FINDABLE_VALUES

    @property
    def values(self) -> list[FacetValue]:
        return [*self.top, *self.rest]


@dataclass(frozen=True)
class ActiveFilter:
    """A filter in use; ``link`` leads to the same list without it, which has ``count`` rows.

    ``value`` is what readers see, ``written`` what the address holds.
    """

    name: str
    label: str
    value: Words
    written: str
    link: str
    count: int
    is_exclusion: bool = False


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

    def count_of(self, name: str, value: str) -> int:
        """Number of rows of this list that have a value of a facet."""
        return (self.selected & self.filterset.index.bitmaps[name][value]).bit_count()

    @property
    def total(self) -> int:
        """Number of public rows that the list would have without filters."""
        return self.filterset.index.total

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """The selection as (name, value) pairs in the filters' order; no defaults, no page."""
        pairs = []
        for name, each in self.filterset.filters.items():
            if name != "page" and not isinstance(each, FindValue):
                values = dict.fromkeys(self.filterset.values(name))
                pairs += [(name, value) for value in values if value != self._default(name)]
        return pairs

    def _default(self, name: str) -> str | None:
        if name == "size":
            return str(PAGE_SIZES[0])
        if name.endswith("_match"):
            return ANY
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
            for name, value in self.parameters
            if name not in without and (name, value) not in without and name not in replaced
        ]
        pairs += [pair for pair in also if pair not in pairs]
        pairs += [
            (name, str(value))
            for name, value in replaced.items()
            if value is not None and str(value) != self._default(name)
        ]
        order = list(self.filterset.filters)
        query = QueryDict(mutable=True)
        for name, value in sorted(pairs, key=lambda pair: order.index(pair[0])):
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

    def page(self, fetch=None) -> Page:
        """The page that the querystring asks for.

        Args:
            fetch: makes a dictionary of rows by primary key from a list of keys; by default the
                records with all that a page shows of them.

        Raises:
            PageNotFound: where the list has fewer pages.
        """
        fetch = fetch or self.filterset.queryset.with_related().in_bulk
        number = self.filterset.cleaned.get("page") or 1
        pages = max(1, -(-self.count // self.size))
        if number > pages:
            raise PageNotFound(pages)
        start = (number - 1) * self.size
        keys = self.filterset.keys(self.selected, start, start + self.size)
        found = fetch(keys)
        near = sorted({1, number - 1, number, number + 1, pages} & set(range(1, pages + 1)))
        links: list[Choice | None] = []
        for before, each in zip([0, *near], near, strict=False):
            if each - before > 1:
                links.append(None)
            links.append(Choice(str(each), self._page_link(each), each == number))
        return Page(
            rows=[found[key] for key in keys if key in found],  # one may just have been unpublished
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
        index, cleaned = self.filterset.index, self.filterset.cleaned
        needs_all = self.filterset.matches_all(name)
        mask = self.selected if needs_all else self._selected_without(name)
        selected = set(cleaned.get(name) or ())
        bitmaps = index.bitmaps[name]
        terms = [term for term in index.terms[name] if not term.is_hidden or term.value in selected]
        counts = {term.value: (bitmaps[term.value] & mask).bit_count() for term in terms}
        top, rest, found = terms, [], None
        if len(terms) > TOP_VALUES + 2:
            found = cleaned.get(f"{name}_find") or ""
            ranked = sorted(
                terms, key=lambda term: (term.value not in selected, -counts[term.value])
            )
            if found:
                wanted = fold(found)
                near = [
                    term for term in ranked if term.value in selected or wanted in fold(term.label)
                ]
                top = near[:MOST_VALUES]
            else:
                cut = max(TOP_VALUES, len(selected))
                top, rest = ranked[:cut], ranked[cut:MOST_VALUES]

        def shown(term: Term) -> FacetValue:
            is_selected = term.value in selected
            return FacetValue(
                value=term.value,
                label=term.label,
                count=counts[term.value],
                is_selected=is_selected,
                code=term.code,
                link=self.link(without=[] if needs_all else [name], also=[(name, term.value)])
                if not is_selected or not needs_all
                else self.link(),
            )

        return Facet(
            name,
            facet.label,
            facet.is_editorial,
            facet.is_main,
            list(map(shown, top)),
            list(map(shown, rest)),
            found=found,
            left_out=len(terms) - len(top) - len(rest),
            match=(ALL if needs_all else ANY) if facet.can_match_all else "",
            excluded=cleaned.get(f"{name}_not") or [],
            note=facet.note,
        )

    def _selected_without(self, name: str) -> int:
        selected = self.filterset.index.everything
        for other, mask in self.masks.items():
            if other != name:
                selected &= mask
        return selected

    @cached_property
    def active(self) -> list[ActiveFilter]:
        """The filters in use, each with the number of rows that there would be without it."""
        found = []
        for name, value in self.parameters:
            facet = name.removesuffix("_not")
            if facet in self.filterset.facets:
                terms = {term.value: term.label for term in self.filterset.index.terms[facet]}
                label = terms.get(value, Words(value, reader_language()))
            elif name == "q":
                facet, label = name, Words(value, reader_language())
            else:
                continue
            found.append(
                ActiveFilter(
                    name,
                    self.filterset.filters[facet].label,
                    label,
                    value,
                    self.link(without=[(name, value)]),
                    self._count_without(name, value),
                    is_exclusion=name != facet,
                )
            )
        return found

    def _count_without(self, name: str, value: str) -> int:
        """Number of rows of this list without one value of one filter."""
        others = [each for each in self.filterset.cleaned.get(name) or () if each != value]
        selected = self._selected_without(name)
        if others and name != "q":
            facet = name.removesuffix("_not")
            if facet == name:
                selected &= self.filterset.mask(name, others)
            else:
                selected &= ~self.filterset.index.selected(facet, others)
        return selected.bit_count()

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

    @cached_property
    def loosenings(self) -> list[ActiveFilter]:
        """Where nothing is found: the filters without each of which something would be."""
        return [each for each in self.active if each.count] if not self.count else []

    @cached_property
    def spelling(self) -> tuple[str, str] | None:
        """Where nothing is found: the text as it was probably meant, and the list for it."""
        query = self.filterset.query
        if self.count or not query:
            return None
        near = nearest_words(self.filterset.queryset.model, query)
        meant = self.filterset.cleaned["q"]
        for token in reversed(tokens(meant)):
            word = near.get(token.folded, meant[token.start : token.end])
            meant = meant[: token.start] + word + meant[token.end :]
        return (meant, self.link(q=meant)) if near else None

    def forms(self, texts: Iterable[str]) -> list[str]:
        """Other forms of the words asked for that stand in these texts: "return", "returns"."""
        asked = {word for term in self.filterset.query.wanted for word in term.words}
        stems = {stem for term in self.filterset.query.wanted for stem in term.stems}
        said = {
            token.folded
            for text in texts
            for token in tokens(text)
            if token.stem in stems and token.folded not in asked
        }
        return sorted(said)

    def in_words(self) -> str:
        """The filters in words, as one line."""
        return "; ".join(f"{label}: {value}" for label, value in self.described)

    @property
    def described(self) -> list[tuple[str, str]]:
        """The filters in words, as (label, value) pairs."""
        return [
            (f"{each.label}, {_('without')}" if each.is_exclusion else str(each.label), each.value)
            for each in self.active
        ]

    def problem_document(self) -> dict:
        """What is wrong with the querystring, for programs (RFC 9457)."""
        return {
            "type": "about:blank",
            "title": _("The address is not understood."),
            "status": 400,
            "detail": " ".join(str(problem.message) for problem in self.problems),
            "errors": [
                {
                    "parameter": problem.parameter,
                    "value": problem.value,
                    "message": str(problem.message),
                    "suggestion": problem.suggestion,
                }
                for problem in self.problems
            ],
        }
