"""A list as a file: all of its rows, in its order, streamed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from . import atom, csv, json, xlsx
from .export import Export

__all__ = ["FORMATS", "Export", "Format", "respond"]


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: as readers know it.
        content_type: as the response states it.
        write: makes the blocks of the file.
        is_file: whether it is downloaded rather than read in place.
    """

    name: str
    content_type: str
    write: Callable[[Export], Iterator[bytes]]
    is_file: bool = True

    @property
    def media_type(self) -> str:
        """The content type without parameters, for links."""
        return self.content_type.partition(";")[0]


FORMATS = {
    "csv": Format("CSV", "text/csv; charset=utf-8; header=present", csv.write),
    "xlsx": Format(
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        xlsx.write,
    ),
    "json": Format("JSON", "application/json", json.write),
    "atom": Format("Atom", "application/atom+xml; charset=utf-8", atom.write, is_file=False),
}


def respond(export: Export, suffix: str, *, stem: str) -> StreamingHttpResponse:
    """All rows of a list as a file to download.

    Args:
        export: the rows and what they are.
        suffix: a key of ``FORMATS``.
        stem: the file's name without date and suffix.
    """
    form = FORMATS[suffix]
    blocks = form.write(export)
    # The query runs before the headers leave: a database that is down gives no torn file.
    first = next(blocks)
    response = StreamingHttpResponse(chain([first], blocks), content_type=form.content_type)
    if form.is_file:
        today = timezone.now().date().isoformat()
        response["Content-Disposition"] = content_disposition_header(
            True, f"{stem}_{today}.{suffix}"
        )
    return response
