"""CSV (RFC 4180): every cell quoted, the same bytes from every database."""

import csv
import io
from collections.abc import Iterator

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from .. import cells
from ..cells import FORMULA_STARTS, JOINT, PLAIN_NUMBER
from ..columns import SEPARATOR
from .export import Export, unhurried, unhurried_rows

BLOCK = 64 * 1024


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs, with its values apart."""
    return cells.guarded(cell.replace(SEPARATOR, JOINT))


def write(export: Export) -> Iterator[bytes]:
    """The blocks of the file, which begins with a byte order mark for spreadsheets."""
    table = export.cells
    rows = _copied if connections[table.db].vendor == "postgresql" else _iterated
    head = "\ufeff" + ",".join(f'"{column.name}"' for column in export.columns) + "\r\n"
    block = [head.encode()]
    size = 0
    for line in rows(table):
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _iterated(rows: QuerySet) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in unhurried_rows(rows):
        writer.writerow(map(guarded, row))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _copied(cells: QuerySet) -> Iterator[bytes]:
    """The same lines by COPY: PostgreSQL sends one message a row, ended by a line feed."""
    try:
        query, params = cells.query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking, as of a search for "!"
        return
    width = len(cells.query.annotation_select) + len(cells.query.values_select)
    names = [f"c{number}" for number in range(width)]
    copy = (  # made of the ORM's own query and of numbered names, nothing else
        f"COPY (SELECT {', '.join(map(_guard, names))} "  # noqa: S608 (see above)
        f"FROM ({query}) AS cells ({', '.join(names)})) "
        "TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    )
    connection = connections[cells.db]
    with (
        unhurried(cells.db),
        connection.cursor() as cursor,
        cursor.copy(copy, params) as rows,
    ):
        for row in rows:
            yield bytes(row[:-1]) + b"\r\n"


def _guard(name: str) -> str:
    """``guarded`` in the words of PostgreSQL."""
    starts = FORMULA_STARTS.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")
    cell = f"replace({name}, chr(31), '{JOINT}')"
    return (
        f"CASE WHEN {name} <> '' AND strpos(E'{starts}', left({name}, 1)) > 0 "
        f"AND {name} !~ '^{PLAIN_NUMBER.pattern}$' THEN '''' || {cell} ELSE {cell} END"
    )
