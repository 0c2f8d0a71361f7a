"""Which rows have which value, as one bitmap a value: the source of every exact facet count.

Bit i of a bitmap stands for the i-th row in the list's usual order. An index is made from three
queries, serves until the data's version changes, and is shared by the threads of a process. So long
it also remembers what searches found and where rows stand in other orders.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import compress, islice

from django.db.models import (
    Aggregate,
    CharField,
    Expression,
    F,
    IntegerField,
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
    Window,
)
from django.db.models.functions import Cast, RowNumber
from django.utils.functional import Promise

from .translation import Words, choose, reader_language

_FLAGS = bytes.maketrans(b"01", b"\0\1")
MOST_ANSWERS = 200


class Keys(Aggregate):
    """The keys of a group's rows as one text, with commas: one row to fetch, not one a key."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = TextField()

    def __init__(self, key: str = "pk", **extra):
        super().__init__(Cast(key, TextField()), **extra)

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


def listed(keys: str) -> list[int]:
    """What ``Keys`` gives, as numbers."""
    return json.loads(f"[{keys}]")


@dataclass(frozen=True, slots=True)
class Term:
    """One value that a filter accepts: as addresses write it, and as readers see it.

    A hidden one is accepted and counted, and offered only where it is chosen.
    """

    value: str
    label_en: str | Promise
    label_ar: str = ""
    code: str = ""
    is_hidden: bool = False

    @property
    def label(self) -> Words:
        if isinstance(self.label_en, Promise):
            return Words(str(self.label_en), reader_language())
        return choose(self.label_en, self.label_ar)


@dataclass(frozen=True)
class Dimension:
    """Where the values of one filter stand, seen from a row.

    Attributes:
        paths: field paths from the row to the value; a row has the values of all of them.
        vocabulary: makes the queryset of known values, named in two languages, in display order.
        value: its field that addresses write.
        name_en, name_ar: its fields, or query expressions, that readers see.
        code: its field with a short code for a mark, if it has one.
        terms: the vocabulary where it is fixed in code.
        where: what must hold of the related rows for the value to be public.
        is_open: whether values that rows have beyond the vocabulary are accepted too.
        empty: the term for rows that have no value; None where there is no such choice.
    """

    paths: tuple[str, ...]
    vocabulary: Callable[[], QuerySet] | None = None
    value: str = "slug"
    name_en: str | Expression = "name_en"
    name_ar: str | Expression = "name_ar"
    code: str = ""
    terms: tuple[Term, ...] = ()
    where: Q = field(default_factory=Q)
    is_open: bool = False
    empty: Term | None = None

    def __deepcopy__(self, memo):
        return self  # each request copies its filters; nothing here ever changes

    def rows_with(self, model: type[Model], values: Iterable[str]) -> Q:
        """The condition that a row has one of the values."""
        values = list(values)
        condition = Q()
        for path in self.paths:
            condition |= Q(**{f"{path}__in": _usable(model, path, values)})
        if self.is_many(model):
            return Q(pk__in=model._base_manager.filter(condition & self.where).values("pk"))
        return condition & self.where

    def grouped(self, queryset: QuerySet, name: str, path: str) -> QuerySet:
        """The keys of the rows for each value that stands at a path, tagged with a name.

        Where rows have several values the question is put from the other side, which knows the
        keys without the rows; it also gives those of rows that are not public.
        """
        rows, key = queryset, "pk"
        if self.is_many(queryset.model) and not self.where:
            relation, _, path = path.partition("__")
            field = queryset.model._meta.get_field(relation)
            rows, key = field.related_model._base_manager.all(), field.remote_field.name
        # In one filter with the path, for `where` speaks of the related row that has the value.
        present = {f"{path}__isnull": False, f"{key}__isnull": False}
        rows = rows.order_by().filter(self.where, **present)
        tagged = rows.values_list(Value(name, output_field=CharField()), Cast(F(path), CharField()))
        return tagged.annotate(keys=Keys(key))

    def is_many(self, model: type[Model]) -> bool:
        """Whether a row can have several values, so that a join would repeat it."""
        relation = model._meta.get_field(self.paths[0].partition("__")[0])
        return relation.many_to_many or relation.one_to_many


