"""Applies a plan as it was shown: one transaction, all or nothing."""

import json
from collections.abc import Callable, Iterable

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..choices import ImportState, Origin
from ..deadline import lifted
from ..models import DataVersion, ImportRun, Recommendation
from ..models.history import REASON_LENGTH, recorded_as
from ..permissions import may_publish
from ..search import indexing
from . import reading
from .plan import Plan, make, themes_created
from .questions import HEADINGS
from .rules import WORDS
from .targets import PLACES, blank, records, targets

# How long an import waits for another one; less than the server waits for an answer.
PATIENCE = "50s"
# What a person chooses on screen.
SETTLED = (HEADINGS, "values", "constants", "prefix")

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
    choices = dict(run.choices)
    table = reading.read(
        run.file_name,
        bytes(run.content),
        encoding=choices.get("encoding", ""),
        sheet=choices.get("sheet", ""),
    )
    choices |= {"columns": table.headings[:]} | _settled_before(run, table.headings)
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


def _settled_before(run: ImportRun, headings: list[str]) -> dict:
    """What a person settled for this file before they corrected it, and never confirmed."""
    if run.pk or not run.created_by:
        return {}
    waiting = ImportRun.objects.filter(
        place=run.place, created_by=run.created_by, state=ImportState.PREVIEWED
    )
    earlier = waiting.defer("plan", "content").order_by("-pk").first()
    if earlier is None or earlier.choices.get("columns") != headings:
        return {}
    found = {name: earlier.choices[name] for name in SETTLED if earlier.choices.get(name)}
    return found | {"earlier": earlier.file_name} if found else {}


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
    lock(run)
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
    if _corrects_readers(run, plan):
        if run.created_by and not may_publish(run.created_by):
            raise Refused(_("The file corrects words that readers see: a publisher imports it."))
        if not reason:
            raise Refused(_("The file corrects words that readers see. Say why, then confirm."))
    reason = (reason or _("Import of %s") % run.file_name)[:REASON_LENGTH]
    recorded = recorded_as(Origin.IMPORT, reason, user=run.created_by, at_end=True)
    with indexing.remade_at_end(), recorded:
        _write(run, plan, progress)
    run.state, run.applied_at, run.content = ImportState.APPLIED, timezone.now(), b""
    run.save()
    return True


def lock(run: ImportRun) -> None:
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
    log(run.created_by, themes, ADDITION, [{"added": {}}])
    keys = lookups(plan, columns, new=True)
    known = records(model, {entry.key for entry in plan.changed})
    added, changed = [], []
    for entry in progress(plan.entries):
        record = known[entry.key] if entry.pk else blank(model, entry.key)
        set_values(record, columns, {name: new for name, (_old, new) in entry.values.items()}, keys)
        (changed if entry.pk else added).append((record, entry))
        entry.pk = record.pk
    log(run.created_by, [record for record, _entry in added], ADDITION, [{"added": {}}])
    for record, entry in changed:
        log(run.created_by, [record], CHANGE, message(columns, entry))
    plan.added = [entry.key for _record, entry in added]
    run.plan = plan.as_json()


def lookups(plan: Plan, columns: dict, *, new: bool) -> dict[str, dict[str, int]]:
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


def set_values(record, columns: dict, values: dict, lookups: dict[str, dict[str, int]]) -> None:
    """Write values, by column, as the next version of a record."""
    if record.pk and hasattr(record, "version"):
        record.version += 1
    for name, value in values.items():
        columns[name].write(record, value, lookups[name])
    record.save()
    for name, value in values.items():
        columns[name].relate(record, value, lookups[name])


def message(columns: dict, entry) -> list[dict]:
    return [{"changed": {"fields": [columns[name].label for name in entry.values]}}]


def log(user, records: list, action: int, message: list[dict]) -> None:
    """An entry in the log of each record, where a person is known."""
    if user and records:
        LogEntry.objects.log_actions(user.pk, records, action, json.dumps(message))
