"""The versions of a record, told: what differs from one to the next, in words."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .choices import State
from .translation import Words

SHOWN = 500
CHANGED, CREATED, DELETED = "~", "+", "-"


@dataclass(frozen=True)
class Difference:
    """A field with its value before and after, as readers know them; empty where none."""

    label: str
    old: str
    new: str


@dataclass
class Entry:
    """What one change did to a record and to the rows of other models that belong to it.

    Attributes:
        row: the record's own row of history; None where only its other rows were touched.
    """

    first: models.Model
    row: models.Model | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def reason(self) -> str:
        return self.first.history_change_reason

    @property
    def is_deletion(self) -> bool:
        return bool(self.row) and self.row.history_type == DELETED


def timeline(model: type[models.Model], key: int, parts=()) -> list[Entry]:
    """The changes of a record, newest first, in a number of queries that no row adds to.

    Args:
        parts: models whose rows belong to the record, each with its field that names the record.
    """
    entries: dict = {}
    own = list(model.history.filter(id=key).select_related("history_user")[:SHOWN])
    for row, differences in _told(model, own):
        entry = entries.setdefault(row.change, Entry(row))
        entry.first = entry.row = row
        entry.differences = differences + entry.differences
    for part, name in parts:
        rows = part.history.filter(**{f"{name}_id": key}).select_related("history_user")[:SHOWN]
        for row, differences in _told(part, list(rows), but=name):
            entry = entries.setdefault(row.change, Entry(row))
            old, new = (
                ", ".join(f"{each.label}: {value}" for each in differences if (value := side(each)))
                for side in (lambda each: each.old, lambda each: each.new)
            )
            if old or new:
                label = capfirst(part._meta.verbose_name)
                entry.differences.append(Difference(label, old, new))
    return sorted(entries.values(), key=lambda each: each.first.history_date, reverse=True)


def difference(model: type[models.Model], old: models.Model, new: models.Model):
    """How two rows of history differ, field by field."""
    told = dict(_told(model, [new, old], is_same_record=True))
    return told[new]


def _told(model, rows: list[models.Model], but: str = "", is_same_record=False):
    """Each row, newest first, with its differences from the one before it of the same record."""
    fields = [each for each in _fields(model) if each.name != but]
    # A row of another record says which one it is: the theme whose position changed.
    identity = {path.partition("__")[0] for path in model.natural_key_fields} if but else ()
    values = _values(rows, fields)
    names = _names(fields, values.values())
    histories = defaultdict(list)
    for row in rows:
        histories[None if is_same_record else row.id].append(row)
    told = {}
    for history in histories.values():
        for row, before in pairwise([*history, None]):
            old = values[before] if before and before.history_type != DELETED else {}
            new = values[row] if row.history_type != DELETED else {}
            changed = [each for each in fields if old.get(each) != new.get(each)]
            told[row] = [
                Difference(capfirst(each.verbose_name), *sides)
                for each in fields
                if (each in changed or (changed and each.name in identity))
                and any(sides := [_in_words(each, side.get(each), names) for side in (old, new)])
            ]
    return list(told.items())


def _fields(model) -> list[models.Field]:
    """What people edit of a model, relations to many included."""
    fields = [
        each for each in model._meta.concrete_fields if each.editable and not each.primary_key
    ]
    return [*fields, *model.history.model._history_m2m_fields]


def _values(rows, fields) -> dict[models.Model, dict]:
    values = {
        row: {each: getattr(row, each.attname) for each in fields if not each.many_to_many}
        for row in rows
    }
    for each in (each for each in fields if each.many_to_many):
        found = defaultdict(set)
        if rows:
            through = getattr(rows[0], each.name).model
            keys = [row.pk for row in rows]
            for row, target in through.objects.filter(history__in=keys).values_list(
                "history_id", each.m2m_reverse_name()
            ):
                found[row].add(target)
        for row in rows:
            values[row][each] = frozenset(found[row.pk])
    return values


def _names(fields, values: Iterable[dict]) -> dict:
    """The names of all records that occur, by model and key."""
    keys = defaultdict(set)
    for held in values:
        for each in fields:
            if each.is_relation:
                value = held[each]
                keys[each.related_model] |= value if each.many_to_many else {value}
    return {
        model: {key: str(found) for key, found in model._base_manager.in_bulk(wanted).items()}
        for model, wanted in ((model, wanted - {None}) for model, wanted in keys.items())
    }


def _in_words(each: models.Field, value, names: dict) -> str:
    if value in (None, "", frozenset()):
        return ""
    if each.is_relation:
        known = names[each.related_model]
        gone = _("%(record)s that is deleted") % {"record": each.related_model._meta.verbose_name}
        keys = sorted(value) if each.many_to_many else [value]
        return "; ".join(sorted(known.get(key, gone) for key in keys))
    return str(dict(each.flatchoices).get(value, value))


# For the public


@dataclass(frozen=True)
class Published:
    """A version that the public saw.

    Attributes:
        text_change: the words of the version before and of this one, where they differ.
    """

    number: int
    date: object
    reason: str
    text: Words
    arabic: Words | None
    text_change: list[tuple[str, str]]


def published(recommendation: models.Model) -> list[Published]:
    """The published versions of a recommendation, newest first, in one query.

    A version is what its last row says; a state that was never public is none. Why its words are
    others may have been said while the record was withdrawn.
    """
    rows = recommendation.history.exclude(history_type=DELETED)
    by_number, why, last = {}, "", None
    for row in rows.order_by("history_date", "history_id"):
        if last is None or _texts(row) != _texts(last):
            why = row.history_change_reason
        if row.state == State.PUBLISHED:
            by_number[row.version] = row, why
        last = row
    found, before = [], None
    for number in sorted(by_number):
        row, why = by_number[number]
        change = _text_change(before, row) if before else []
        found.append(
            Published(
                number=number,
                date=row.history_date,
                reason=why if change else "",
                text=Words(row.text, row.text_language),
                arabic=Words(row.text_ar, "ar") if row.text_ar else None,
                text_change=change,
            )
        )
        before = row
    return found[::-1]


def _texts(row) -> tuple[str, str]:
    return row.text, row.text_ar


def _text_change(old, new) -> list[tuple[str, str, str]]:
    """The differences of both texts, cut into words: language, what happened, which words."""
    cut = []
    for name, lang in (("text", new.text_language), ("text_ar", "ar")):
        if getattr(old, name) != getattr(new, name):
            cut.append((lang, word_changes(getattr(old, name), getattr(new, name))))
    return cut


def word_changes(old: str, new: str) -> list[tuple[str, str]]:
    """A text with what left it and what came, whole words at a time: ``del``, ``ins`` or ``""``."""
    before, after = (re.findall(r"\s+|\S+", text) for text in (old, new))
    changes = []
    for kind, start, end, start_new, end_new in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            changes.append(("", "".join(before[start:end])))
            continue
        changes += [("del", "".join(before[start:end])), ("ins", "".join(after[start_new:end_new]))]
    return [(kind, words) for kind, words in changes if words]
