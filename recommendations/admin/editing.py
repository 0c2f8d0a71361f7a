"""Two people at one record: the second is told, sees both versions and loses nothing.

A form carries the version of its record and, signed, a digest of each value it showed. Where the
record is newer when the form comes back, nothing is saved: typed and stored values are merged and
the form is shown again, beside a list of who saved what and of every difference.
"""

import copy
from dataclasses import dataclass

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.db.models import Max
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from .. import typed
from ..choices import Origin
from ..models import DataVersion, OrganisationRole, Passage
from ..models.base import PublishedModel
from ..models.history import REASON_LENGTH, recorded_as
from .merging import REASON, Difference, Fields, Rows, digest

SALT = "recommendations.admin.opened"
# Rows that the pages of several records show: each of these records is newer when one changes.
SHOWN_IN = {
    OrganisationRole: ("organisation", "meeting", "source", "instrument"),
    Passage: ("source",),
}


@dataclass
class Conflict:
    """What was saved while a form was open, and how the form differs from it."""

    entries: list[LogEntry]
    differences: list[Difference]


class CollectionForm(forms.ModelForm):
    """A form that is shown again, with all that was typed, where its record is newer.

    Attributes:
        is_public: whether readers see the record, so that a change of it is a correction.
        is_late: whether it was typed before a login that expired, and is shown to be checked.
    """

    conflict: Conflict | None = None
    is_public = False
    is_late = False

    change_reason = forms.CharField(
        label=_("reason for the change"),
        required=False,
        max_length=REASON_LENGTH,
        widget=AdminTextInputWidget(attrs={"dir": "auto"}),
        help_text=_("Needed to correct or withdraw what is public. Readers see it."),
    )

    @cached_property
    def changed_data(self):
        return [name for name in super().changed_data if name != REASON]

    def clean(self):
        super().clean()
        facts = set(self.changed_data) - {"state", "position"}
        if self.is_public and facts and not self.cleaned_data.get(REASON):
            self.add_error(REASON, _("This record is public: say why it changes."))
        if self.is_late:
            self.add_error(
                None,
                _("Not saved yet: your login had expired. Here is what you typed: check and save."),
            )
        if self.conflict:
            self.add_error(
                None,
                _(
                    "Not saved yet: this record was saved by somebody else, or in another window, "
                    "while you had it open. Nothing you typed is lost. Compare below, then save "
                    "again."
                ),
            )


class FactFormSet(forms.BaseInlineFormSet):
    """Rows that state facts: on the page of a public record they change with a reason only."""

    def clean(self):
        super().clean()
        record = self.instance
        if not self.has_changed() or not getattr(record, "is_published", False):
            return
        if not self.data.get(REASON, "").strip():
            raise forms.ValidationError(_("This record is public: say why its rows change."))
        if not type(record).objects.published().filter(pk=record.pk).exists():
            raise forms.ValidationError(_("Save these rows first, then publish the record."))


class Snapshot:
    """A record and its rows as they are stored."""

    def __init__(self, form: forms.ModelForm, formsets):
        self.record = form.instance
        self.parts = [Fields(form), *(Rows(formset) for formset in formsets)]
        self.digests = {name: each for part in self.parts for name, each in part.digests.items()}

    @property
    def version(self) -> str:
        if isinstance(self.record, PublishedModel):
            return str(self.record.version)
        return digest(sorted(self.digests.items()))

    def merge(self, data, opened: dict[str, str]) -> list[Difference]:
        return [each for part in self.parts for each in part.merge(data, opened)]


