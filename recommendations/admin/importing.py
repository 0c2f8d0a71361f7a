"""The import room: upload, look, settle what is unclear, confirm, and take back."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import importing
from ..choices import ImportState, State
from ..importing.questions import HEADINGS
from ..importing.rights import allowed, places
from ..importing.targets import targets
from ..models import ImportRun, Recommendation
from ..models.base import PublishedModel
from ..permissions import may_publish

ENTRIES_A_PAGE = 100
MOST_QUESTIONS = 100


class UploadForm(forms.Form):
    """A file, and what it cannot say itself."""

    place = forms.ChoiceField(label=gettext_lazy("What the rows are"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=200,
        help_text=gettext_lazy(
            "CSV or XLSX, up to 5 MB and 5,000 rows; the names of our columns stand below."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding of a CSV file"),
        choices=[("", gettext_lazy("Recognise it")), *importing.ENCODINGS.items()],
        required=False,
        help_text=gettext_lazy("Needed only where the file does not say it."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["place"].choices = places(user).items()

    def clean_file(self):
        file = self.cleaned_data["file"]
        try:
            importing.refuse_size(file.size)
        except importing.Unreadable as reason:
            raise forms.ValidationError(str(reason)) from reason
        return file

    def clean(self):
        """Read the file and plan: what is wrong with it as a whole is said beside it."""
        super().clean()
        if self.errors:
            return
        file = self.cleaned_data["file"]
        self.run = importing.start(self.cleaned_data["place"], file.name, file.read(), self.user)
        self.run.choices = {"encoding": self.cleaned_data["encoding"]}
        try:
            importing.planned(self.run)
        except importing.EncodingUnknown as reason:
            self.add_error("encoding", str(reason))
        except importing.Unreadable as reason:
            self.add_error("file", str(reason))


class ChoicesForm(forms.Form):
    """What a person settles on the preview: a select for each heading and word not known."""

    def __init__(self, plan: importing.Plan, run: ImportRun, data=None):
        super().__init__(data)
        self.plan, self.choices = plan, run.choices
        columns = targets(importing.PLACES[run.place])
        self.asked = plan.questions[:MOST_QUESTIONS]
        for number, question in enumerate(self.asked):
            options = [("", _("Not settled")), *map(tuple, question.options)]
            field = forms.ChoiceField(label=question.word, choices=options, required=False)
            field.column = "" if question.column == HEADINGS else question.column
            field.rows = question.rows
            self.fields[f"question-{number}"] = field
        if plan.lacks_key:
            self.fields["prefix"] = forms.SlugField(
                label=_("Beginning of new references"),
                required=False,
                max_length=25,
                initial=run.choices.get("prefix", ""),
                help_text=_("CSSR-B9 makes CSSR-B9-2 of row 2, CSSR-B9-3 of row 3."),
            )
        for name in plan.missing:
            field = forms.CharField(label=name, required=False, max_length=300)
            field.help_text = columns[name].label
            field.is_constant = True
            field.initial = run.choices.get("constants", {}).get(name, "")
            if options := columns[name].model_field.flatchoices:
                field.widget = forms.Select(choices=[("", "-"), *options])
            self.fields[f"constant-{name}"] = field
        if len(run.choices.get("sheets", [])) > 1:
            self.fields["sheet"] = forms.ChoiceField(
                label=_("Sheet"),
                choices=[(name, name) for name in run.choices["sheets"]],
                initial=run.choices.get("sheet"),
                required=False,
            )

        if run.choices.get(HEADINGS) or run.choices.get("values"):
            self.fields["forget"] = forms.BooleanField(
                label=_("Forget what was settled before"), required=False
            )

    def settled(self) -> dict:
        """The choices of the run with those of the form."""
        choices = {name: self.choices[name] for name in self.choices if name != "earlier"}
        if self.cleaned_data.get("forget"):
            return {name: choices.get(name, "") for name in ("encoding", "sheet")}
        sheet = self.cleaned_data.get("sheet")
        if sheet and sheet != choices.get("sheet"):
            return {"encoding": choices.get("encoding", ""), "sheet": sheet}
        headings, values = dict(choices.get(HEADINGS, {})), dict(choices.get("values", {}))
        for number, question in enumerate(self.asked):
            if answer := self.cleaned_data[f"question-{number}"]:
                if question.column == HEADINGS:
                    headings[question.word] = answer
                else:
                    values[question.column] = {
                        **values.get(question.column, {}),
                        question.word: answer,
                    }
        constants = {
            name: self.cleaned_data[f"constant-{name}"]
            for name in self.plan.missing
            if self.cleaned_data[f"constant-{name}"]
        }
        prefix = self.cleaned_data.get("prefix", "")
        return choices | {
            HEADINGS: headings,
            "values": values,
            "constants": constants,
            "prefix": prefix,
        }


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    """Imports: who brought in which file, what it did, and the way back."""

    list_display = ["file_name", "what", "state", "created_by", "created_at", "summary"]
    list_filter = ["state"]
    list_select_related = ["created_by"]
    list_per_page = 50
    actions = None

    def get_queryset(self, request):
        found = super().get_queryset(request).defer("content")
        return found.filter(place__in=places(request.user))

    def has_view_permission(self, request, obj=None):
        return bool(places(request.user))

    has_add_permission = has_view_permission
    has_module_permission = has_view_permission

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=gettext_lazy("what the rows are"), ordering="place")
    def what(self, run):
        return importing.PLACES[run.place]._meta.verbose_name_plural

    @admin.display(description=gettext_lazy("rows"))
    def summary(self, run):
        return summary(importing.Plan.from_json(run.plan))

    def get_urls(self):
        named = [
            path(
                "<int:pk>/apply/",
                self.admin_site.admin_view(self.apply_view),
                name=f"{PREFIX}apply",
            ),
            path(
                "<int:pk>/undo/", self.admin_site.admin_view(self.undo_view), name=f"{PREFIX}undo"
            ),
        ]
        return [*named, *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            user=request.user,
            initial={"place": request.GET.get("place")},
        )
        if request.method == "POST" and form.is_valid():
            form.run.save()
            return HttpResponseRedirect(address(form.run))
        guide = {
            label: columns_of(importing.PLACES[place])
            for place, label in form.fields["place"].choices
        }
        return self._page(request, "upload", _("Import a file"), form=form, guide=guide)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What the file would change, or what it changed."""
        run = self._run(request, object_id)
        plan = importing.Plan.from_json(run.plan)
        if request.method == "POST":
            return self._settle(request, run, plan)
        if run.state == ImportState.PREVIEWED and plan.language != get_language():
            digest, plan = run.digest, importing.planned(run)
            run.digest = digest  # of what is stored, which alone can be confirmed
        return self._preview(request, run, plan, ChoicesForm(plan, run))

    def _settle(self, request, run: ImportRun, plan: importing.Plan):
        """Plan anew with what was settled on screen."""
        self._refuse_others(request, run)
        if run.state != ImportState.PREVIEWED:
            return HttpResponseRedirect(address(run))
        form = ChoicesForm(plan, run, request.POST)
        if not form.is_valid():
            return self._preview(request, run, plan, form)
        run.choices = form.settled()
        try:
            importing.planned(run)
        except importing.Unreadable as reason:
            messages.error(request, str(reason))
        else:
            run.save()
        return HttpResponseRedirect(address(run))

    @method_decorator(require_http_methods(["POST"]))
    def apply_view(self, request, pk):
        run = self._run(request, pk)
        self._refuse_others(request, run)
        plan = importing.Plan.from_json(run.plan)
        needed = [
            action for action, rows in {"add": plan.new, "change": plan.changed}.items() if rows
        ]
        if not allowed(request.user, run.place, *needed):
            raise PermissionDenied
        try:
            digest, reason = (request.POST.get(name, "") for name in ("digest", "reason"))
            if importing.apply(run, digest, reason=reason):
                text = _("Imported: %(summary)s.") % {
                    "summary": summary(importing.Plan.from_json(run.plan))
                }
                messages.success(request, text)
            else:
                text = _("Nothing was imported yet: the data changed meanwhile. Look again.")
                messages.warning(request, text)
        except importing.Refused as reason:
            messages.error(request, str(reason))
        return HttpResponseRedirect(address(run))

    @method_decorator(require_http_methods(["POST"]))
    def undo_view(self, request, pk):
        run = self._run(request, pk)
        if not self.may_undo(request, run):
            raise PermissionDenied
        try:
            outlook = importing.undo(run, request.user)
            text = _("Taken back: %(summary)s.") % {"summary": what_goes(outlook)}
            messages.success(request, text)
        except importing.Refused as reason:
            messages.error(request, str(reason))
        return HttpResponseRedirect(address(run))

    def _run(self, request, pk) -> ImportRun:
        if not str(pk).isdecimal() or len(str(pk)) > 18:
            pk = 0
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _refuse_others(self, request, run: ImportRun) -> None:
        if run.created_by_id != request.user.pk:
            raise PermissionDenied

    def may_undo(self, request, run: ImportRun) -> bool:
        is_theirs = run.created_by_id == request.user.pk or may_publish(request.user)
        return is_theirs and allowed(request.user, run.place, "change")

    def _preview(self, request, run: ImportRun, plan: importing.Plan, form: ChoicesForm):
        may_undo = run.state == ImportState.APPLIED and self.may_undo(request, run)
        page = Paginator([*plan.changed, *plan.new], ENTRIES_A_PAGE).get_page(
            request.GET.get("page")
        )
        return self._page(
            request,
            "preview",
            run.file_name,
            run=run,
            plan=plan,
            form=form,
            more_questions=len(plan.questions) - len(form.asked),
            page=page,
            what=self.what(run),
            summary=summary(plan),
            is_waiting=run.state == ImportState.PREVIEWED,
            is_theirs=run.created_by_id == request.user.pk,
            may_undo=may_undo,
            drafts=drafts_address(run),
            outlook=importing.Outlook.of(plan) if may_undo else None,
            may_publish=may_publish(request.user),
        )

    def _page(self, request, template: str, title: str, **context):
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/recommendations/import_{template}.html", context)


