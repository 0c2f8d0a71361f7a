"""Sources with their passages, and the vocabularies that describe texts."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..models import Citation, Goal, Instrument, Passage, Source, Theme
from .base import (
    ARABIC_NAME,
    PUBLICATION,
    PublishedAdmin,
    RecordAdmin,
    TableInline,
    excerpt,
)
from .editing import FactFormSet
from .filters import RelatedFilter
from .parties import InstrumentRoleInline, SourceRoleInline
from .workflow import Workflow, state_chip

PASSAGES_ON_A_PAGE = 200


class PassageFormSet(FactFormSet):
    """The words of a document, which publishers alone correct once they are public."""

    may_correct = True

    def clean(self):
        super().clean()
        if not self.may_correct and any("text" in each.changed_data for each in self.initial_forms):
            raise forms.ValidationError(
                _("The words of a public source are corrected by publishers.")
            )


class PassageInline(TableInline):
    formset = PassageFormSet
    model = Passage
    fields = ["position", "locator", "paragraph", "kind", "number", "text"]
    show_change_link = True

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.may_correct = not Workflow.is_decided_for(request.user, obj)
        return formset


@admin.register(Source)
class SourceAdmin(PublishedAdmin):
    list_display = ["title", "code", "dated", "document_type", "language", state_chip, "changed"]
    list_filter = ["state", "language", "document_type"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["passages", "version"]
    inlines_after = 3
    fieldsets = [
        (_("Document"), {"fields": ["title", "subtitle", ("code", "language"), "document_type"]}),
        (
            _("Date"),
            {"fields": ["date_as_printed", ("date", "date_precision", "date_qualifier")]},
        ),
        (_("File"), {"fields": ["url", "sha256", "passages"]}),
        PUBLICATION,
    ]

    def get_inlines(self, request, obj):
        """A long document's passages are edited one by one: a form holds only so many fields."""
        is_long = obj is not None and obj.passages.count() > PASSAGES_ON_A_PAGE
        return [SourceRoleInline] if is_long else [SourceRoleInline, PassageInline]

    @admin.display(description=_("passages"))
    def passages(self, record):
        if not record.pk:
            return "-"
        url = reverse("admin:recommendations_passage_changelist")
        return format_html(
            '<a href="{}?source__id__exact={}">{}</a>', url, record.pk, record.passages.count()
        )


@admin.register(Passage)
class PassageAdmin(RecordAdmin):
    list_display = ["locator", "words", "kind", "paragraph", "source"]
    list_filter = ["kind", ("source", RelatedFilter)]
    list_select_related = ["source"]
    autocomplete_fields = ["source"]
    fieldsets = [
        (None, {"fields": ["source", ("locator", "position")]}),
        (None, {"fields": [("paragraph", "kind", "number"), "text"]}),
    ]

    def is_public(self, record) -> bool:
        return record.source.is_published

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        is_decided = obj and Workflow.is_decided_for(request.user, obj.source)
        return [*fields, "source", "locator", "text"] if is_decided else fields

    def _may_restore(self, request, record) -> bool:
        is_decided = record and Workflow.is_decided_for(request.user, record.source)
        return not is_decided and super()._may_restore(request, record)

    @admin.display(description=_("text"), ordering="text")
    def words(self, record):
        return excerpt(record.text, record.source.language)


@admin.register(Theme)
class ThemeAdmin(PublishedAdmin):
    list_display = ["named", "position", "scope_en", state_chip, "changed"]
    list_filter = ["state", "name_ar_origin"]
    prepopulated_fields = {"slug": ["name_en"]}
    fieldsets = [
        (_("Name"), {"fields": ["name_en", "scope_en", "position"]}),
        (_("Arabic"), {"fields": [("name_ar", "name_ar_origin"), "scope_ar"]}),
        PUBLICATION,
    ]


@admin.register(Goal)
class GoalAdmin(RecordAdmin):
    list_display = ["number", "named"]
    list_filter = ["name_ar_origin"]
    fieldsets = [
        (_("Name"), {"fields": ["number", "name_en"]}),
        ARABIC_NAME,
    ]


class CitationInline(TableInline):
    model = Citation
    autocomplete_fields = ["passage"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("passage")


@admin.register(Instrument)
class InstrumentAdmin(PublishedAdmin):
    list_display = ["named", "type", state_chip, "changed"]
    list_filter = ["state", "type", "name_ar_origin"]
    prepopulated_fields = {"slug": ["name_en"]}
    inlines = [CitationInline, InstrumentRoleInline]
    fieldsets = [
        (_("Name"), {"fields": ["name_en", "type"]}),
        ARABIC_NAME,
        PUBLICATION,
    ]
