"""Who changed what, when and why; and back to any earlier state, as a new version."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CASCADE
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..choices import Origin, State
from ..models import DataVersion
from ..models.base import PublishedModel
from ..models.history import REASON_LENGTH, linked_then, recorded_as
from ..permissions import may_publish
from ..versions import DELETED, difference, timeline

# What restoring leaves as it is: the way to the public goes forward only.
NOT_RESTORED = {
    "state",
    "version",
    "updated_at",
    "submitted_by",
    "withdrawn_at",
    "withdrawal_reason",
}


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class History:
    """For a ModelAdmin: the page of a record's versions, and restoring one of them."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("deleted/", view(self.deleted_view), name=f"{name}_deleted"),
            path(
                "<path:object_id>/history/<int:row>/",
                view(self.restore_view),
                name=f"{name}_restore",
            ),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        """Every change of a record and of its rows, a deleted record's too."""
        key = _key(object_id)
        record = self.model._base_manager.filter(pk=key).first()
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        entries = timeline(self.model, key, self._parts())
        if record is None and not entries:
            raise Http404
        newest = next((entry.row for entry in entries if entry.row), None)
        context = {
            "title": _("Versions: %s") % (record or newest.instance),
            "record": record,
            "object_id": quote(key),
            "entries": entries,
            "newest": newest,
            "restore": f"admin:{self.opts.app_label}_{self.opts.model_name}_restore",
            "may_restore": self._may_restore(request, record),
        }
        template = "admin/recommendations/history.html"
        return self._page(request, template, context | (extra_context or {}))

    def deleted_view(self, request):
        """The records that are no longer there, each with the way to its versions."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        present = self.model._base_manager.values("pk")
        rows = self.model.history.filter(history_type=DELETED).exclude(id__in=present)
        last = {row.id: row for row in rows.select_related("history_user").order_by("history_id")}
        context = {"title": _("Deleted records"), "rows": list(last.values())[::-1][:200]}
        return self._page(request, "admin/recommendations/deleted.html", context)

    def restore_view(self, request, object_id, row):
        """What restoring a version would change; with a reason, restore it."""
        key = _key(object_id)
        row = self.model.history.filter(id=key, pk=row).exclude(history_type=DELETED).first()
        if row is None:
            raise Http404
        with transaction.atomic():
            DataVersion.objects.select_for_update().first()
            record = self.model._base_manager.filter(pk=key).first()
            if not self._may_restore(request, record):
                raise PermissionDenied
            form = ReasonForm(request.POST if request.method == "POST" else None)
            if form.is_valid():
                try:
                    with (
                        transaction.atomic(),
                        recorded_as(Origin.FORM, form.cleaned_data["reason"]) as change,
                    ):
                        record = restore(row, record)
                        left_out = restore_rows(row, self._parts())
                        if not change.rows:
                            raise ValidationError(_("It says the same as the newest version."))
                        if isinstance(record, PublishedModel):
                            record.version += 1
                            record.save()
                        self._refuse_unfit(record)
                except ValidationError as error:
                    form.add_error(None, error.messages)
                else:
                    for part in left_out:
                        text = _("Not restored: %(row)s") % {"row": part}
                        self.message_user(request, text, messages.WARNING)
                    message = [{"changed": {"fields": ["earlier version"]}}]
                    self.log_change(request, record, message)
                    self.message_user(
                        request, _("The earlier state is now the newest version."), messages.SUCCESS
                    )
                    name = f"admin:{self.opts.app_label}_{self.opts.model_name}_history"
                    return HttpResponseRedirect(reverse(name, args=[quote(key)]))
        newest = self.model.history.filter(id=key).first()
        context = {
            "title": _("Restore an earlier state: %s") % row.instance,
            "row": row,
            "record": record,
            "object_id": quote(key),
            "differences": difference(self.model, newest, row),
            "form": form,
        }
        return self._page(request, "admin/recommendations/restore.html", context)

    def delete_view(self, request, object_id, extra_context=None):
        """Delete a record, after asking why; its versions are kept."""
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and not form.is_valid():
            request.POST = QueryDict()  # asked again, nothing deleted
        with transaction.atomic():
            DataVersion.objects.select_for_update().first()
            with recorded_as(Origin.FORM, form.data.get("reason", "").strip()):
                context = {"form": form} | (extra_context or {})
                return super().delete_view(request, object_id, context)

    def get_actions(self, request):
        """Without the deletion of a whole selection: each record is deleted with its reason."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def _refuse_unfit(self, record) -> None:
        """Refuse to show the public what could not be published."""
        is_public = isinstance(record, PublishedModel) and record.is_published
        if is_public and (problems := self.publication_problems(record)):
            raise ValidationError(problems)

    def _page(self, request, template, context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "module_name": capfirst(self.opts.verbose_name_plural),
            **context,
        }
        return TemplateResponse(request, template, context)

    def _parts(self):
        """The models whose rows are edited on the record's page, with the field that names it."""
        parts = []
        for inline in self.inlines:
            names = [
                each.name
                for each in inline.model._meta.fields
                if each.related_model is self.model and inline.fk_name in (None, each.name)
            ]
            parts += [(inline.model, name) for name in names[:1]]
        return parts

    def _may_restore(self, request, record) -> bool:
        """Whoever may change a record; what is or was public, publishers only."""
        if record is None:
            return self.has_add_permission(request) and may_publish(request.user)
        is_decided = isinstance(record, PublishedModel) and record.state in (
            State.PUBLISHED,
            State.WITHDRAWN,
        )
        is_allowed = may_publish(request.user) if is_decided else True
        return is_allowed and self.has_change_permission(request, record)


