"""Conferences, meetings and working groups."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import Conference, Meeting, WorkingGroup
from .base import ARABIC_NAME, PLACE_IN_SOURCE, PUBLICATION, PublishedAdmin
from .filters import RelatedFilter
from .parties import MeetingRoleInline
from .workflow import state_chip

WHEN = [("date", "date_precision", "date_qualifier"), "end_date", "place"]


@admin.register(Conference)
class ConferenceAdmin(PublishedAdmin):
    list_display = ["named", "dated", "place", state_chip, "changed"]
    list_filter = ["state", "name_ar_origin"]
    autocomplete_fields = ["passage"]
    prepopulated_fields = {"slug": ["name_en"]}
    readonly_fields = ["passage_text", "version"]
    fieldsets = [
        PLACE_IN_SOURCE,
        (_("Name"), {"fields": ["name_as_printed", "name_en", "ordinal", "title"]}),
        (_("When and where"), {"fields": WHEN}),
        ARABIC_NAME,
        PUBLICATION,
    ]


@admin.register(Meeting)
class MeetingAdmin(PublishedAdmin):
    list_display = ["named", "dated", "place", "conference", state_chip, "changed"]
    list_filter = [
        "state",
        ("conference", RelatedFilter),
        ("working_groups", RelatedFilter),
        "name_ar_origin",
    ]
    list_select_related = ["conference"]
    autocomplete_fields = ["conference", "passage", "working_groups"]
    prepopulated_fields = {"slug": ["name_en"]}
    readonly_fields = ["passage_text", "version"]
    inlines = [MeetingRoleInline]
    inlines_after = 4
    fieldsets = [
        PLACE_IN_SOURCE,
        (_("Name"), {"fields": ["words_in_source", "name_en", "summary"]}),
        (_("When and where"), {"fields": ["date_as_printed", *WHEN]}),
        (_("Who"), {"fields": ["conference", "working_groups"]}),
        ARABIC_NAME,
        PUBLICATION,
    ]


@admin.register(WorkingGroup)
class WorkingGroupAdmin(PublishedAdmin):
    list_display = ["named", "code", "position", state_chip, "changed"]
    list_filter = ["state", "name_ar_origin"]
    autocomplete_fields = ["passage", "heading", "lead_in"]
    prepopulated_fields = {"slug": ["name_en"]}
    readonly_fields = ["passage_text", "version"]
    fieldsets = [
        (_("Source and place"), {"fields": [("passage", "passage_text"), "heading", "lead_in"]}),
        (_("Name"), {"fields": ["name_as_printed", "name_en", ("code", "position")]}),
        ARABIC_NAME,
        PUBLICATION,
    ]
