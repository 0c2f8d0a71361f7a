"""Sources with their passages, and the vocabularies that describe texts."""

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
from .filters import RelatedFilter
from .parties import InstrumentRoleInline, SourceRoleInline
from .workflow import state_chip

PASSAGES_ON_A_PAGE = 200


class PassageInline(TableInline):
    model = Passage
    fields = ["position", "locator", "paragraph", "kind", "number", "text"]
    show_change_link = True


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
