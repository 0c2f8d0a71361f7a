"""What happened to recommendations afterwards. Nothing recorded never means nothing done."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..choices import Assessment, FollowUpKind, State
from .base import DatedModel, NaturalKeyManager, PublishedModel, PublishedQuerySet, together
from .fields import VerbatimField
from .parties import Organisation
from .recommendation import Recommendation
from .sources import Passage

# What may say how far the implementation is.
ASSESSING = (FollowUpKind.ACTION, FollowUpKind.IMPLEMENTATION)
ONLY_REPORTS = _("Only an action or an implementation report has an assessment. Leave it empty.")


class FollowUpQuerySet(PublishedQuerySet):
    def published(self):
        """Facts of public organisations in public sources."""
        return (
            super()
            .published()
            .filter(organisation__state=State.PUBLISHED, passage__source__state=State.PUBLISHED)
        )

    def with_related(self):
        return self.select_related("organisation", "passage__source")


class FollowUp(DatedModel, PublishedModel):
    """A dated fact about recommendations, by one organisation, with the passage that says it."""

    natural_key_fields = ("slug",)
    found_by = ("slug", "text", "organisation__name_en", "organisation__name_ar")

    slug = models.SlugField(_("address name"), unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=FollowUpKind.choices)
    assessment = models.CharField(
        _("assessment"),
        max_length=20,
        choices=Assessment.choices,
        blank=True,
        help_text=_(
            "How the organisation itself sees the implementation; empty where its words do not "
            "say. For an action or an implementation report only."
        ),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="follow_ups",
        verbose_name=_("organisation"),
        help_text=_("Who endorsed, answered, acted or reported."),
    )
    recommendations = models.ManyToManyField(
        Recommendation,
        related_name="follow_ups",
        verbose_name=_("recommendations"),
        help_text=_("Those that the passage speaks of."),
    )
    text = VerbatimField(_("text"), help_text=_("The words of the source, exactly."))
    passage = models.ForeignKey(
        Passage, on_delete=models.PROTECT, related_name="follow_ups", verbose_name=_("passage")
    )

    objects = NaturalKeyManager.from_queryset(FollowUpQuerySet)()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-up")
        ordering = ["date", "slug"]
        constraints = [
            together("date", "date_precision", "date"),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_assessment",
                condition=Q(assessment="") | Q(kind__in=ASSESSING),
                violation_error_message=ONLY_REPORTS,
            ),
        ]

    def __str__(self):
        return f"{self.organisation}: {self.get_kind_display()} ({self.passage.locator})"

    def clean(self):
        super().clean()
        if self.assessment and self.kind not in ASSESSING:
            raise ValidationError({"assessment": ONLY_REPORTS})

    def get_absolute_url(self):
        return f"{self.passage.get_absolute_url()}"
