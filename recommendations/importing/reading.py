"""From the bytes of a file to a table of texts, or to a sentence that says why not."""

import csv
import io
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from . import limits, workbook
from .limits import Unreadable

DELIMITERS = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), "\t": gettext_lazy("tab")}
# What a person may answer where the bytes do not tell.
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1256": "Windows-1256 (العربية)",
    "cp1252": "Windows-1252 (Western)",
}
_WORD_WITH_ACCENTS = re.compile(r"[^\W\d_]*[^\W\d_a-zA-Z][^\W\d_]*")
_ARABIC_WORD = re.compile("[\u0621-\u063a\u0640-\u0652]{3,}")
_ENOUGH_WORDS = 3
MOST_SHEETS = 10
MOST_TITLES = 10


class EncodingUnknown(Unreadable):
    """The bytes allow several readings: a person has to say which is meant."""


@dataclass
class Row:
    """A row: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: list[str]


@dataclass
class Table:
    """What a file holds.

    Attributes:
        headings: the first row that is no title.
        rows: those below it that hold something.
        is_guarded: whether a leading apostrophe stands before what looks like a formula.
        origin: how the file was read, in words.
        titles: what stands above the headings.
        sheets: the sheets of a workbook.
        sheet: the one that was read.
    """

    headings: list[str]
    rows: list[Row]
    is_guarded: bool = False
    origin: str = ""
    titles: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""


def read(name: str, content: bytes, *, encoding: str = "", sheet: str = "") -> Table:
    """The table of a CSV file or of one sheet of an Excel workbook.

    Args:
        name: of the file; its ending says what it should be.
        content: the bytes.
        encoding: of a CSV file, where somebody said it; else it is recognised.
        sheet: name of the sheet wanted; else the first that holds something.

    Raises:
        EncodingUnknown: where a CSV file may mean several texts.
        Unreadable: where it is no table, or larger than the limits.
    """
    limits.refuse_size(len(content))
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise Unreadable(_("The file is empty. Choose the file again, or save it again first."))
    ending = name.lower().rpartition(".")[2]
    if ending not in {"csv", "tsv", "txt", "xlsx"}:
        raise Unreadable(
            _("Files ending in “.%(ending)s” are not read. Save the table as CSV or as XLSX.")
            % {"ending": ending[:20]}
        )
    is_workbook = content.startswith(b"PK\x03\x04")
    if is_workbook != (ending == "xlsx"):
        raise Unreadable(
            _("The file ends in “.%(ending)s”, but holds something else. Save it again.")
            % {"ending": ending}
        )
    table = _from_workbook(content, sheet) if is_workbook else _from_text(content, encoding)
    if not table.rows:
        raise Unreadable(_("Below its headings the file has no row."))
    return table


def _from_workbook(content: bytes, sheet: str) -> Table:
    name, sheets, lines = workbook.read(content, sheet)
    table = _table(lines)
    for other in () if sheet else sheets[1:MOST_SHEETS]:
        if table.rows:
            break
        name, _sheets, lines = workbook.read(content, other)
        table = _table(lines)
    table.sheets, table.sheet = sheets, name
    table.origin = _("Excel workbook, sheet “%(sheet)s”") % {"sheet": name}
    return table


def _from_text(content: bytes, encoding: str) -> Table:
    encoding = encoding or recognised(content)
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise EncodingUnknown(
            _("The file is not %(encoding)s: byte %(place)d does not fit. Choose another encoding.")
            % {"encoding": ENCODINGS.get(encoding, encoding), "place": problem.start + 1}
        ) from problem
    delimiter = max(DELIMITERS, key=lambda each: _width(text, each))
    table = _table(enumerate(_parsed(text, delimiter), 1))
    table.is_guarded = True
    table.origin = _("CSV, %(encoding)s, separated by %(delimiter)s") % {
        "encoding": ENCODINGS.get(encoding, encoding),
        "delimiter": DELIMITERS[delimiter],
    }
    return table


def recognised(content: bytes) -> str:
    """The encoding of a text, where its bytes leave no doubt.

    Raises:
        EncodingUnknown: where they do.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding, zeros in {"utf-16-le": content[1:20:2], "utf-16-be": content[:20:2]}.items():
        if zeros and not any(zeros):
            return encoding
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _recognised_windows(content)
    return "utf-8-sig"


def _recognised_windows(content: bytes) -> str:
    arabic = content.decode("cp1256")
    western = content.decode("cp1252", errors="replace")
    if arabic == western:
        return "cp1252"
    words = set(_WORD_WITH_ACCENTS.findall(arabic))
    if len(words) >= _ENOUGH_WORDS:
        if sum(bool(_ARABIC_WORD.fullmatch(word)) for word in words) > 0.6 * len(words) and not any(
            re.search("[a-zA-Z]", word) for word in words
        ):
            return "cp1256"
        if "\ufffd" not in western and all(re.search("[a-z]", word) for word in words):
            return "cp1252"
    raise EncodingUnknown(
        _("The file is not UTF-8, and its bytes do not say what else. Choose the encoding.")
    )


def _width(text: str, delimiter: str) -> int:
    """Number of cells of the first line, read with this delimiter."""
    try:
        return len(next(_reader(text, delimiter), []))
    except csv.Error:
        return 0


def _reader(text: str, delimiter: str):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _parsed(text: str, delimiter: str):
    reader, number = _reader(text, delimiter), 0
    try:
        for cells in reader:
            number += 1
            yield cells
    except csv.Error as problem:
        if "field limit" in str(problem):
            limits.refuse_cell("x" * (csv.field_size_limit() + 1), str(number + 1))
        raise Unreadable(
            _(
                "Row %(row)d (line %(line)d) has broken quotation marks. A cell that begins with "
                'one ends with one, and those inside are doubled: "say ""yes""".'
            )
            % {"row": number + 1, "line": reader.line_num}
        ) from problem


def _table(lines) -> Table:
    """The headings and the rows below them that hold something; each within the limits."""
    rows = []
    for number, cells in lines:
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        limits.refuse_columns(len(cells))
        for place, cell in enumerate(cells, 1):
            limits.refuse_cell(cell, f"{get_column_letter(place)}{number}")
        rows.append(Row(number, cells))
        limits.refuse_rows(len(rows) - MOST_TITLES - 1)
    place = _place_of_headings(rows)
    limits.refuse_rows(len(rows) - place - 1)
    titles = [cell for row in rows[:place] for cell in row.cells if cell.strip()]
    headings = rows[place].cells if rows else []
    return _squared(Table(headings, rows[place + 1 :], titles=titles))


def _place_of_headings(rows: list[Row]) -> int:
    """Of a wider table, a row that fills one cell only is a title above its headings."""
    filled = [sum(bool(cell.strip()) for cell in row.cells) for row in rows[: MOST_TITLES + 1]]
    return next((place for place, count in enumerate(filled) if count > 1), 0)


def _squared(table: Table) -> Table:
    """Every row as wide as the headings; cells without a heading get an empty one."""
    width = max([len(table.headings), *(len(row.cells) for row in table.rows)])
    table.headings += [""] * (width - len(table.headings))
    for row in table.rows:
        row.cells += [""] * (width - len(row.cells))
    return table