class FacetIndex:
    """The terms and bitmaps of every dimension of one listed model."""

    def __init__(self, queryset: QuerySet, dimensions: dict[str, Dimension]):
        self.terms = {name: list(dimension.terms) for name, dimension in dimensions.items()}
        self._answers: dict[Hashable, object] = {}
        self._read_vocabularies(dimensions)
        self._read_rows(queryset, dimensions)

    def _read_vocabularies(self, dimensions):
        queries = []
        for name, dimension in dimensions.items():
            if dimension.vocabulary:
                queryset = dimension.vocabulary()
                order = Window(RowNumber(), order_by=list(queryset.model._meta.ordering))
                queries.append(
                    queryset.values_list(
                        Value(name, output_field=CharField()),
                        order,
                        Cast(dimension.value, CharField()),
                        _expression(dimension.name_en),
                        _expression(dimension.name_ar),
                        F(dimension.code) if dimension.code else Value(""),
                    )
                )
        for name, _order, *term in sorted(_union(queries)):
            self.terms[name].append(Term(*term))

    def _read_rows(self, queryset, dimensions):
        self._keys = list(queryset.values_list("pk", flat=True))
        self.positions = {key: position for position, key in enumerate(self._keys)}
        self.everything = (1 << len(self._keys)) - 1
        grouped = [
            dimension.grouped(queryset, name, path)
            for name, dimension in dimensions.items()
            for path in dimension.paths
        ]
        found: dict[str, dict[str, int]] = {name: defaultdict(int) for name in dimensions}
        for name, value, keys in _union(grouped):
            found[name][value] |= self.mask(listed(keys))
        self.bitmaps = {}
        for name, dimension in dimensions.items():
            if dimension.is_open:
                known = {term.value for term in self.terms[name]}
                self.terms[name] += [
                    Term(value, value, value, is_hidden=bool(known))
                    for value in sorted(set(filter(found[name].get, found[name])) - known)
                ]
            self.bitmaps[name] = {term.value: found[name][term.value] for term in self.terms[name]}
            if dimension.empty:
                self.terms[name].append(dimension.empty)
                filled = self._any(self.bitmaps[name].values())
                self.bitmaps[name][dimension.empty.value] = self.everything & ~filled

    @staticmethod
    def _any(bitmaps: Iterable[int]) -> int:
        mask = 0
        for bitmap in bitmaps:
            mask |= bitmap
        return mask

    @property
    def total(self) -> int:
        """Number of public rows."""
        return len(self.positions)

    def mask(self, keys: Iterable[int]) -> int:
        """The bitmap of the rows with these primary keys."""
        marked = bytearray(len(self.positions) // 8 + 1)
        for position in map(self.positions.get, keys):
            if position is not None:
                marked[position >> 3] |= 1 << (position & 7)
        return int.from_bytes(marked, "little")

    def places(self, keys: Iterable[int]) -> list[int]:
        """Where the rows with these primary keys stand in the usual order."""
        return [self.positions[key] for key in keys if key in self.positions]

    def keys(self, selected: int, start: int, stop: int, places: Iterable[int] = ()) -> list[int]:
        """The primary keys of the selected rows from one place among them to another.

        Args:
            selected: the bitmap of the selected rows.
            start, stop: places among the selected rows, counted from 0.
            places: where all rows stand in the usual order, if another one is wanted.
        """
        flags = f"{selected:0{self.total}b}"[::-1].encode().translate(_FLAGS)
        if places:
            chosen = (self._keys[place] for place in places if flags[place])
        else:
            chosen = compress(self._keys, flags)
        return list(islice(chosen, start, stop))

    def once(self, question: Hashable, answer: Callable):
        """The answer to a question about these rows; it holds as long as the index does."""
        held = self._answers.get(question)
        if held is None:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            held = self._answers[question] = answer()
        return held

    def selected(self, name: str, values: Iterable[str]) -> int:
        """The bitmap of the rows that have one of the values."""
        return self._any(self.bitmaps[name][value] for value in values)


def _usable(model: type[Model] | None, path: str, values: list[str]) -> list[str]:
    """The values that a field can hold: a field of numbers, numbers only."""
    field = None
    for name in path.split("__"):
        if model is None:  # a transform, such as the year of a date
            return values
        field = model._meta.get_field(name)
        model = field.related_model
    if isinstance(field, IntegerField):
        return [value for value in values if value.isdecimal()]
    return values


def _expression(field: str | Expression) -> Expression | F:
    return F(field) if isinstance(field, str) else field


def _union(queries):
    if not queries:
        return ()
    first, *others = [query.order_by() for query in queries]
    return first.union(*others, all=True)


_indexes: dict[type, tuple[str, FacetIndex]] = {}


def index_for(owner: type, version: str | None, make: Callable[[], FacetIndex]) -> FacetIndex:
    """The index of a listed model at this version of the data, made where none is at hand."""
    held = _indexes.get(owner)
    if held and version and held[0] == version:
        return held[1]
    index = make()
    if version:
        _indexes[owner] = (version, index)
    return index
