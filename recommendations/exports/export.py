"""What is to be written into a file: which rows, which columns, and what they are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from django.db import connections, transaction
from django.db.models import QuerySet

from ..columns import COLUMNS, SEPARATOR, Column
from ..deadline import lifted

STATEMENT_TIMEOUT = "10min"
CHUNK = 500
_FORBIDDEN_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Export:
    """All rows of a list.

    Attributes:
        rows: the rows, in order.
        site: the site's address, for permalinks.
        chosen: names of the columns wanted, in their order; empty for all.
        title: what the rows are.
        address: the address of the same list as a page.
        filters: the filters in words, as (label, value) pairs.
        count: number of rows.
        language: the reader's language, which decides the direction of a sheet.
    """

    rows: QuerySet
    site: str
    chosen: tuple[str, ...] = ()
    title: str = ""
    address: str = ""
    filters: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0
    language: str = "en"

    @property
    def columns(self) -> list[Column]:
        every = COLUMNS[self.rows.model]
        if not self.chosen:
            return every
        by_name = {column.name: column for column in every}
        return [by_name[name] for name in self.chosen]

    @property
    def cells(self) -> QuerySet:
        """One tuple of texts a row."""
        return self.rows.values_list(*(column.value(self.site) for column in self.columns))

    def records(self) -> Iterator[dict]:
        """One dictionary a row: exact texts, numbers, lists; None where nothing is known."""
        return (self.record(row) for row in unhurried_rows(self.cells))

    def record(self, row: tuple[str, ...]) -> dict:
        return {name: read(cell) for (name, read), cell in zip(self._readers, row, strict=True)}

    @cached_property
    def _readers(self):
        model = self.rows.model
        return [
            (column.name, _many if column.is_list else _number if column.is_number(model) else _one)
            for column in self.columns
        ]

    def by_key(self, keys: list[int]) -> dict[int, dict]:
        """The records of some rows by primary key."""
        cells = (column.value(self.site) for column in self.columns)
        found = self.rows.filter(pk__in=keys).order_by().values_list("pk", *cells)
        return {key: self.record(row) for key, *row in found}


def _one(cell: str) -> str | None:
    return cell or None


def _number(cell: str) -> int | None:
    return int(cell) if cell else None


def _many(cell: str) -> list[str]:
    return cell.split(SEPARATOR) if cell else []


def for_xml(text: object) -> str:
    """A text without the characters that no XML document may hold."""
    return _FORBIDDEN_IN_XML.sub("", str(text))


@contextmanager
def unhurried(using: str):
    """A transaction in which a statement may take as long as a large file needs."""
    connection = connections[using]
    with lifted(), transaction.atomic(using=using):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [STATEMENT_TIMEOUT])
        yield


def unhurried_rows(cells: QuerySet) -> Iterator[tuple]:
    with unhurried(cells.db):
        yield from cells.iterator(chunk_size=CHUNK)
