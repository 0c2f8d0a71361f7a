"""The first page: what waits for whom, what needs attention, what came in, what changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import CharField, Count, Exists, F, Max, Min, Model, OuterRef, Q, Value
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ..choices import ImportState, LabelOrigin, Origin, State
from ..models import ImportRun, Recommendation
from ..models.base import NamedModel, PublishedModel
from ..permissions import may_publish
from .base import RecordAdmin
from .filters import AttentionFilter, submitters

IMPORTS, CHANGES = 3, 10


@dataclass
class Number:
    """A list of records and how many rows it has."""

    records: str
    count: int
    url: str


@dataclass
class Task:
    """What waits to be done with the records of some models, and where there are any."""

    group: str
    label: str
    query: dict[str, str]
    models: type[Model]
    condition: Q
    numbers: list[Number] = field(default_factory=list)


@dataclass
class Deed:
    """A change: who wrote what, when and why. One record is named, several are counted."""

    moment: datetime
    user: str
    origin: str
    reason: str
    named: list[tuple[str, str, str]] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)


def tasks(user) -> Iterator[Task]:
    """All kinds of work; what a reader submitted is told apart from what waits for them."""
    (_own, mine), (_others, others) = submitters(user).values()
    waiting = _("Waiting for your decision") if may_publish(user) else _("Submitted by others")
    for label, value, condition in [
        (_("Submitted by you"), "me", mine),
        (waiting, "others", others),
    ]:
        query = {"state__exact": State.IN_REVIEW.value, "submitted": value}
        condition &= Q(state=State.IN_REVIEW)
        yield Task(_("In review"), label, query, PublishedModel, condition)
    query = {"state__exact": State.DRAFT.value}
    yield Task(_("Drafts"), "", query, PublishedModel, Q(state=State.DRAFT))
    for value, (label, condition) in AttentionFilter.conditions.items():
        query = {"attention": value}
        yield Task(_("Needs attention"), label, query, Recommendation, condition)
    query = {"name_ar_origin__exact": LabelOrigin.DRAFT.value}
    condition = Q(name_ar_origin=LabelOrigin.DRAFT)
    yield Task(
        _("Needs attention"), _("Arabic name not reviewed yet"), query, NamedModel, condition
    )


class Desk:
    """What the first page tells its reader, of what they may see."""

    def __init__(self, request):
        self.request = request
        self.pages = {
            page.model: page
            for page in sorted(admin.site._registry.values(), key=_is_lesser)
            if isinstance(page, RecordAdmin) and page.has_view_permission(request)
        }

    @cached_property
    def groups(self) -> dict[str, list[Task]]:
        """What waits, by kind of work; one query for each model and one for each costly list."""
        known = list(tasks(self.request.user))
        for model, page in self.pages.items():
            records = page.get_queryset(self.request)
            cheap = {
                f"task_{number}": task
                for number, task in enumerate(known)
                if issubclass(model, task.models) and task.models is not model
            }
            counts = records.aggregate(
                **{name: Count("pk", filter=task.condition) for name, task in cheap.items()}
            )
            found = [(task, counts[name]) for name, task in cheap.items()]
            found += [
                (task, records.filter(task.condition).count())
                for task in known
                if task.models is model
            ]
            for task, count in found:
                task.numbers += [_number(model, count, task.query)] if count else []
        groups = {task.group: [] for task in known}
        for task in known:
            groups[task.group] += [task] if task.numbers else []
        return groups

    @cached_property
    def imports(self) -> list[ImportRun]:
        """The last files that were brought in, each with whether its reader may take it back."""
        page = admin.site._registry[ImportRun]
        if not page.has_view_permission(self.request):
            return []
        runs = page.get_queryset(self.request).defer("content", "plan")
        runs = list(runs.select_related("created_by")[:IMPORTS])
        for run in runs:
            run.what = page.what(run)
            run.may_undo = run.state == ImportState.APPLIED and page.may_undo(self.request, run)
        return runs

    @cached_property
    def changes(self) -> list[Deed]:
        """The newest changes of all records, by their moment, which no two changes share."""
        if not self.pages:
            return []
        first, *more = map(_newest, self.pages)
        rows = sorted(first.union(*more), key=lambda row: row["moment"], reverse=True)
        moments = list(dict.fromkeys(row["moment"] for row in rows))[:CHANGES]
        rows = [row for row in rows if row["moment"] in moments]
        users = get_user_model().objects.in_bulk({row["who"] for row in rows} - {None})
        deeds = {}
        for row in rows:
            if row["moment"] not in deeds:
                user = users.get(row["who"])
                name = (user.get_full_name() or user.get_username()) if user else ""
                origin = Origin(row["origin"]).label
                deeds[row["moment"]] = Deed(row["moment"], name, origin, row["reason"])
        for model, page in self.pages.items():
            own = [row for row in rows if row["model"] == model._meta.model_name]
            records = page.get_queryset(self.request).select_related(
                *page.list_select_related or []
            )
            known = records.in_bulk([row["key"] for row in own if row["records"] == 1])
            for row in own:
                _tell(deeds[row["moment"]], model, row, known.get(row["key"]))
        return list(deeds.values())


def _tell(deed: Deed, model: type[Model], row: dict, record: Model | None) -> None:
    """Note in a change what it did to the records of one model."""
    if row["records"] > 1:
        query = {"changed": row["moment"].isoformat()}
        deed.numbers.append(_number(model, row["present"], query))
        return
    kind = model._meta.verbose_name
    name = str(record or _("%(record)s that is deleted") % {"record": kind})
    deed.named.append((capfirst(kind), name, reverse(_name(model, "history"), args=[row["key"]])))


def _is_lesser(page) -> bool:
    """Recommendations come before all other records."""
    return page.model is not Recommendation


def _newest(model: type[Model]):
    """The newest changes of a model's records: of each, how many it touched and are still there."""
    history = model.history.order_by()
    there = model._base_manager.filter(pk=OuterRef("id"))
    newest = history.order_by("-history_date").values("history_date").distinct()[:CHANGES]
    return (
        history.filter(history_date__in=newest)
        .values(moment=F("history_date"))
        .annotate(
            model=Value(model._meta.model_name, CharField()),
            who=Max("history_user_id"),
            reason=Max("history_change_reason"),
            origin=Max("origin"),
            key=Min("id"),
            records=Count("id", distinct=True),
            present=Count("id", distinct=True, filter=Exists(there)),
        )
    )


def _name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def _number(model: type[Model], count: int, query: dict[str, str]) -> Number:
    url = f"{reverse(_name(model, 'changelist'))}?{urlencode(query)}"
    return Number(capfirst(model._meta.verbose_name_plural), count, url)
