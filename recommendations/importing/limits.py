"""What a file may hold at most, so that no file stops the site."""

from django.utils.translation import gettext as _

BYTES = 5 * 1024 * 1024
ROWS = 5_000
COLUMNS = 100
CELL = 32_767
UNPACKED = 50 * 1024 * 1024
PARTS = 500


class Unreadable(Exception):
    """A file that cannot be read as a table; the message says why and what to do."""


def refuse_size(size: int) -> None:
    if size > BYTES:
        raise Unreadable(
            _("The file has %(size)d bytes; the limit is %(limit)d. Split it into several files.")
            % {"size": size, "limit": BYTES}
        )


def refuse_rows(count: int) -> None:
    if count > ROWS:
        raise Unreadable(
            _("The file has more than %(limit)d rows. Split it into several files.")
            % {"limit": ROWS}
        )


def refuse_columns(count: int) -> None:
    if count > COLUMNS:
        raise Unreadable(
            _("The file has more than %(limit)d columns. Delete those that hold nothing of ours.")
            % {"limit": COLUMNS}
        )


def refuse_cell(text: str, place: str) -> None:
    if len(text) > CELL:
        raise Unreadable(
            _("Cell %(place)s has %(size)d characters; the limit is %(limit)d. Shorten it.")
            % {"place": place, "size": len(text), "limit": CELL}
        )
    if "\0" in text:
        raise Unreadable(
            _("Cell %(place)s holds the character NUL (U+0000). Delete it and save the file again.")
            % {"place": place}
        )