def drafts_address(run: ImportRun) -> str:
    """The list on which the records that an import created wait; empty where there is none."""
    model = importing.PLACES[run.place]
    is_listed = admin.site.is_registered(model) and issubclass(model, PublishedModel)
    if run.state != ImportState.APPLIED or not is_listed:
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?state__exact={State.DRAFT}"


PREFIX = "recommendations_importrun_"


def address(run: ImportRun) -> str:
    return reverse(f"admin:{PREFIX}change", args=[run.pk])


def columns_of(model) -> list[tuple[str, str, bool]]:
    """Each column that an import reads: its heading, what it holds, whether a new row needs it."""
    position = "position" if model is Recommendation else ""
    return [
        (name, target.label, target.is_required and name != position)
        for name, target in targets(model).items()
    ]


def what_goes(outlook: importing.Outlook) -> str:
    """What taking an import back does, in numbers."""
    parts = [
        _("%d deleted") % len(outlook.deleted),
        _("%d withdrawn") % len(outlook.withdrawn),
        _("%d as before the import") % len(outlook.restored),
    ]
    return _(", ").join(parts)


def summary(plan: importing.Plan) -> str:
    """The numbers of a plan in words."""
    errors = plan.errors
    parts = [
        _("%d new") % len(plan.new),
        _("%d changed") % len(plan.changed),
        _("%d unchanged") % plan.unchanged,
    ]
    if errors:
        parts.append(ngettext("%d error", "%d errors", errors) % errors)
    return _(", ").join(parts)
