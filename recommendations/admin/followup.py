"""What happened to recommendations afterwards."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..choices import State
from ..models import FollowUp
from .base import PLACE_IN_SOURCE, PUBLICATION, PublishedAdmin
from .filters import RelatedFilter
from .workflow import PublishedForm, state_chip


class FollowUpForm(PublishedForm):
    def clean(self):
        super().clean()
        text, passage = self.cleaned_data.get("text"), self.cleaned_data.get("passage")
        is_new = self.cleaned_data.get("state") == State.PUBLISHED != self.was
        if is_new and text and passage and text not in passage.text:
            self.add_error(
                "text", _("The text does not stand in its passage, character by character.")
            )


@admin.register(FollowUp)
class FollowUpAdmin(PublishedAdmin):
    form = FollowUpForm
    list_display = ["slug", "kind", "assessment", "organisation", "dated"]
    list_display += ["references", state_chip, "changed"]
    list_filter = ["state", "kind", "assessment", ("organisation", RelatedFilter)]
    list_select_related = ["organisation", "passage"]
    list_prefetch_related = ["recommendations"]
    autocomplete_fields = ["organisation", "recommendations", "passage"]
    readonly_fields = ["passage_text", "version"]
    approved = ["passage", "text"]
    fieldsets = [
        PLACE_IN_SOURCE,
        (
            _("What happened"),
            {"fields": ["text", ("kind", "assessment"), "organisation", "recommendations"]},
        ),
        (_("When"), {"fields": [("date", "date_precision", "date_qualifier")]}),
        PUBLICATION,
    ]

    def publication_problems(self, record):
        if record.text in record.passage.text:
            return []
        return [_("The text does not stand in its passage, character by character.")]

    @admin.display(description=_("recommendations"))
    def references(self, record):
        return len(record.recommendations.all())
