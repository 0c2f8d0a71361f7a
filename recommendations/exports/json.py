"""JSON: what the rows are, then the rows, exact and unguarded."""

import json
from collections.abc import Iterator

from .export import Export

BLOCK = 200


def write(export: Export) -> Iterator[bytes]:
    """The blocks of one JSON object whose last key, ``results``, holds every row."""
    head = {
        "title": export.title,
        "address": export.address,
        "filters": [{"name": name, "value": value} for name, value in export.filters],
        "count": export.count,
    }
    lines = [json.dumps(head, ensure_ascii=False)[:-1] + ', "results": [']
    separator = "\n"
    for record in export.records():
        lines.append(separator + json.dumps(record, ensure_ascii=False))
        separator = ",\n"
        if len(lines) >= BLOCK:
            yield "".join(lines).encode()
            lines = []
    yield ("".join(lines) + "\n]}\n").encode()
