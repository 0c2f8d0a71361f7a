"""Applies a plan as it was shown, and takes it back: one transaction, all or nothing."""

import json
from collections.abc import Callable, Iterable

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..choices import ImportState, Origin
from ..deadline import lifted
from ..models import DataVersion, GoalAssignment, ImportRun, Recommendation, Theme, ThemeAssignment
from ..models.history import REASON_LENGTH, recorded_as
from ..permissions import may_publish
from ..search import indexing
from . import reading
from .plan import Plan, make, themes_created
from .rules import WORDS
from .targets import PLACES, key_name, records, targets

# How long an import waits for another one; less than the server waits for an answer.
PATIENCE = "50s"
# Rows that an import itself makes with a recommendation.
_OWN_ROWS = {GoalAssignment, ThemeAssignment}

Progress = Callable[[Iterable], Iterable]


class Refused(Exception):
    """Nothing was written; the message says why and what to do."""


def planned(run: ImportRun, progress: Progress = iter) -> Plan:
    """Make the plan of a run and remember it with the version of the data that it was made from.

    Raises:
        Unreadable: where the file cannot be read.
    """
    user = run.created_by
    run.data_version = DataVersion.current() or ""
    choices = run.choices
    table = reading.read(
        run.file_name,
        bytes(run.content),
        encoding=choices.get("encoding", ""),
        sheet=choices.get("sheet", ""),
    )
    plan = make(
        run.place,
        table,
        choices,
        may_publish=user is None or may_publish(user),
        may_create_themes=user is None or user.has_perm("recommendations.add_theme"),
        progress=progress,
    )
    run.plan, run.digest = plan.as_json(), plan.digest
    run.choices = choices | {"sheets": table.sheets, "sheet": table.sheet}
    return plan


def apply(run: ImportRun, digest: str, progress: Progress = iter, reason: str = "") -> bool:
    """Apply what was shown.

    Args:
        run: the import; its fields are those of the database afterwards.
        digest: of the plan that the person saw.
        progress: wraps the entries, to show how far it is.
        reason: why, for the history; words that readers see change with a reason only.

    Returns:
        Whether it was applied. If not, the data changed meanwhile and so did the plan: the run
        now holds the new one, to be shown.

    Raises:
        Refused: where it was applied before, or cannot be.
    """
    try:
        with transaction.atomic(), lifted():
            return _applied(run, digest, progress, reason.strip())
    except (DataError, IntegrityError) as problem:
        reason = _("The database refuses a value, and nothing was imported: %s")
        raise Refused(reason % str(problem).splitlines()[0]) from problem


def _applied(run: ImportRun, digest: str, progress: Progress, reason: str) -> bool:
    _lock(run)
    if run.state != ImportState.PREVIEWED:
        raise Refused(_("This import was applied already. Nothing was changed again."))
    if run.digest != digest:
        raise Refused(_("Another preview was made since. Look at it first, then confirm."))
    plan = Plan.from_json(run.plan)
    if (DataVersion.current() or "") != run.data_version:
        plan = planned(run)
        if plan.digest != digest or not plan.is_applicable:
            run.save()
            return False
    if not plan.is_applicable:
        raise Refused(_("The file has problems, or changes nothing. Nothing was changed."))
    if not reason and _corrects_readers(run, plan):
        raise Refused(_("The file corrects words that readers see. Say why, then confirm."))
    reason = (reason or _("Import of %s") % run.file_name)[:REASON_LENGTH]
    with indexing.remade_at_end(), recorded_as(Origin.IMPORT, reason, user=run.created_by):
        _write(run, plan, progress)
    run.state, run.applied_at, run.content = ImportState.APPLIED, timezone.now(), b""
    run.save()
    return True


def undo(run: ImportRun) -> None:
    """Take an import back: old values return, and what it created goes.

    Raises:
        Refused: where somebody edited or used what it wrote; names what and where.
    """
    try:
        with transaction.atomic(), lifted():
            _lock(run)
            if run.state != ImportState.APPLIED:
                raise Refused(_("This import is not applied, or was taken back already."))
            plan = Plan.from_json(run.plan)
            reason = _("Import of %s taken back") % run.file_name
            with indexing.remade_at_end(), recorded_as(Origin.IMPORT, reason[:REASON_LENGTH]):
                _take_back(run, plan)
            run.state, run.undone_at = ImportState.UNDONE, timezone.now()
            run.save()
    except ProtectedError as problem:
        names = ", ".join(sorted({str(each) for each in problem.protected_objects})[:5])
        raise Refused(
            _("Not taken back: %s still lean on what the import created.") % names
        ) from problem


