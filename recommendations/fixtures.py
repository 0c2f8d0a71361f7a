"""The fixture files: the facts of the source documents as rows that can be loaded again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import transaction
from django.db.models import Model, QuerySet

from .search import indexing

FOLDER = Path(__file__).resolve().parent.parent / "fixtures"
# Each leans on those before it.
NAMES = [
    "sources",
    "passages",
    "themes",
    "goals",
    "instruments",
    "conferences",
    "working_groups",
    "meetings",
    "organisations",
    "funders",
    "recommendations",
    "links",
    "follow_ups",
]

Key = tuple[str, tuple]
Rows = dict[Key, dict[str, Any]]


@dataclass(frozen=True)
class Differences:
    """What loading would do to the database.

    Attributes:
        new: rows of the files that the database lacks.
        changed: rows that differ, each with the old and new value of every field that does.
        same: rows that already are as in the files.
        kept: rows of the database that no file has, which loading leaves alone.
    """

    new: list[Key]
    changed: dict[Key, dict[str, tuple[Any, Any]]]
    same: list[Key]
    kept: list[Key]


def checksums() -> dict[str, dict[str, str]]:
    """SHA-256 of source files, of recommendations and of passages, each by its natural key."""
    return _read("checksums")


def rows() -> Rows:
    """Every row of the files, in the order of loading."""
    return {
        (row["model"], _key(apps.get_model(row["model"]), row["fields"])): _sorted(row["fields"])
        for row in _file_rows()
    }


def models() -> list[type[Model]]:
    """The models that the files fill, in the order of loading."""
    return [apps.get_model(label) for label in dict.fromkeys(row["model"] for row in _file_rows())]


def with_natural_keys(model: type[Model]) -> QuerySet:
    """All rows of a model with the rows that they name, in as many queries as it has relations."""
    options = model._meta
    return model._default_manager.select_related(
        *(field.name for field in options.fields if field.many_to_one)
    ).prefetch_related(
        *(
            field.name
            for field in options.many_to_many
            if field.remote_field.through._meta.auto_created
        )
    )


def snapshot(models: list[type[Model]]) -> Rows:
    """What the database holds of these models, with values as a fixture file writes them."""
    instances = [instance for model in models for instance in with_natural_keys(model)]
    written = serializers.serialize(
        "json", instances, use_natural_primary_keys=True, use_natural_foreign_keys=True
    )
    return {
        (row["model"], instance.natural_key()): _sorted(row["fields"])
        for instance, row in zip(instances, json.loads(written), strict=True)
    }


def differences() -> Differences:
    """Compare the files with the database, without changing it."""
    wanted, present = rows(), snapshot(models())
    changed = {
        key: fields
        for key in wanted.keys() & present.keys()
        if (fields := _changed_fields(present[key], wanted[key]))
    }
    return Differences(
        new=[key for key in wanted if key not in present],
        changed={key: changed[key] for key in wanted if key in changed},
        same=[key for key in wanted if key in present and key not in changed],
        kept=[key for key in present if key not in wanted],
    )


def is_empty() -> bool:
    """Whether no table that the files fill has a row."""
    return not any(model._default_manager.exists() for model in models())


def load() -> int:
    """Write every row of the files, all or none, over the rows of the same natural key.

    Each row that this changes has one version more; loading again adds none.

    Returns:
        The number of rows written.
    """
    with transaction.atomic(), indexing.rebuilt_at_end():
        call_command("loaddata", *(FOLDER / f"{name}.json" for name in NAMES), verbosity=0)
    return len(_file_rows())


def _read(name: str):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _file_rows() -> list[dict]:
    return [row for name in NAMES for row in _read(name)]


def _key(model: type[Model], fields: dict) -> tuple:
    """The natural key of a row in a file, where a relation is a natural key of one value."""
    values = (fields[path.partition("__")[0]] for path in model.natural_key_fields)
    return tuple(value[0] if isinstance(value, list) else value for value in values)


def _sorted(fields: dict) -> dict:
    """Fields whose many-to-many values are in one order, for they are sets."""
    return {
        name: sorted(value) if isinstance(value, list) else value for name, value in fields.items()
    }


def _changed_fields(old: dict, new: dict) -> dict[str, tuple[Any, Any]]:
    return {name: (old[name], value) for name, value in new.items() if old[name] != value}
