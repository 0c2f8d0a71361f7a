"""One theme or addressee for many recommendations at once; what they have is left as it is."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AdminTextInputWidget, AutocompleteSelect
from django.db import transaction
from django.db.models import Field, Max, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from ..choices import Origin, State
from ..models import DataVersion, ThemeAssignment
from ..models.history import REASON_LENGTH, recorded_as
from ..search import indexing
from .merging import REASON

MOST = 1000  # records that one request can change in time


class AdditionForm(forms.Form):
    """Which record to add and, where facts of public records change by it, why."""

    def __init__(self, field: Field, records: QuerySet, data=None):
        super().__init__(data)
        self.field, self.records = field, records
        self.fields["added"] = forms.ModelChoiceField(
            field.related_model.objects.all(),
            label=capfirst(field.verbose_name),
            widget=AutocompleteSelect(field, admin.site),
        )
        self.fields[REASON] = forms.CharField(
            label=capfirst(_("reason for the change")),
            required=False,
            max_length=REASON_LENGTH,
            widget=AdminTextInputWidget(attrs={"dir": "auto"}),
            help_text=_("Needed to correct or withdraw what is public. Readers see it."),
        )

    def clean(self):
        super().clean()
        added = self.cleaned_data.get("added")
        is_fact = self.field.name == "addressees"
        if added and is_fact and not self.cleaned_data.get(REASON):
            changing = self.records.exclude(pk__in=holders(self.field, added))
            if changing.filter(state=State.PUBLISHED).exists():
                self.add_error(REASON, _("Some of these records are public: say why they change."))


def holders(field: Field, added) -> QuerySet:
    """The keys of the records that have what is added."""
    return field.model.objects.filter(**{field.name: added}).values("pk")


class Additions:
    """For the ModelAdmin of recommendations: actions that add, and never replace or remove."""

    actions = ["add_theme", "add_addressee"]

    def has_theme_permission(self, request) -> bool:
        may_assign = request.user.has_perm("recommendations.add_themeassignment")
        return may_assign and self.has_change_permission(request)

    @admin.action(description=gettext_lazy("Add a theme"), permissions=["theme"])
    def add_theme(self, request, queryset):
        words = {
            "title": _("Add a theme: which?"),
            "verb": _("Add a theme"),
            "explanation": _("It comes after the themes that these records have."),
        }
        return self._add(request, queryset, "themes", action="add_theme", **words)

    @admin.action(description=gettext_lazy("Add an addressee"), permissions=["change"])
    def add_addressee(self, request, queryset):
        words = {
            "title": _("Add an addressee: which?"),
            "verb": _("Add an addressee"),
            "explanation": _(
                "Only whom the text itself names. Empty means: not named in the text."
            ),
        }
        return self._add(request, queryset, "addressees", action="add_addressee", **words)

    def _add(self, request, queryset, name: str, **words):
        if queryset.count() > MOST:
            text = _("Choose %(count)d records at most.") % {"count": MOST}
            self.message_user(request, text, messages.WARNING)
            return None
        field = self.model._meta.get_field(name)
        form = AdditionForm(field, queryset, request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self.ask(request, queryset, form, **words)
        added, reason = form.cleaned_data["added"], form.cleaned_data[REASON]
        with transaction.atomic(), recorded_as(Origin.FORM, reason), indexing.remade_at_end():
            DataVersion.objects.select_for_update().first()
            records = list(queryset)
            have = set(queryset.filter(pk__in=holders(field, added)).values_list("pk", flat=True))
            changed = [record for record in records if record.pk not in have]
            for record in changed:
                _put(record, field, added)
                record.version += 1
                record.save()
            with override(None):
                message = [{"changed": {"fields": [str(field.verbose_name)]}}]
            LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, message)
        refused = {record: [_("it has this already")] for record in records if record.pk in have}
        text = ngettext(
            "“%(added)s” was added to %(count)d record.",
            "“%(added)s” was added to %(count)d records.",
            len(changed),
        )
        text %= {"added": added, "count": len(changed)}
        self.report(request, text, len(changed), refused)
        return None


def _put(record, field: Field, added) -> None:
    """Add one record to another; a theme comes last."""
    if field.name != "themes":
        getattr(record, field.name).add(added)
        return
    last = record.theme_assignments.aggregate(last=Max("position"))["last"]
    ThemeAssignment.objects.create(recommendation=record, theme=added, position=(last or 0) + 1)