def _lock(run: ImportRun) -> None:
    """Wait for every other writer, then read the run as it now is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
    DataVersion.objects.select_for_update().first()
    stored = ImportRun.objects.select_for_update().get(pk=run.pk)
    for each in ImportRun._meta.concrete_fields:
        setattr(run, each.attname, getattr(stored, each.attname))


def _corrects_readers(run: ImportRun, plan: Plan) -> bool:
    """Whether a plan changes the words of published recommendations."""
    keys = [entry.key for entry in plan.changed if WORDS & entry.values.keys()]
    published = PLACES[run.place].objects.published()
    return PLACES[run.place] is Recommendation and published.filter(reference__in=keys).exists()


def _write(run: ImportRun, plan: Plan, progress: Progress) -> None:
    model = PLACES[run.place]
    columns = targets(model)
    themes = themes_created(plan)
    for theme in themes:
        theme.save()
    _log(run, themes, ADDITION, [{"added": {}}])
    lookups = _lookups(plan, columns, new=True)
    known = records(model, {entry.key for entry in plan.changed})
    added, changed = [], []
    for entry in progress(plan.entries):
        record = known[entry.key] if entry.pk else model(**{key_name(model): entry.key})
        record.version += 1 if entry.pk else 0
        _set(record, columns, {name: new for name, (_old, new) in entry.values.items()}, lookups)
        (changed if entry.pk else added).append((record, entry))
        entry.pk = record.pk
    _log(run, [record for record, _entry in added], ADDITION, [{"added": {}}])
    for record, entry in changed:
        _log(run, [record], CHANGE, _message(columns, entry))
    plan.added = [entry.key for _record, entry in added]
    run.plan = plan.as_json()


def _lookups(plan: Plan, columns: dict, *, new: bool) -> dict[str, dict[str, int]]:
    """Primary keys of everything that the values to be written name, by column."""
    return {
        name: target.lookup(
            [
                entry.values[name][new]
                for entry in plan.entries
                if entry.values.get(name, ["", ""])[new]
            ]
        )
        for name, target in columns.items()
    }


def _set(record, columns: dict, values: dict, lookups: dict[str, dict[str, int]]) -> None:
    for name, value in values.items():
        columns[name].write(record, value, lookups[name])
    record.save()
    for name, value in values.items():
        columns[name].relate(record, value, lookups[name])


def _message(columns: dict, entry) -> list[dict]:
    return [{"changed": {"fields": [columns[name].label for name in entry.values]}}]


def _log(run: ImportRun, records: list, action: int, message: list[dict]) -> None:
    """An entry in the history of each record, where a person is known."""
    if run.created_by_id and records:
        LogEntry.objects.log_actions(run.created_by_id, records, action, json.dumps(message))


def _take_back(run: ImportRun, plan: Plan) -> None:
    model = PLACES[run.place]
    columns = targets(model)
    known = records(model, {entry.key for entry in plan.entries})
    themes = list(Theme.objects.filter(slug__in=plan.created))
    before = _lookups(plan, columns, new=False)
    _refuse_edited(plan, known, columns, themes, before)
    for entry in plan.entries:
        record = known[entry.key]
        if entry.key in plan.added:
            _log(run, [record], DELETION, [{"deleted": {}}])
            record.delete()
        else:
            record.version += 1
            old_values = {name: old for name, (old, _new) in entry.values.items()}
            _set(record, columns, old_values, before)
            _log(run, [record], CHANGE, _message(columns, entry))
    for theme in themes:
        theme.delete()


def _refuse_edited(plan: Plan, known: dict, columns: dict, themes: list, before: dict) -> None:
    """Refuse to take back what somebody edited, used or deleted since.

    Raises:
        Refused: naming it.
    """
    after = _lookups(plan, columns, new=True)
    added = set(plan.added)
    found = [
        text
        for entry in plan.entries
        for text in _edits(entry, known.get(entry.key), columns, after, entry.key in added)
    ]
    found += [
        _("%s was deleted") % word
        for entry in plan.entries
        for name, (old, _new) in entry.values.items()
        if columns[name].is_relation
        for word in (old if isinstance(old, list) else [old])
        if word and word not in before[name]
    ]
    found += [str(theme) for theme in themes if theme.version != 1]
    found += _used([known[key] for key in added & known.keys()], PLACES[plan.place])
    if found:
        shown = "; ".join(found[:10]) + (" …" if len(found) > 10 else "")
        raise Refused(_("Not taken back, for this was edited or used since: %s.") % shown)


def _edits(entry, record, columns: dict, after: dict, is_added: bool) -> list[str]:
    """What somebody changed since in the fields that the import wrote."""
    if record is None:
        return [_("%s was deleted") % entry.key]
    fields = [
        f"{entry.key}: {columns[name].label}"
        for name, (_old, new) in entry.values.items()
        if columns[name].present(record) != new
    ]
    if is_added and not fields and record.version != 1:
        fields = _additions(entry, record, columns, after)
    return fields


def _additions(entry, record, columns: dict, after: dict) -> list[str]:
    """Whatever a record that an import created holds beyond what that wrote."""
    model = type(record)
    fresh = model(**{key_name(model): entry.key})
    for name, (_old, new) in entry.values.items():
        columns[name].write(fresh, new, after[name])
    own = {"id"} | ({"position"} - entry.values.keys())
    fields = [each for each in model._meta.concrete_fields if each.editable]
    names = [
        each.verbose_name
        for each in fields
        if each.name not in own and getattr(record, each.attname) != getattr(fresh, each.attname)
    ]
    names += [
        target.label
        for name, target in columns.items()
        if target.is_list and name not in entry.values and target.present(record)
    ]
    return [f"{entry.key}: {name}" for name in names]


def _used(created: list, model) -> list[str]:
    """Records that lean on those that the import created."""
    if not created:
        return []
    found = []
    for relation in model._meta.related_objects:
        if model is Recommendation and relation.related_model in _OWN_ROWS:
            continue
        name = relation.field.name
        rows = relation.related_model._default_manager.filter(**{f"{name}__in": created})
        found += [str(row) for row in rows.distinct()[:5]]
    return found
