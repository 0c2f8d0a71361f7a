"""The way to the public: draft, in review, published, withdrawn."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..choices import State
from ..models import DataVersion
from ..permissions import may_publish

# The states that each action starts from.
BEFORE = {
    State.IN_REVIEW: {State.DRAFT},
    State.PUBLISHED: {State.DRAFT, State.IN_REVIEW, State.WITHDRAWN},
    State.WITHDRAWN: {State.PUBLISHED},
}
BY_EDITORS = (State.DRAFT, State.IN_REVIEW)
REASONS_SHOWN = 10


class Workflow:
    """For a ModelAdmin of records with a state: who sets it, one by one or for a selection."""

    actions = ["submit_for_review", "publish", "withdraw", "download"]

    def has_publish_permission(self, request) -> bool:
        return may_publish(request.user) and self.has_change_permission(request)

    def get_readonly_fields(self, request, obj=None):
        """Editors neither publish nor take back what is published or withdrawn."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "state"] if self.is_decided_for(request.user, obj) else fields

    @staticmethod
    def is_decided_for(user, record) -> bool:
        """Whether the publication of a record is beyond a user's reach."""
        return record is not None and record.state not in BY_EDITORS and not may_publish(user)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "state" and not may_publish(request.user):
            kwargs["choices"] = [(state.value, state.label) for state in BY_EDITORS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def publication_problems(self, record) -> list[str]:
        """Why a record cannot be published, in words for its editor."""
        return []

    @admin.action(description=gettext_lazy("Submit for review"), permissions=["change"])
    def submit_for_review(self, request, queryset):
        self._move(request, queryset, State.IN_REVIEW)

    @admin.action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish(self, request, queryset):
        self._move(request, queryset, State.PUBLISHED)

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["publish"])
    def withdraw(self, request, queryset):
        self._move(request, queryset, State.WITHDRAWN)

    def _move(self, request, queryset, state: State) -> None:
        """Bring the selected records into a state; say how many moved, which did not and why."""
        with transaction.atomic():
            DataVersion.objects.select_for_update().first()
            reasons = {record: self._reasons(record, state) for record in queryset}
            moved = [record for record, found in reasons.items() if not found]
            self.model.objects.filter(pk__in=[record.pk for record in moved]).update(
                state=state, version=F("version") + 1, updated_at=timezone.now()
            )
            LogEntry.objects.log_actions(
                request.user.pk, moved, CHANGE, [{"changed": {"fields": ["publication state"]}}]
            )
        refused = {record: found for record, found in reasons.items() if found}
        self._report(request, state, len(moved), refused)

    def _reasons(self, record, state: State) -> list[str]:
        if record.state not in BEFORE[state]:
            return [_("its state is “%(state)s”") % {"state": record.get_state_display()}]
        return self.publication_problems(record) if state == State.PUBLISHED else []

    def _report(self, request, state: State, count: int, refused: dict) -> None:
        text = ngettext(
            "%(count)d record is now in the state “%(state)s”.",
            "%(count)d records are now in the state “%(state)s”.",
            count,
        )
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, text % {"count": count, "state": state.label}, level)
        for record, found in list(refused.items())[:REASONS_SHOWN]:
            reason = format_html(
                _("Not changed: {record} ({reasons})."),
                record=format_html("<bdi>{}</bdi>", record),
                reasons="; ".join(map(str, found)),
            )
            self.message_user(request, reason, messages.WARNING)
        if (more := len(refused) - REASONS_SHOWN) > 0:
            text = ngettext(
                "Not changed: %(count)d more record.", "Not changed: %(count)d more records.", more
            )
            self.message_user(request, text % {"count": more}, messages.WARNING)


@admin.display(description=gettext_lazy("publication state"), ordering="state")
def state_chip(record):
    return format_html(
        '<span class="state" data-state="{}">{}</span>', record.state, record.get_state_display()
    )
