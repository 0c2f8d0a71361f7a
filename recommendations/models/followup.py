"""What happened to recommendations afterwards. Nothing recorded never means nothing done."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..choices import FollowUpKind
from .base import DatedModel, PublishedModel, together
from .fields import VerbatimField
from .parties import Organisation
from .recommendation import Recommendation
from .sources import Passage


class FollowUp(DatedModel, PublishedModel):
    """A dated fact about recommendations, by one organisation, with the passage that says it."""

    natural_key_fields = ("slug",)
    found_by = ("slug", "text", "organisation__name_en", "organisation__name_ar")

    slug = models.SlugField(_("address name"), unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=FollowUpKind.choices)
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

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-up")
        ordering = ["date", "slug"]
        constraints = [together("date", "date_precision", "date")]

    def __str__(self):
        return f"{self.organisation}: {self.get_kind_display()} ({self.passage.locator})"

    def get_absolute_url(self):
        return f"{self.passage.get_absolute_url()}"
