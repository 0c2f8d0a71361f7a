"""Whether the records that a file makes may exist: the rules of the models, told row by row."""

import copy
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from ..choices import Kind, State
from ..models import Recommendation, group_problems
from .targets import Target, blank, key_columns, key_name

# What a publisher approved is not changed by others.
WORDS = {"text", "text_language", "text_ar", "text_ar_origin", "locator", "difference_reason"}
OPEN = {State.DRAFT, State.IN_REVIEW}

Report = Callable[[int, str, str], None]


class Rules:
    """The rules for one file.

    Args:
        model: whose records they are.
        targets: its columns.
        may_publish: whether the person decides what the public sees.
        problem: told the row, the column and what to do.
    """

    def __init__(self, model, targets: dict[str, Target], may_publish: bool, problem: Report):
        self.model, self.targets, self.may_publish, self.problem = (
            model,
            targets,
            may_publish,
            problem,
        )
        self.checks = [
            each for each in model._meta.constraints if isinstance(each, models.CheckConstraint)
        ]
        unique = {each.name for each in model._meta.concrete_fields if each.unique}
        self.unique = {name: {} for name in unique & targets.keys() - {key_name(model)}}
        self.together = [
            each
            for each in model._meta.constraints
            if isinstance(each, models.UniqueConstraint)
            and not set(each.fields) <= set(key_columns(model))
        ]
        self.taken: dict[tuple, str] = {}  # by whom values are held that stand together once
        # rows that are numbered, with what must be theirs alone
        self.numbers: dict[int, tuple] = {}

    def check(self, entry, record, lookups: dict[str, dict[str, int]]) -> None:
        """Check one record as it would be."""
        candidate = copy.copy(record) if record else blank(self.model, entry.key)
        for name, (_old, new) in entry.values.items():
            self.targets[name].write(candidate, new, lookups[name])
        self._check_words(entry, record)
        self._check_model(entry, candidate)
        for name, rows in self.unique.items():
            if name in entry.values:
                rows.setdefault(entry.values[name][1], []).append(entry)
        if self.model is Recommendation:
            self._check_groups(entry, record, candidate, lookups)

    def _check_words(self, entry, record) -> None:
        if record is None or record.state in OPEN or self.may_publish:
            return
        if self.model is Recommendation:
            for name in sorted(WORDS & entry.values.keys()):
                self.problem(
                    entry.row,
                    name,
                    _(
                        "The words of a published record are changed by publishers only. "
                        "Empty the cell."
                    ),
                )

    def has_all(self, entry, given) -> bool:
        """Whether a new record has what it cannot do without, right or wrong."""
        lacking = [
            name
            for name, target in self.targets.items()
            if target.is_required
            and name not in given
            and name != key_name(self.model)
            and not (self.model is Recommendation and name == "position")
        ]
        for name in lacking:
            self.problem(entry.row, name, _("A new record needs this. Fill in the cell."))
        return not lacking

    def _check_model(self, entry, candidate) -> None:
        found: list[tuple[str, str]] = []
        try:
            candidate.clean()
        except ValidationError as problem:
            details = getattr(problem, "error_dict", None)
            for name, errors in (
                problem.message_dict if details else {"": problem.messages}
            ).items():
                found += [(name, message) for message in errors]
        for constraint in self.checks:
            try:
                constraint.validate(self.model, candidate)
            except ValidationError as problem:
                found += [(self._column_of(constraint), message) for message in problem.messages]
        for constraint in self.together:
            if entry.values.keys() & set(constraint.fields):
                found += self._rivals(entry, constraint, candidate)
        for column, message in found:
            self.problem(entry.row, column, message)

    def _rivals(self, entry, constraint, candidate) -> list[tuple[str, str]]:
        """What is wrong where another record, or another row, holds values that stand once."""
        fields = [self.model._meta.get_field(name).attname for name in constraint.fields]
        place = (constraint.name, *(getattr(candidate, name) for name in fields))
        is_taken = None not in place and self.taken.setdefault(place, entry.key) != entry.key
        try:
            constraint.validate(self.model, candidate)
        except ValidationError:
            is_taken = True
        name = constraint.fields[-1]
        return [(name, str(constraint.violation_error_message))] if is_taken else []

    def _column_of(self, constraint) -> str:
        return next((name for name in _paths(constraint.condition) if name in self.targets), "")

    def _check_groups(self, entry, record, candidate, lookups) -> None:
        groups = entry.values.get("working_group", [None, None])[1]
        if groups is None:
            groups = self.targets["working_group"].present(record) if record else []
        touched = {"kind", "working_group", "number", "meeting"} & entry.values.keys()
        if record is None or touched:
            if candidate.kind != Kind.NUMBERED or not groups:
                for message in group_problems(candidate, groups):
                    self.problem(entry.row, "working_group", message)
            elif candidate.kind == Kind.NUMBERED:
                self.numbers[entry.row] = (entry, candidate.meeting_id, candidate.number, groups)
        if record is not None and record.state == State.PUBLISHED:
            for name, message in publication_problems(candidate):
                if name in entry.values:
                    self.problem(entry.row, name, message)

    def finish(self) -> None:
        """Check what only all rows together show: values that must be one record's alone."""
        for name, rows in self.unique.items():
            self._finish_unique(name, rows)
        if self.numbers:
            self._finish_numbers()

    def _finish_unique(self, name: str, rows: dict[str, list]) -> None:
        changed = {entry.pk for entries in rows.values() for entry in entries}
        taken = self.model.objects.filter(**{f"{name}__in": list(rows)})
        others = {
            str(value): key
            for pk, value, key in taken.values_list("pk", name, key_name(self.model))
            if pk not in changed
        }
        for value, entries in rows.items():
            holder = others.get(value) or entries[0].key
            for entry in entries if value in others else entries[1:]:
                self.problem(
                    entry.row,
                    name,
                    _("“%(value)s” belongs to %(holder)s already. Write another.")
                    % {"value": value, "holder": holder},
                )

    def _finish_numbers(self) -> None:
        changed = {entry.pk for entry, *_place in self.numbers.values()}
        wanted = {number for _entry, _meeting, number, _groups in self.numbers.values()}
        rows = Recommendation.objects.filter(kind=Kind.NUMBERED, number__in=wanted).values_list(
            "pk", "meeting_id", "number", "working_groups__slug", "reference"
        )
        taken = {tuple(place): reference for pk, *place, reference in rows if pk not in changed}
        for entry, meeting, number, groups in self.numbers.values():
            for group in groups:
                holder = taken.setdefault((meeting, number, group), entry.key)
                if holder != entry.key:
                    self.problem(
                        entry.row,
                        "number",
                        _("%(reference)s already has this number in this group and meeting.")
                        % {"reference": holder},
                    )


def _paths(condition) -> list[str]:
    """The fields that a condition names, in its order."""
    found = []
    for child in condition.children:
        found += [child[0].partition("__")[0]] if isinstance(child, tuple) else _paths(child)
    return found


def publication_problems(candidate):
    """The columns of a recommendation that keep it from the public, each with what to do."""
    if not candidate.passage_id:
        yield "locator", _("Publishing needs the passage that the text was copied from.")
    elif not candidate.is_verified and not candidate.difference_reason:
        message = _("The text does not stand in its passage, character by character.")
        yield from [("text", message), ("locator", message)]