def restore(row, record):
    """Make the state of a row of history the newest version of its record.

    A record that was deleted comes back under its key as a draft.

    Args:
        record: the record as it stands now; None where it is deleted.

    Raises:
        ValidationError: where the earlier state breaks a rule of now.
    """
    restored = row.instance
    restored._state.adding = record is None
    if isinstance(restored, PublishedModel):
        if record is None:
            restored.version = type(restored).history.filter(id=row.id).first().version
            restored.move(State.DRAFT)
        else:
            for name in NOT_RESTORED:
                setattr(restored, name, getattr(record, name))
    restored.full_clean()
    restored.save(force_insert=record is None)
    if record is None:
        link_again(restored)
    for each in row._history_m2m_fields:
        keys = getattr(row, each.name).values(each.m2m_reverse_name())
        getattr(restored, each.name).set(each.related_model.objects.filter(pk__in=keys))
    return restored


def link_again(record) -> None:
    """Tie a record that was deleted to those that name it in their last version, as follow-up."""
    for relation in type(record)._meta.related_objects:
        if relation.many_to_many and relation.through._meta.auto_created:
            keys = linked_then(record, relation, timezone.now())
            named = relation.related_model._base_manager.filter(pk__in=keys)
            getattr(record, relation.get_accessor_name()).add(*named)


def restore_rows(row, parts) -> list[str]:
    """Bring back the rows that a record had then and has lost; those added since stay.

    Args:
        parts: models whose rows belong to the record, each with its field that names the record.

    Returns:
        The rows that can no longer be, because of a rule or because what they name is gone.
    """
    left_out = []
    for model, name in parts:
        if model._meta.get_field(name).remote_field.on_delete is not CASCADE:
            continue
        then = model.history.as_of(row.history_date).filter(**{f"{name}_id": row.id})
        present = set(model._base_manager.filter(**{name: row.id}).values_list("pk", flat=True))
        for lost in [each for each in then if each.pk not in present]:
            lost._state.adding = True
            try:
                lost.full_clean()
            except ValidationError:
                left_out.append(f"{model._meta.verbose_name} {lost.pk}")
            else:
                lost.save(force_insert=True)
    return left_out


def _key(object_id: str) -> int:
    key = unquote(object_id)
    if not key.isdecimal() or len(key) > 18:
        raise Http404
    return int(key)


@admin.display(description=gettext_lazy("who"))
def who(row) -> str:
    return row.history_user.get_username() if row.history_user else ""
