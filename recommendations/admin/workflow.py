"""The way to the public: draft, in review, published, withdrawn."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..choices import Origin, State
from ..models import DataVersion
from ..models.history import recorded_as
from ..permissions import may_publish
from .editing import CollectionForm
from .history import ReasonForm
from .merging import REASON

# The states that each state is reached from: what readers saw is never a draft again.
BEFORE = {
    State.DRAFT: {State.IN_REVIEW},
    State.IN_REVIEW: {State.DRAFT},
    State.PUBLISHED: {State.DRAFT, State.IN_REVIEW, State.WITHDRAWN},
    State.WITHDRAWN: {State.PUBLISHED},
}
BY_EDITORS = (State.DRAFT, State.IN_REVIEW)
REASONS_SHOWN = 10
SELECTED_SHOWN = 50


def own_text_problems(record, user, reason: str, is_touched: bool = False) -> list[str]:
    """Why a user may not publish a record: nobody publishes their own text.

    An administrator may, where there is nobody else, and says why.

    Args:
        is_touched: whether the user changes the text together with its publication.
    """
    if not (is_touched or record.is_own_of(user)):
        return []
    if not user.is_superuser:
        return [_("You wrote or submitted this text: somebody else has to publish it.")]
    if not reason:
        return [_("You wrote or submitted this text: say in its form why you publish it yourself.")]
    return []


class PublishedForm(CollectionForm):
    """A form in which a record may be published or withdrawn.

    Attributes:
        user: who fills it in.
        was: the state in which the record is stored.
    """

    user = None
    was = State.DRAFT

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("state"):
            field.choices = [
                (state, label)
                for state, label in field.choices
                if state == self.was or self.was in BEFORE[state]
            ]

    @property
    def is_touched(self) -> bool:
        """Whether what somebody else has to approve is changed."""
        names = {each.name: each.attname for each in self.instance._meta.fields}
        columns = {names[name] for name in self.changed_data if name in names}
        return bool(columns & set(self.instance.reviewed_fields()))

    def clean(self):
        super().clean()
        state, reason = self.cleaned_data.get("state"), self.cleaned_data.get(REASON)
        if self.was == State.WITHDRAWN and self.is_touched and not reason:
            self.add_error(REASON, _("Readers have seen this record: say why it changes."))
        if state == self.was:
            return
        if state == State.PUBLISHED:
            for problem in own_text_problems(self.instance, self.user, reason, self.is_touched):
                self.add_error(None, problem)
        if state == State.WITHDRAWN and not reason:
            self.add_error(REASON, _("Say why the record is withdrawn: its address will tell."))


class Workflow:
    """For a ModelAdmin of records with a state: who sets it, one by one or for a selection."""

    actions = ["submit_for_review", "publish", "withdraw", "download"]
    # The fields that a publisher approved: nobody else changes them afterwards.
    approved = []

    def has_publish_permission(self, request) -> bool:
        return may_publish(request.user) and self.has_change_permission(request)

    def get_readonly_fields(self, request, obj=None):
        """Editors neither publish nor take back what is published or withdrawn."""
        fields = super().get_readonly_fields(request, obj)
        is_decided = self.is_decided_for(request.user, obj)
        return [*fields, "state", *self.approved] if is_decided else fields

    @staticmethod
    def is_decided_for(user, record) -> bool:
        """Whether the publication of a record is beyond a user's reach."""
        return record is not None and record.state not in BY_EDITORS and not may_publish(user)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "state" and not may_publish(request.user):
            kwargs["choices"] = [(state.value, state.label) for state in BY_EDITORS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user, form.was = request.user, obj.state if obj else State.DRAFT
        return form

    def save_model(self, request, obj, form, change):
        if "state" in form.changed_data or not change:
            obj.move(obj.state, request.user, form.cleaned_data.get(REASON, ""))
        super().save_model(request, obj, form, change)

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
        """Withdraw records, after asking why."""
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self._move(request, queryset, State.WITHDRAWN, form.cleaned_data["reason"])
            return None
        return self.ask(
            request,
            queryset,
            form,
            action="withdraw",
            title=_("Withdraw: why?"),
            verb=_("Withdraw"),
            explanation=_(
                "Their addresses will answer with the code, the date and this reason, which "
                "everybody can read."
            ),
        )

    def ask(self, request, queryset, form, **words):
        """A page that shows the selected records and asks what an action needs to know."""
        records = list(queryset[:SELECTED_SHOWN])
        context = {
            **self.admin_site.each_context(request),
            **words,
            "opts": self.opts,
            "module_name": self.opts.verbose_name_plural,
            "records": records,
            "more": queryset.count() - len(records),
            "keys": request.POST.getlist("_selected_action"),
            "across": request.POST.get("select_across", "0"),
            "form": form,
        }
        return TemplateResponse(request, "admin/recommendations/action.html", context)

    def _move(self, request, queryset, state: State, reason: str = "") -> None:
        """Bring the selected records into a state; say how many moved, which did not and why."""
        with transaction.atomic(), recorded_as(Origin.FORM, reason):
            DataVersion.objects.select_for_update().first()
            reasons = {record: self._reasons(request, record, state) for record in queryset}
            moved = [record for record, found in reasons.items() if not found]
            for record in moved:
                record.move(state, request.user, reason)
                record.version += 1
                record.save()
            LogEntry.objects.log_actions(
                request.user.pk, moved, CHANGE, [{"changed": {"fields": ["publication state"]}}]
            )
        refused = {record: found for record, found in reasons.items() if found}
        self._report(request, state, len(moved), refused)

    def _reasons(self, request, record, state: State) -> list[str]:
        if record.state not in BEFORE[state]:
            return [_("its state is “%(state)s”") % {"state": record.get_state_display()}]
        if state != State.PUBLISHED:
            return []
        return [*self.publication_problems(record), *own_text_problems(record, request.user, "")]

    def _report(self, request, state: State, count: int, refused: dict) -> None:
        text = ngettext(
            "%(count)d record is now in the state “%(state)s”.",
            "%(count)d records are now in the state “%(state)s”.",
            count,
        )
        self.report(request, text % {"count": count, "state": state.label}, count, refused)

    def report(self, request, text: str, count: int, refused: dict) -> None:
        """Say what an action did, and which records it left alone and why."""
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)
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
