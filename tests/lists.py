"""What tests of lists share: reading a list from its pages, and from its file."""

import csv
import io
import re

TOTAL = re.compile(r'data-total="(\d+)"')
KEY = re.compile(r'data-key="([^"]+)"')

PLACES = (
    "recommendations",
    "working-groups",
    "themes",
    "meetings",
    "conferences",
    "organisations",
    "funders",
    "sources",
)


def from_pages(client, place, query="", prefix=""):
    """The count that the list states and the keys of its rows, page after page."""
    keys, number, total = [], 1, None
    while total is None or len(keys) < total:
        separator = "&" if query else ""
        response = client.get(f"{prefix}/{place}/?{query}{separator}page={number}")
        assert response.status_code == 200, (place, query, number)
        html = response.content.decode()
        total = int(TOTAL.search(html).group(1))
        found = KEY.findall(html)
        if not found:
            break
        keys += found
        number += 1
    return total, keys


def from_csv(client, place, query="", prefix=""):
    """The rows of the list's file, as dictionaries."""
    response = client.get(f"{prefix}/{place}.csv?{query}")
    assert response.status_code == 200, (place, query)
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def keys_of(rows):
    return [row.get("reference") or row["slug"] for row in rows]
