"""Brings a file of staff into the collection: read, planned, shown, applied, taken back."""

from .apply import Refused, apply, planned
from .limits import BYTES, COLUMNS, ROWS, Unreadable, refuse_size
from .plan import Entry, Plan, Problem
from .reading import ENCODINGS, EncodingUnknown
from .rights import import_place
from .runs import start
from .targets import PLACES
from .undo import Outlook, undo

__all__ = [
    "BYTES",
    "COLUMNS",
    "ENCODINGS",
    "PLACES",
    "ROWS",
    "EncodingUnknown",
    "Entry",
    "Outlook",
    "Plan",
    "Problem",
    "Refused",
    "Unreadable",
    "apply",
    "import_place",
    "planned",
    "refuse_size",
    "start",
    "undo",
]