class SafeEditing:
    """For a ModelAdmin: no save overwrites what its form did not show."""

    form = CollectionForm

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        key = object_id and unquote(object_id)
        # Files are read first: reading them later would read POST anew.
        if request.method == "GET" and not request.FILES and (late := typed.take(request)):
            request.method, request.POST, request.is_late = "POST", late, True
        if request.method != "POST":
            request.last_entry = self._log(key).aggregate(last=Max("pk"))["last"]
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            # Every change of the data rewrites this row, so that staff saves take turns here.
            DataVersion.objects.select_for_update().first()
            request.last_entry = self._log(key).aggregate(last=Max("pk"))["last"]
            if key:
                self._meet_others(request, key)
            with recorded_as(Origin.FORM, request.POST.get(REASON, "").strip()):
                return super().changeform_view(request, object_id, form_url, extra_context)

    def get_fieldsets(self, request, obj=None):
        """The fields of the record and, last, the reason for the change."""
        fieldsets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (_("Reason"), {"fields": [REASON]})]

    def _log(self, key: str | None):
        content_type = ContentType.objects.get_for_model(self.model)
        return LogEntry.objects.filter(content_type=content_type, object_id=key)

    def _entries(self, key: str, since: int | None) -> list[LogEntry]:
        """Who saved what since an entry, newest first; the last entry where that one is unknown."""
        entries = self._log(key).select_related("user").order_by("-pk")
        return list(entries[:1] if since is None else entries.filter(pk__gt=since)[:10])

    def _meet_others(self, request, key: str) -> None:
        """Merge the submitted form with a record that changed since the form was opened."""
        record = self.get_object(request, key)
        if record is None or not self.has_change_permission(request, record):
            return
        stored, opened = self._snapshot(request, record), _opened(request)
        digests = opened.get("digests", {})
        is_newer = request.POST.get("version") != stored.version
        if is_newer or digests not in ({}, stored.digests):
            request.POST = request.POST.copy()
            if differences := stored.merge(request.POST, digests):
                entries = self._entries(key, since=opened.get("entry"))
                request.conflict = Conflict(entries, differences)

    def _snapshot(self, request, record) -> Snapshot:
        reading = copy.copy(request)
        reading.method = "GET"
        fields = flatten_fieldsets(self.get_fieldsets(reading, record))
        form = self.get_form(reading, record, change=True, fields=fields)(instance=record)
        return Snapshot(form, self._create_formsets(reading, record, change=True)[0])

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.conflict = getattr(request, "conflict", None)
        form.is_late = getattr(request, "is_late", False)
        form.is_public = obj is not None and self.is_public(obj)
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["opened_by"] = typed.opened_by(request.user)
        if change and obj and self.has_change_permission(request, obj):
            if request.method == "POST":
                stored = self._snapshot(request, self.get_object(request, str(obj.pk)))
            else:
                formsets = [inline.formset for inline in context["inline_admin_formsets"]]
                stored = Snapshot(context["adminform"].form, formsets)
            opened = {"entry": request.last_entry or 0, "digests": stored.digests}
            context |= {
                "version": stored.version,
                "opened": signing.dumps(opened, salt=SALT, compress=True),
                "conflict": getattr(request, "conflict", None),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def construct_change_message(self, request, form, formsets, add=False):
        """Fields by their names in the catalogue of words, so that both languages can tell them."""
        changes = super().construct_change_message(request, form, formsets, add)
        models = {type(form.instance), *(formset.model for formset in formsets)}
        with override(None):
            names = [str(field.verbose_name) for model in models for field in _fields(model)]
        words = {capfirst(name): name for name in names}
        for change in changes:
            for details in change.values():
                if "fields" in details:
                    details["fields"] = [words.get(name, name) for name in details["fields"]]
        return changes

    def save_model(self, request, obj, form, change):
        """Save what changed; a form that comes back as it was opened changes nothing."""
        if change and not form.has_changed():
            return
        self._save_version(request, obj, form, change)
        self._renew(request, _shown_in(type(obj), [obj], [form]), type(obj))

    def _save_version(self, request, obj, form, change):
        if change and isinstance(obj, PublishedModel):
            obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """A change of rows alone is a new version of their record too."""
        super().save_related(request, form, formsets, change)
        if change and not form.has_changed() and any(each.has_changed() for each in formsets):
            self._save_version(request, form.instance, form, change)

    def log_change(self, request, obj, message):
        return super().log_change(request, obj, message) if message else None

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        changed = [row for row, _ in formset.changed_objects]
        rows = [*formset.new_objects, *changed, *formset.deleted_objects]
        records = _shown_in(formset.model, rows, formset.initial_forms)
        records.discard((type(form.instance), form.instance.pk))
        self._renew(request, records, formset.model)

    def delete_model(self, request, obj):
        records = _shown_in(type(obj), [obj], [])
        super().delete_model(request, obj)
        self._renew(request, records, type(obj))

    def _renew(self, request, records: set, rows) -> None:
        """Give records a new version because a row that they show has changed."""
        with override(None):
            changes = [{"changed": {"fields": [str(rows._meta.verbose_name)]}}]
        for model, key in records:
            record = model.objects.get(pk=key)
            record.version += 1
            record.save()
            self.log_change(request, record, changes)


def _opened(request) -> dict:
    """What the form noted when it was opened; nothing where that is missing or forged."""
    try:
        return signing.loads(request.POST.get("opened", ""), salt=SALT)
    except signing.BadSignature:
        return {}


def _fields(model):
    return [*model._meta.fields, *model._meta.many_to_many]


def _shown_in(model, rows, forms) -> set:
    """The records, as model and key, whose pages show these rows or showed them before."""
    names = SHOWN_IN.get(model, ())
    records = set()
    for name in names:
        field = model._meta.get_field(name)
        keys = {getattr(row, field.attname) for row in rows}
        keys |= {form.initial.get(name) for form in forms if form.has_changed()}
        records |= {(field.related_model, key) for key in keys - {None}}
    return records
