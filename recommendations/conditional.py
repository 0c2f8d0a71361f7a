"""Answers that did not change are not made again: entity tags from the data's version alone."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition

from .models import DataVersion


@cache
def release() -> str:
    """What the code, the templates and the translations of this process are."""
    folders = [Path(__file__).parent, *map(Path, settings.TEMPLATES[0]["DIRS"])]
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".html", ".mo"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()


def entity_tag(request, *args, **kwargs) -> str | None:
    """The tag of an answer that depends on its address and the data only; None without data."""
    version = DataVersion.current()
    if version is None or settings.DEBUG:
        return None
    parts = (version, release(), request.get_host(), request.get_full_path())
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'W/"{digest[:32]}"'


def unchanged_answers_304(view):
    """Give a view's answers a tag, and answer 304 to whoever holds the one of now."""
    conditional = condition(etag_func=entity_tag)(view)

    def answered(request, *args, **kwargs):
        response = conditional(request, *args, **kwargs)
        if response.status_code not in {200, 304}:
            del response["ETag"]  # whoever sends it back would be told 304 of what it never got
        patch_cache_control(response, no_cache=True, public=True)
        return response

    return answered
