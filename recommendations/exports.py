"""A list as a file: all of its rows, in its order, streamed."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from .columns import COLUMNS

BLOCK = 64 * 1024
STATEMENT_TIMEOUT = "10min"
# A spreadsheet runs a cell that begins like this, full-width forms included, as a formula.
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        content_type: as the response states it.
        write: makes the blocks of the file from the queryset of the file's cells.
    """

    content_type: str
    write: Callable[[QuerySet, list[str]], Iterator[bytes]]


def respond(queryset: QuerySet, suffix: str, *, stem: str, site: str) -> StreamingHttpResponse:
    """All rows of a queryset as a file to download.

    Args:
        queryset: the rows, in order.
        suffix: a key of ``FORMATS``.
        stem: the file's name without date and suffix.
        site: the site's address, for permalinks.
    """
    columns = COLUMNS[queryset.model]
    cells = queryset.values_list(*(column.value(site) for column in columns))
    form = FORMATS[suffix]
    blocks = form.write(cells, [column.name for column in columns])
    # The query runs before the headers leave: a database that is down gives no torn file.
    first = next(blocks)
    today = timezone.now().date().isoformat()
    return StreamingHttpResponse(
        chain([first], blocks),
        content_type=form.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, f"{stem}_{today}.{suffix}"),
        },
    )


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs: a leading apostrophe makes a formula plain text."""
    if cell[:1] and cell[0] in FORMULA_STARTS and not PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def write_csv(cells: QuerySet, headings: list[str]) -> Iterator[bytes]:
    """RFC 4180 with a byte order mark, every cell quoted; the same bytes from every database."""
    rows = _copied if connections[cells.db].vendor == "postgresql" else _iterated
    head = "\ufeff" + ",".join(f'"{heading}"' for heading in headings) + "\r\n"
    block = [head.encode()]
    size = 0
    for line in rows(cells):
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _iterated(cells: QuerySet) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in cells.iterator(chunk_size=500):
        writer.writerow(map(guarded, row))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _copied(cells: QuerySet) -> Iterator[bytes]:
    """The same lines by COPY: PostgreSQL sends one message a row, ended by a line feed."""
    query, params = cells.query.sql_with_params()
    names = [f"c{number}" for number in range(len(cells.query.values_select) or 0)]
    names = names or [f"c{number}" for number in range(len(cells.query.annotation_select))]
    guards = ", ".join(_guard(name) for name in names)
    copy = (
        f"COPY (SELECT {guards} FROM ({query}) AS cells ({', '.join(names)})) "  # noqa: S608
        "TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    )
    connection = connections[cells.db]
    with transaction.atomic(using=cells.db), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [STATEMENT_TIMEOUT])
        with cursor.copy(copy, params) as rows:
            for row in rows:
                yield bytes(row[:-1]) + b"\r\n"


def _guard(name: str) -> str:
    starts = FORMULA_STARTS.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")
    return (
        f"CASE WHEN {name} <> '' AND strpos(E'{starts}', left({name}, 1)) > 0 "
        f"AND {name} !~ '^{PLAIN_NUMBER.pattern}$' THEN '''' || {name} ELSE {name} END"
    )


FORMATS = {"csv": Format("text/csv; charset=utf-8; header=present", write_csv)}
