"""Atom (RFC 4287): the rows of a list that changed last, so that a filter can be followed."""

from collections.abc import Iterator

from django.utils.feedgenerator import Atom1Feed
from django.utils.text import Truncator

from ..models import Recommendation
from .export import Export, for_xml

ENTRIES = 50
TITLE_LENGTH = 100


def write(export: Export) -> Iterator[bytes]:
    """The whole feed; its entries are the rows changed last, the latest first."""
    rows = list(export.rows.order_by("-updated_at", "pk")[:ENTRIES])
    site = export.site.rstrip("/")
    feed = Atom1Feed(
        title=export.title,
        subtitle=for_xml("; ".join(f"{name}: {value}" for name, value in export.filters)) or None,
        link=export.address,
        description=None,
        language=export.language,
        feed_guid=export.address,
    )
    for row in rows:
        is_text = isinstance(row, Recommendation)
        text = for_xml(row.text) if is_text else ""
        title = f"{row}: {Truncator(text).chars(TITLE_LENGTH)}" if is_text else for_xml(row)
        address = site + row.get_absolute_url()
        feed.add_item(
            title=title,
            link=address,
            description=text,
            unique_id=address,
            updateddate=row.updated_at,
        )
    yield feed.writeString("utf-8").encode()
