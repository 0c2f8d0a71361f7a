"""How the text of a cell stands in a CSV file, so that no spreadsheet runs it; and back again."""

import re

JOINT = "; "
# A spreadsheet runs a cell that begins like this, full-width forms included, as a formula.
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might run it."""
    return cell[:1] != "" and cell[0] in FORMULA_STARTS and not PLAIN_NUMBER.fullmatch(cell)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs: a leading apostrophe makes a formula plain text."""
    return f"'{cell}" if is_formula(cell) else cell


def unguarded(cell: str) -> str:
    """What stood there before ``guarded``."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell[1:]) else cell
