"""Excel: the rows on one sheet, what they are on a second one."""

import tempfile
from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ..columns import SEPARATOR
from .export import Export, for_xml, unhurried_rows

BLOCK = 64 * 1024
LONGEST_CELL = 32_767
WIDTHS = {"text": 80, "text_ar": 60, "url": 50, "title": 50, "facts": 50}
WIDTH = 22


def write(export: Export) -> Iterator[bytes]:
    """The blocks of the workbook, which is put together in a temporary file."""
    book = Workbook(write_only=True)
    _write_rows(book, export)
    _write_guide(book, export)
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


def _sheet(book: Workbook, title: str, export: Export):
    sheet = book.create_sheet(title)
    sheet.sheet_view.rightToLeft = export.language == "ar"
    return sheet


def _cell(sheet, value: str, *, is_bold: bool = False, wraps: bool = False) -> WriteOnlyCell:
    """A cell of typed text, so that nothing in it is ever taken for a formula."""
    cell = WriteOnlyCell(sheet, for_xml(value)[:LONGEST_CELL])
    cell.data_type = "s"
    if is_bold:
        cell.font = Font(bold=True)
    if wraps:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _write_rows(book: Workbook, export: Export) -> None:
    sheet = _sheet(book, export.title or _("Rows"), export)
    sheet.freeze_panes = "B2"
    for number, column in enumerate(export.columns, 1):
        width = WIDTHS.get(column.name, WIDTH)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_cell(sheet, column.name, is_bold=True) for column in export.columns])
    numbers = [column.is_number(export.rows.model) for column in export.columns]
    for row in unhurried_rows(export.cells):
        sheet.append(
            [
                int(cell) if is_number and cell else _cell(sheet, cell.replace(SEPARATOR, "; "))
                for cell, is_number in zip(row, numbers, strict=True)
            ]
        )


def _write_guide(book: Workbook, export: Export) -> None:
    sheet = _sheet(book, _("About"), export)
    sheet.column_dimensions["A"].width = 30
    sheet.column_dimensions["B"].width = 40
    sheet.column_dimensions["C"].width = 80
    facts = [
        (_("What these rows are"), export.title),
        *export.filters,
        (_("Number of rows"), str(export.count)),
        (_("Address of this list"), export.address),
        (_("Made at"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")),
    ]
    for name, value in facts:
        sheet.append([_cell(sheet, name, is_bold=True), _cell(sheet, value)])
    sheet.append([])
    headings = (_("Column"), _("Name"), _("What it holds"))
    sheet.append([_cell(sheet, heading, is_bold=True) for heading in headings])
    for column in export.columns:
        name, meaning = column.guide(export.rows.model)
        cells = (column.name, name, meaning)
        sheet.append([_cell(sheet, text, wraps=True) for text in cells])
