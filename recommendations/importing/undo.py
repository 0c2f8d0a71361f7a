"""Takes an import back: what was never public goes, what was is withdrawn, old values return."""

from dataclasses import dataclass, field

from django.contrib.admin.models import CHANGE, DELETION
from django.db import transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..choices import ImportState, Origin, State
from ..deadline import lifted
from ..models import GoalAssignment, ImportRun, Recommendation, Theme, ThemeAssignment
from ..models.base import PublishedModel
from ..models.history import REASON_LENGTH, recorded_as
from ..permissions import may_publish
from ..search import indexing
from .apply import Refused, lock, log, lookups, message, set_values
from .plan import Entry, Plan
from .rules import OPEN, WORDS, publication_problems
from .targets import PLACES, blank, records, targets

# Rows that an import itself makes with a recommendation.
_OWN_ROWS = {GoalAssignment, ThemeAssignment}
_MOVED = [{"changed": {"fields": ["publication state"]}}]


@dataclass
class Outlook:
    """What taking an import back does.

    Attributes:
        deleted: keys of the records that it created and that never were public.
        withdrawn: keys of those that are or were public: their addresses answer 410 then.
        restored: keys of the records that get their old values back.
        is_for_publishers: whether it undoes what went to review or to the public since.
    """

    deleted: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    is_for_publishers: bool = False

    @classmethod
    def of(cls, plan: Plan) -> "Outlook":
        """What it does to the records as they are now."""
        model, added = PLACES[plan.place], set(plan.added)
        known = records(model, {entry.key for entry in plan.entries})
        public = _public(model, [known[key].pk for key in added & known.keys()])
        found = cls(restored=[entry.key for entry in plan.entries if entry.key not in added])
        for key in plan.added:
            is_public = key in known and known[key].pk in public
            (found.withdrawn if is_public else found.deleted).append(key)
        themes = Theme.objects.filter(slug__in=plan.created).exclude(state=State.DRAFT)
        found.is_for_publishers = themes.exists() or any(
            _is_for_publishers(entry, known[entry.key], entry.key in added)
            for entry in plan.entries
            if entry.key in known
        )
        return found


def _public(model, keys: list[int]) -> set[int]:
    """Those of these records that the public sees or once saw."""
    if not issubclass(model, PublishedModel):
        return set()
    rows = model.history.filter(id__in=keys, state=State.PUBLISHED)
    return set(rows.values_list("id", flat=True))


def _is_for_publishers(entry: Entry, record, is_added: bool) -> bool:
    if not isinstance(record, PublishedModel):
        return False
    if is_added:
        return record.state != State.DRAFT
    is_worded = isinstance(record, Recommendation) and WORDS & entry.values.keys()
    return bool(is_worded) and record.state not in OPEN


def undo(run: ImportRun, user=None) -> Outlook:
    """Take an import back, as ``Outlook`` says.

    Args:
        run: the import.
        user: who does it; None is a command, which may do all.

    Raises:
        Refused: where somebody edited or used what it wrote, which is named; or where the user
            may not undo what went to review or to the public since.
    """
    try:
        with transaction.atomic(), lifted():
            lock(run)
            if run.state != ImportState.APPLIED:
                raise Refused(_("This import is not applied, or was taken back already."))
            plan = Plan.from_json(run.plan)
            outlook = Outlook.of(plan)
            if outlook.is_for_publishers and user and not may_publish(user):
                raise Refused(
                    _(
                        "Not taken back: records of this import were submitted or published "
                        "since. A publisher has to take it back."
                    )
                )
            reason = (_("Import of %s taken back") % run.file_name)[:REASON_LENGTH]
            recorded = recorded_as(Origin.IMPORT, reason, user=user, at_end=True)
            with indexing.remade_at_end(), recorded:
                _take_back(plan, outlook, user, reason)
            run.state, run.undone_at = ImportState.UNDONE, timezone.now()
            run.plan |= {"withdrawn": outlook.withdrawn}
            run.save()
            return outlook
    except ProtectedError as problem:
        names = ", ".join(sorted({str(each) for each in problem.protected_objects})[:5])
        raise Refused(
            _("Not taken back: %s still lean on what the import created.") % names
        ) from problem


