"""Files that wait for a decision."""

import hashlib
import unicodedata
from datetime import timedelta

from django.utils import timezone

from ..choices import ImportState
from ..models import ImportRun

KEPT = timedelta(days=7)


def start(place: str, name: str, content: bytes, user=None) -> ImportRun:
    """A run for a file, not saved yet; files that nobody confirmed for a week are forgotten."""
    ImportRun.objects.filter(
        state=ImportState.PREVIEWED, created_at__lt=timezone.now() - KEPT
    ).delete()
    printable = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    return ImportRun(
        place=place,
        file_name=printable[-200:] or "-",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        created_by=user,
    )
