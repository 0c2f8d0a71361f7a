"""What happened to recommendations afterwards."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import FollowUp
from .base import PLACE_IN_SOURCE, PUBLICATION, PublishedAdmin
from .filters import RelatedFilter
from .workflow import state_chip


@admin.register(FollowUp)
class FollowUpAdmin(PublishedAdmin):
    list_display = ["slug", "kind", "organisation", "dated", "references", state_chip, "changed"]
    list_filter = ["state", "kind", ("organisation", RelatedFilter)]
    list_select_related = ["organisation", "passage"]
    list_prefetch_related = ["recommendations"]
    search_fields = ["slug", "text", "organisation__name_en", "organisation__name_ar"]
    autocomplete_fields = ["organisation", "recommendations", "passage"]
    readonly_fields = ["passage_text", "version"]
    fieldsets = [
        PLACE_IN_SOURCE,
        (_("What happened"), {"fields": ["text", ("kind", "organisation"), "recommendations"]}),
        (_("When"), {"fields": [("date", "date_precision", "date_qualifier")]}),
        PUBLICATION,
    ]

    @admin.display(description=_("recommendations"))
    def references(self, record):
        return len(record.recommendations.all())