def _take_back(plan: Plan, outlook: Outlook, user, reason: str) -> None:
    model = PLACES[plan.place]
    columns = targets(model)
    known = records(model, {entry.key for entry in plan.entries})
    themes = list(Theme.objects.filter(slug__in=plan.created))
    before = lookups(plan, columns, new=False)
    _refuse_edited(plan, known, columns, themes, before)
    restored, withdrawn = set(outlook.restored), set(outlook.withdrawn)
    for entry in plan.entries:
        record = known[entry.key]
        if entry.key in restored:
            old_values = {name: old for name, (old, _new) in entry.values.items()}
            set_values(record, columns, old_values, before)
            _refuse_unfit(entry, record)
            log(user, [record], CHANGE, message(columns, entry))
        elif entry.key in withdrawn:
            _withdraw(record, user, reason)
        else:
            log(user, [record], DELETION, [{"deleted": {}}])
            record.delete()
    public = _public(Theme, [theme.pk for theme in themes])
    for theme in themes:
        if theme.pk in public:
            _withdraw(theme, user, reason)
        elif not theme.assignments.filter(recommendation__state=State.WITHDRAWN).exists():
            theme.delete()


def _withdraw(record, user, reason: str) -> None:
    if record.state == State.WITHDRAWN:
        return
    record.move(State.WITHDRAWN, user, reason)
    record.version += 1
    record.save()
    log(user, [record], CHANGE, _MOVED)


def _refuse_unfit(entry: Entry, record) -> None:
    """Refuse to leave a published record with old values that could not be published.

    Raises:
        Refused: naming them.
    """
    if not isinstance(record, Recommendation) or not record.is_published:
        return
    found = [text for name, text in publication_problems(record) if name in entry.values]
    if found:
        raise Refused(
            _("Not taken back, for %(key)s was published since: %(problem)s Withdraw it first.")
            % {"key": entry.key, "problem": found[0]}
        )


def _refuse_edited(plan: Plan, known: dict, columns: dict, themes: list, before: dict) -> None:
    """Refuse to take back what somebody edited, used or deleted since; submitting is no edit.

    Raises:
        Refused: naming it.
    """
    after = lookups(plan, columns, new=True)
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
    for theme in themes:
        entry = Entry(0, theme.slug, theme.pk, {"name_en": ["", plan.created[theme.slug]]})
        found += _edits(entry, theme, targets(Theme), {"name_en": {}}, is_added=True)
    found += _used([known[key] for key in added & known.keys()], PLACES[plan.place])
    others = ThemeAssignment.objects.filter(theme__in=themes)
    found += map(str, others.exclude(recommendation__in=list(known.values()))[:5] if themes else ())
    if found:
        shown = "; ".join(found[:10]) + (" …" if len(found) > 10 else "")
        raise Refused(_("Not taken back, for this was edited or used since: %s.") % shown)


def _edits(entry: Entry, record, columns: dict, after: dict, is_added: bool) -> list[str]:
    """What somebody changed since in the fields that the import wrote."""
    if record is None:
        return [_("%s was deleted") % entry.key]
    fields = [
        f"{entry.key}: {columns[name].label}"
        for name, (_old, new) in entry.values.items()
        if columns[name].present(record) != new
    ]
    if is_added and not fields and getattr(record, "version", 0) != 1:
        fields = _additions(entry, record, columns, after)
    return fields


def _additions(entry: Entry, record, columns: dict, after: dict) -> list[str]:
    """Whatever a record that an import created holds beyond what that wrote."""
    fresh = blank(type(record), entry.key)
    for name, (_old, new) in entry.values.items():
        columns[name].write(fresh, new, after[name])
    own = {"id", "state"} | ({"position"} - entry.values.keys())
    fields = [each for each in record._meta.concrete_fields if each.editable]
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
