"""What editors add to recommendations: themes, goals, and links from one to another."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..choices import LinkKind
from ..translation import translated
from ..validators import validate_sdg_code
from .base import NaturalKeyModel
from .fields import NameField, VerbatimField
from .sources import Goal, Passage, Theme


class ThemeAssignment(NaturalKeyModel):
    """An editor's opinion that a recommendation speaks of a theme; the first is its main one."""

    natural_key_fields = ("recommendation__reference", "theme__slug")

    recommendation = models.ForeignKey(
        "Recommendation",
        on_delete=models.CASCADE,
        related_name="theme_assignments",
        verbose_name=_("recommendation"),
    )
    theme = models.ForeignKey(
        Theme, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("theme")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("1 is the main theme.")
    )

    class Meta:
        verbose_name = _("theme of a recommendation")
        verbose_name_plural = _("themes of recommendations")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "theme"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("The recommendation already has this theme."),
            )
        ]
        # rows of one theme, for filters and counts
        indexes = [models.Index(fields=["theme", "recommendation"], name="theme_recommendations")]

    def __str__(self):
        return f"{self.recommendation}: {self.theme}"

    def get_absolute_url(self):
        return self.recommendation.get_absolute_url()


class GoalAssignment(NaturalKeyModel):
    """An editor's opinion that a recommendation serves a Sustainable Development Goal or target."""

    natural_key_fields = ("recommendation__reference", "code")

    recommendation = models.ForeignKey(
        "Recommendation",
        on_delete=models.CASCADE,
        related_name="goal_assignments",
        verbose_name=_("recommendation"),
    )
    code = models.CharField(
        _("goal or target"),
        max_length=5,
        validators=[validate_sdg_code],
        help_text=_("A goal (16) or one of its targets (16.7), as in the 2030 Agenda."),
    )
    goal = models.ForeignKey(
        Goal,
        on_delete=models.PROTECT,
        related_name="assignments",
        verbose_name=_("goal"),
        help_text=_("The goal that the code begins with."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("SDG link")
        verbose_name_plural = _("SDG links")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "code"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("The recommendation already has this goal or target."),
            )
        ]
        # rows of one goal, for filters and counts
        indexes = [models.Index(fields=["goal", "recommendation"], name="goal_recommendations")]

    def __str__(self):
        return f"{self.recommendation}: {self.code}"

    def get_absolute_url(self):
        return self.recommendation.get_absolute_url()

    def clean(self):
        super().clean()
        if self.goal_id and self.code.partition(".")[0] != str(self.goal.number):
            raise ValidationError({"goal": _("The code begins with another goal.")})


class RecommendationLink(NaturalKeyModel):
    """How one recommendation stands to another, and why we say so."""

    natural_key_fields = ("recommendation__reference", "other__reference", "kind")

    recommendation = models.ForeignKey(
        "Recommendation",
        on_delete=models.CASCADE,
        related_name="links",
        verbose_name=_("recommendation"),
    )
    kind = models.CharField(
        _("kind"), max_length=12, choices=LinkKind.choices, default=LinkKind.RELATED
    )
    other = models.ForeignKey(
        "Recommendation",
        on_delete=models.CASCADE,
        related_name="links_back",
        verbose_name=_("other recommendation"),
    )
    shared_words = VerbatimField(
        _("shared words"), blank=True, help_text=_("Words that stand in both texts, exactly.")
    )
    reason_en = NameField(
        _("reason (English)"), blank=True, help_text=_("Needed where no shared words are given.")
    )
    reason_ar = NameField(_("reason (Arabic)"), blank=True)
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="links",
        verbose_name=_("passage"),
        null=True,
        blank=True,
        help_text=_("Where a source itself says so; empty for a link of ours."),
    )

    reason = translated("reason")

    class Meta:
        verbose_name = _("link between recommendations")
        verbose_name_plural = _("links between recommendations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "other", "kind"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("This link is already recorded."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_other",
                condition=~Q(recommendation=models.F("other")),
                violation_error_message=_("A recommendation cannot be linked to itself."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reason",
                condition=~Q(shared_words="") | ~Q(reason_en=""),
                violation_error_message=_("Say why: the shared words, or a reason."),
            ),
        ]

    def __str__(self):
        return f"{self.recommendation} {self.get_kind_display()} {self.other}"

    def get_absolute_url(self):
        return self.recommendation.get_absolute_url()
