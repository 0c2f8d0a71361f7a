"""Excel workbooks, opened only after their directory says that they are harmless."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from . import limits
from .limits import Unreadable

_DECLARATION = re.compile(rb"<\0?!\0?(D\0?O\0?C\0?T|E\0?N\0?T)", re.IGNORECASE)

Line = tuple[int, list[str]]


def read(content: bytes, sheet: str = "") -> tuple[str, list[str], Iterator[Line]]:
    """The name of the sheet read, the names of all sheets, and the rows with their numbers.

    Raises:
        Unreadable: where the file is no workbook, too large, or holds macros or formulas.
    """
    refuse_danger(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheets = [each.title for each in book.worksheets]
        chosen = sheet if sheet in sheets else (sheets or [""])[0]
        if not sheets:
            raise Unreadable(_("The workbook has no sheet of cells."))
        return chosen, sheets, _lines(book[chosen])
    except Unreadable:
        raise
    except Exception as problem:
        raise _broken(problem) from problem


def refuse_danger(content: bytes) -> None:
    """Read the directory of the archive, and nothing of what it unpacks to before that is known.

    Raises:
        Unreadable: where it is broken, too large, encrypted, or holds macros or entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if len(parts) > limits.PARTS or size > limits.UNPACKED:
                raise Unreadable(
                    _(
                        "Unpacked, the workbook has %(parts)d parts of %(size)d bytes; the limits "
                        "are %(most_parts)d and %(most)d. Save the sheet alone, or as CSV."
                    )
                    % {
                        "parts": len(parts),
                        "size": size,
                        "most_parts": limits.PARTS,
                        "most": limits.UNPACKED,
                    }
                )
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable(_("The workbook is locked by a password. Save it without one."))
            names = {part.filename.lower() for part in parts}
            if any(name.endswith(("vbaproject.bin", "macrosheet.xml")) for name in names):
                raise Unreadable(_("The workbook holds macros. Save it as XLSX without them."))
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _DECLARATION.search(
                    archive.read(part)
                ):
                    raise Unreadable(
                        _("The workbook declares XML entities, as none should. Save it again.")
                    )
    except Unreadable:
        raise
    except Exception as problem:
        raise _broken(problem) from problem


def _broken(problem: Exception) -> Unreadable:
    return Unreadable(
        _("The workbook cannot be opened (%(problem)s). Save it again, or as CSV.")
        % {"problem": type(problem).__name__}
    )


def _lines(sheet) -> Iterator[Line]:
    sheet.reset_dimensions()
    try:
        for number, cells in enumerate(sheet.iter_rows(), 1):
            filled = [place for place, cell in enumerate(cells) if cell.value is not None]
            if filled:
                limits.refuse_columns(filled[-1] + 1)
                yield number, [_text(cell) for cell in cells[: filled[-1] + 1]]
    except Unreadable:
        raise
    except Exception as problem:
        raise _broken(problem) from problem


def _text(cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise Unreadable(
            _("Cell %(place)s is a formula. Copy it and paste its value in its place.")
            % {"place": cell.coordinate}
        )
    if cell.data_type == "e":
        raise Unreadable(
            _("Cell %(place)s is an error (%(error)s). Correct or empty it.")
            % {"place": cell.coordinate, "error": str(value)[:20]}
        )
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
