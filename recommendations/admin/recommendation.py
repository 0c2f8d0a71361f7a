"""Recommendations, in the order in which a curator meets their facts on paper."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..choices import State
from ..models import (
    Goal,
    GoalAssignment,
    Recommendation,
    RecommendationLink,
    ThemeAssignment,
    group_problems,
)
from ..validators import validate_sdg_code
from .additions import Additions
from .base import PublishedAdmin, StackInline, TableInline, excerpt
from .filters import ArabicTextFilter, AttentionFilter, RelatedFilter, VerificationFilter
from .workflow import PublishedForm, state_chip


def publication_problems(recommendation: Recommendation, groups) -> list[str]:
    """What a recommendation lacks to be published, in words for its editor."""
    problems = list(group_problems(recommendation, groups))
    if not recommendation.passage_id:
        problems.append(_("Publishing needs the passage that the text was copied from."))
    elif not recommendation.is_verified and not recommendation.difference_reason:
        problems.append(_("The text does not stand in its passage, character by character."))
    if not recommendation.meeting_id:
        problems.append(_("Publishing needs the meeting where it was delivered."))
    return problems


class RecommendationForm(PublishedForm):
    def clean(self):
        has_errors = bool(self.errors)
        super().clean()
        if has_errors or self.conflict:
            return
        names = ["kind", "number", "meeting", "passage", "text", "difference_reason"]
        values = {n: self.cleaned_data.get(n, getattr(self.instance, n)) for n in names}
        candidate = Recommendation(pk=self.instance.pk, **values)
        groups = self.cleaned_data["working_groups"]
        if self.cleaned_data.get("state") == State.PUBLISHED:
            for problem in publication_problems(candidate, groups):
                self.add_error(None, problem)
        else:
            for problem in group_problems(candidate, groups):
                self.add_error("working_groups", problem)


class ThemeInline(TableInline):
    formset = forms.BaseInlineFormSet  # opinions of editors, not facts of the source
    model = ThemeAssignment
    autocomplete_fields = ["theme"]
    fields = ["theme", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("recommendation", "theme")


class GoalAssignmentForm(forms.ModelForm):
    """Asks for the code alone: it begins with the number of its goal."""

    def clean_code(self):
        code = self.cleaned_data["code"]
        validate_sdg_code(code)
        goal = Goal.objects.filter(number=code.partition(".")[0]).first()
        if goal is None:
            raise ValidationError(_("Record this goal first, among the goals."))
        self.instance.goal = goal
        return code


class GoalInline(TableInline):
    formset = forms.BaseInlineFormSet  # opinions of editors, not facts of the source
    model = GoalAssignment
    form = GoalAssignmentForm
    fields = ["code", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("recommendation")


class LinkInline(StackInline):
    formset = forms.BaseInlineFormSet  # opinions of editors, not facts of the source
    model = RecommendationLink
    fk_name = "recommendation"
    autocomplete_fields = ["other", "passage"]
    fieldsets = [
        (
            None,
            {"fields": [("kind", "other"), "shared_words", ("reason_en", "reason_ar"), "passage"]},
        )
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("recommendation", "other", "passage")


@admin.register(Recommendation)
class RecommendationAdmin(Additions, PublishedAdmin):
    form = RecommendationForm
    actions = [*Additions.actions, *PublishedAdmin.actions]
    list_display = [
        "reference",
        "words",
        "groups",
        "number",
        "meeting",
        state_chip,
        "theme_count",
        "is_verified",
        "changed",
    ]
    list_filter = [
        "state",
        AttentionFilter,
        "kind",
        ("working_groups", RelatedFilter),
        ("meeting", RelatedFilter),
        ("themes", RelatedFilter),
        ("passage__source", RelatedFilter),
        ArabicTextFilter,
        VerificationFilter,
    ]
    list_select_related = ["meeting", "passage"]
    list_prefetch_related = ["working_groups", "theme_assignments"]
    autocomplete_fields = [
        "passage",
        "working_groups",
        "organisation",
        "meeting",
        "addressees",
        "instruments",
    ]
    readonly_fields = ["passage_text", "verification", "version"]
    approved = [
        "reference",
        "passage",
        "text",
        "text_language",
        "difference_reason",
        "text_ar",
        "text_ar_origin",
    ]
    inlines = [ThemeInline, GoalInline, LinkInline]
    inlines_after = 4
    fieldsets = [
        (_("Source and place"), {"fields": [("passage", "passage_text"), "verification"]}),
        (_("Verbatim text"), {"fields": ["text", "text_language", "difference_reason"]}),
        (
            _("Who and where"),
            {
                "fields": [
                    ("kind", "number"),
                    "working_groups",
                    "organisation",
                    "meeting",
                    "delivered_by",
                    "addressees",
                ]
            },
        ),
        (_("Editorial"), {"fields": ["instruments"]}),
        (_("Arabic"), {"fields": ["text_ar", "text_ar_origin"]}),
        (_("Publication"), {"fields": ["reference", "position", "state", "version"]}),
    ]

    def publication_problems(self, record):
        return publication_problems(record, record.working_groups.all())

    @admin.display(description=_("text"), ordering="text")
    def words(self, record):
        return excerpt(record.text, record.text_language)

    @admin.display(description=_("working group"))
    def groups(self, record):
        return ", ".join(group.code for group in record.working_groups.all())

    @admin.display(description=_("themes"))
    def theme_count(self, record):
        return len(record.theme_assignments.all())

    @admin.display(description=_("verified"), boolean=True)
    def is_verified(self, record):
        return record.is_verified

    @admin.display(description=_("verification"))
    def verification(self, record):
        """How the text stands to its passage, as last saved."""
        if not record.passage_id:
            return _("No passage yet.")
        verdicts = {
            True: ("yes", _("The text stands in its passage, character by character.")),
            False: ("no", _("The text differs from its passage.")),
        }
        mark, words = verdicts[record.is_verified]
        return format_html('<span class="mark" data-verified="{}">{}</span>', mark, words)
