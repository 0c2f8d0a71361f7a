"""Every version of every record: what it said, by whom, when, why and from where it came.

A *change* is what one form, one import or one command writes. All it does to a record is one row of
that record's history, however often it saves, and all its rows have one moment and one number.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import connections, models
from django.db.models.signals import pre_save
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords, to_historic

from ..choices import Origin

BATCH = 1000
REASON_LENGTH = 300
# What saving sets anew though nothing changed.
_SET_BY_SAVING = {"updated_at"}


@dataclass
class Change:
    """What is being written now.

    Attributes:
        user: who writes; None for whoever asks through the site, if anybody does.
        rows: the row of history of each record that the change has touched.
        due: model and key of each record whose version is written at the end.
    """

    origin: str
    reason: str = ""
    user: models.Model | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    moment: datetime = field(default_factory=timezone.now)
    rows: dict = field(default_factory=dict)
    due: set | None = None


_current: ContextVar[Change | None] = ContextVar("current_change", default=None)
_is_paused = ContextVar("is_history_paused", default=False)


@contextmanager
def recorded_as(
    origin: Origin, reason: str = "", *, user=None, at_end: bool = False
) -> Iterator[Change]:
    """One version of each record for all that is written within; the outermost one counts.

    Args:
        user: who writes, where it is not whoever asks through the site.
        at_end: whether versions are written at the end only, which is cheaper for many records.
    """
    if outer := _current.get():
        yield outer
        return
    change = Change(origin, reason, user, due=set() if at_end else None)
    token = _current.set(change)
    try:
        yield change
        _write_due(change)
    finally:
        _current.reset(token)


def _write_due(change: Change) -> None:
    keys = defaultdict(list)
    for model, key in sorted(change.due or (), key=lambda each: each[1]):
        keys[model].append(key)
    for model, due in keys.items():
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH]
            catch_up(model, change.reason, lambda row: change.moment, keys=batch, user=change.user)


def _change_id() -> uuid.UUID:
    current = _current.get()
    return current.id if current else uuid.uuid4()


def _origin() -> str:
    """A form where somebody asks through the site, else a command."""
    if current := _current.get():
        return current.origin
    return Origin.FORM if hasattr(HistoricalRecords.context, "request") else Origin.COMMAND


class HistoryRow(models.Model):
    """What every row of history says beside the values of its record."""

    change = models.UUIDField(_("change"), default=_change_id, db_index=True, editable=False)
    origin = models.CharField(
        _("origin of the change"),
        max_length=8,
        choices=Origin.choices,
        default=_origin,
        editable=False,
    )

    class Meta:
        abstract = True


class Recorded(HistoricalRecords):
    """History of a model and all its children, plain many-to-many fields included."""

    def __init__(self):
        super().__init__(
            inherit=True,
            bases=[HistoryRow],
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.CharField(
                max_length=REASON_LENGTH, blank=True, default=""
            ),
        )

    def finalize(self, sender, **kwargs):
        super().finalize(sender, **kwargs)
        if issubclass(sender, self.cls):
            pre_save.connect(self._keep_first, sender=sender, weak=False)

    def get_m2m_fields_from_model(self, model):
        throughs = [(each, each.remote_field.through) for each in model._meta.local_many_to_many]
        return [
            each
            for each, through in throughs
            if getattr(through, "_meta", None) and through._meta.auto_created
        ]

    def _keep_first(self, instance, raw=False, **kwargs):
        """Record what stands in the database where nothing of it was ever recorded."""
        if raw or instance._state.adding or _is_paused.get() or instance.history.exists():
            return
        stored = type(instance)._base_manager.filter(pk=instance.pk).first()
        if stored:
            current = _current.get()
            before = (current.moment if current else timezone.now()) - timedelta.resolution
            moment = min(getattr(stored, "updated_at", before), before)
            self._write(
                stored,
                history_type="+",
                history_date=moment,
                origin=Origin.COMMAND,
                change=uuid.uuid4(),
            )

    def create_historical_record(self, instance, history_type, using=None):
        if _is_paused.get():
            return
        current, key = _current.get(), (type(instance), instance.pk)
        if current and current.due is not None:
            if history_type != "-":
                current.due.add(key)
                return
            current.due.discard(key)
        row = current.rows.get(key) if current else None
        if history_type == "~" and not row and self._is_as_recorded(instance):
            return
        user = (current and current.user) or self.get_history_user(instance)
        reason = getattr(instance, "_change_reason", None) or (current.reason if current else "")
        values = {"history_user": user, "history_change_reason": reason}
        if current is None:
            self._write(instance, history_type=history_type, history_date=timezone.now(), **values)
            return
        if row and history_type == "~":
            history_type = row.history_type.replace("-", "~")
        current.rows[key] = self._write(
            instance, row, history_type=history_type, history_date=current.moment, **values
        )

    def _is_as_recorded(self, instance) -> bool:
        """Whether a record and its relations are what their last version says."""
        last = instance.history.first()
        if last is None or last.history_type == "-":
            return False
        names = {each.attname for each in last.tracked_fields} - _SET_BY_SAVING
        if any(getattr(last, name) != getattr(instance, name) for name in names):
            return False
        return all(
            set(getattr(last, each.name).values_list(each.m2m_reverse_name(), flat=True))
            == set(_keys_now(instance, each))
            for each in last._history_m2m_fields
        )

    def _write(self, instance, row=None, **values):
        """Write the values of a record as a row of history, over the one given."""
        row = row or instance.history.model()
        for each in row.tracked_fields:
            values[each.attname] = getattr(instance, each.attname)
        for name, value in values.items():
            setattr(row, name, value)
        if row.pk:
            for each in row._history_m2m_fields:
                self.m2m_models[each].objects.filter(history=row).delete()
        row.save()
        self.create_historical_record_m2ms(row, instance)
        return row

    def m2m_changed(self, instance, action, attr, pk_set, reverse, model, **kwargs):
        """Record a change of relations with the record that has the field, whoever changed it."""
        if reverse and action == "pre_clear":
            found = model._base_manager.filter(**{attr: instance.pk})
            instance._cleared = set(found.values_list("pk", flat=True))
        if not action.startswith("post_"):
            return
        keys, owner = {instance.pk}, type(instance)
        if reverse:
            keys = pk_set if pk_set is not None else instance.__dict__.pop("_cleared", ())
            owner = model
        current = _current.get()
        if current and current.due is not None:
            current.due.update((owner, key) for key in keys)
            return
        # As stored: what an object in memory says beside its relations may never be saved.
        for each in owner._base_manager.filter(pk__in=keys):
            self.create_historical_record(each, "~")


def is_history(model: type[models.Model]) -> bool:
    """Whether a model holds versions of another, or the relations of such versions."""
    return hasattr(model, "instance_type")


@contextmanager
def caught_up_at_end(models: Iterable[type[models.Model]], reason: str):
    """Record no single write within; at the end, one version of each row that is another."""
    token = _is_paused.set(True)
    try:
        yield
    finally:
        _is_paused.reset(token)
    with recorded_as(Origin.COMMAND, reason) as current:
        for model in models:
            catch_up(model, current.reason, lambda row: current.moment)


def begin(app_config, using: str, **kwargs) -> None:
    """Record what stands in tables that have no history yet, after the migration that adds it."""
    tables = set(connections[using].introspection.table_names())
    for model in app_config.get_models():
        if is_history(model) or not hasattr(model, "history"):
            continue
        if model.history.model._meta.db_table in tables and not model.history.exists():
            catch_up(model, "", lambda row: row.get("updated_at") or timezone.now())


def catch_up(model: type[models.Model], reason: str, moment, *, keys=None, user=None) -> int:
    """Write a version of each row whose last version says something else.

    Args:
        moment: gives the moment of a version from the values of its row.
        keys: of the rows to look at, at most ``BATCH``; all by default.
        user: who wrote them.

    Returns:
        The number of versions written.
    """
    history = model.history.model
    names = [each.attname for each in history.tracked_fields]
    fields = history._history_m2m_fields
    present, past = model._base_manager.order_by("pk"), model.history.all()
    if keys is not None:
        present, past = present.filter(pk__in=keys), past.filter(id__in=keys)
    oldest_first = past.order_by("history_date", "history_id")
    last = {row["id"]: row for row in oldest_first.values("history_id", "history_type", *names)}
    versions = None if keys is None else [row["history_id"] for row in last.values()]
    then = {
        each: _targets(Recorded.m2m_models[each], each, "history_id", versions) for each in fields
    }
    now = {
        each: _targets(each.remote_field.through, each, each.m2m_column_name(), keys)
        for each in fields
    }
    rows = []
    for values in present.values(*names).iterator(BATCH):
        old = last.get(values["id"])
        is_same = (
            old
            and old["history_type"] != "-"
            and all(old[name] == values[name] for name in names if name not in _SET_BY_SAVING)
            and all(
                then[each][old["history_id"]].keys() == now[each][values["id"]].keys()
                for each in fields
            )
        )
        if not is_same:
            kind = "~" if old and old["history_type"] != "-" else "+"
            rows.append(
                history(
                    history_type=kind,
                    history_date=moment(values),
                    history_change_reason=reason,
                    history_user=user,
                    **values,
                )
            )
    history.objects.bulk_create(rows, batch_size=BATCH)
    for each in fields:
        through = Recorded.m2m_models[each]
        source, target = each.m2m_column_name(), each.m2m_reverse_name()
        through.objects.bulk_create(
            (
                through(history=row, id=link, **{source: row.id, target: key})
                for row in rows
                for key, link in sorted(now[each][row.id].items())
            ),
            batch_size=BATCH,
        )
    return len(rows)


def _keys_now(instance: models.Model, each: models.ManyToManyField):
    """The keys that a plain relation of a record leads to."""
    rows = each.remote_field.through.objects.filter(**{each.m2m_column_name(): instance.pk})
    return rows.values_list(each.m2m_reverse_name(), flat=True)


def _targets(
    through, each: models.ManyToManyField, source: str, keys=None
) -> dict[int, dict[int, int]]:
    """The keys that a relation leads to, with those of its rows, by the key of who has it."""
    found = defaultdict(dict)
    rows = (
        through.objects.all() if keys is None else through.objects.filter(**{f"{source}__in": keys})
    )
    for key, target, link in rows.values_list(source, each.m2m_reverse_name(), "id"):
        found[key][target] = link
    return found


def last_author(record: models.Model, names: Iterable[str]) -> int | None:
    """The key of the user who last changed one of these fields; None where it is not known."""
    names = list(names)
    rows = record.history.order_by("-history_date", "-history_id")
    rows = list(rows.values("history_user_id", *names))
    for row, before in pairwise([*rows, None]):
        if before is None or any(row[name] != before[name] for name in names):
            return row["history_user_id"]
    return None


def related_then(record: models.Model, name: str) -> list[models.Model]:
    """What a record of ``as_of`` led to at its moment, as it was then; unpublished included.

    Args:
        name: of any relation of its model, to one or to many, forwards or back.
    """
    moment, relation = to_historic(record)._as_of, record._meta.get_field(name)
    past = relation.related_model.history.as_of(moment)
    if relation.many_to_many:
        keys = linked_then(record, relation, moment)
        found = {each.pk: each for each in past.filter(id__in=keys)}
        return [found[key] for key in keys if key in found]
    if relation.concrete:
        return list(past.filter(id=getattr(record, relation.attname)))
    return sorted(past.filter(**{relation.field.attname: record.pk}), key=_place)


def linked_then(record: models.Model, relation, moment: datetime) -> list[int]:
    """The keys to which a relation to many led, in their order."""
    field = relation if relation.concrete else relation.field
    here, there = field.m2m_column_name(), field.m2m_reverse_name()
    if not relation.concrete:
        here, there = there, here
    through = field.remote_field.through
    if not through._meta.auto_created:
        rows = through.history.as_of(moment).filter(**{here: record.pk})
        return [getattr(each, there) for each in sorted(rows, key=_place)]
    # The link rows of a version are kept with the version of the record that has the field.
    versions = [to_historic(record).pk]
    if not relation.concrete:
        versions = field.model.history.as_of(moment).values("history_id")
    rows = Recorded.m2m_models[field].objects.filter(history__in=versions, **{here: record.pk})
    return list(rows.order_by("pk").values_list(there, flat=True))


def _place(row: models.Model) -> tuple[int, int]:
    return getattr(row, "position", 0), row.pk
