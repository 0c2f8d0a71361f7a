"""Brings a file of staff into the collection: read, planned, shown, applied, taken back."""

from .apply import Refused, apply, planned, undo
from .limits import BYTES, COLUMNS, ROWS, Unreadable
from .plan import Entry, Plan, Problem
from .reading import ENCODINGS, EncodingUnknown
from .runs import start
from .targets import PLACES

__all__ = [
    "BYTES",
    "COLUMNS",
    "ENCODINGS",
    "PLACES",
    "ROWS",
    "EncodingUnknown",
    "Entry",
    "Plan",
    "Problem",
    "Refused",
    "Unreadable",
    "apply",
    "planned",
    "start",
    "undo",
]
