"""Recommendations, word for word, and how they stand to each other."""

from django.db import models
from django.db.models import Count, Max, Prefetch, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..choices import Kind, Language, TextOrigin
from ..translation import Words, reader_language
from .assignments import ThemeAssignment
from .base import (
    NaturalKeyManager,
    PublishedModel,
    PublishedQuerySet,
)
from .events import Meeting, WorkingGroup
from .fields import NameField, ReferenceField, VerbatimField
from .parties import Addressee, Organisation
from .sources import Instrument, Passage, Theme


class RecommendationQuerySet(PublishedQuerySet):
    def with_groups(self, groups=None):
        """All that heads and places a text: its groups, meeting, organisation and source."""
        if groups is None:
            groups = WorkingGroup.objects.published()
        return self.select_related(
            "meeting__conference", "organisation", "passage__source"
        ).prefetch_related(Prefetch("working_groups", groups))

    def with_themes(self):
        themes = ThemeAssignment.objects.filter(theme__in=Theme.objects.published())
        return self.prefetch_related(
            Prefetch("theme_assignments", themes.select_related("theme")),
        )

    def with_related(self):
        """Everything that a row on a page shows, in three queries whatever the number of rows."""
        return self.with_groups().with_themes()

    def counts(self) -> dict[str, int]:
        """How many of the rows are of each kind, named as ``counted`` names them."""
        found = dict(self.order_by().values_list("kind").annotate(Count("pk")))
        return {f"{kind.name.lower()}_count": found.get(kind, 0) for kind in Kind}


class Recommendation(PublishedModel):
    """One thing asked for, word for word."""

    found_by = ("reference", "text", "text_ar", "passage__locator")
    twins_by = "text"
    search_own = (
        "text",
        "text_ar",
    )
    search_names = (
        "reference",
        "working_groups__name_en",
        "working_groups__name_ar",
        "themes__name_en",
        "themes__name_ar",
        "meeting__name_en",
        "meeting__name_ar",
        "meeting__conference__name_en",
        "meeting__conference__name_ar",
        "organisation__name_en",
        "organisation__name_ar",
        "organisation__short_name",
        "addressees__name_en",
        "addressees__name_ar",
        "instruments__name_en",
        "instruments__name_ar",
        "passage__source__title",
    )

    natural_key_fields = ("reference",)

    reference = ReferenceField(
        _("reference"),
        max_length=40,
        unique=True,
        help_text=_("Permanent code of ours, such as CSSR-B7-PR-3. It is never given twice."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=15,
        choices=Kind.choices,
        help_text=_(
            "Numbered under a group's heading, said for several groups, or one body's own."
        ),
    )
    working_groups = models.ManyToManyField(
        WorkingGroup,
        related_name="recommendations",
        verbose_name=_("working group"),
        blank=True,
        help_text=_("The heading it stands under; several only where the text says so."),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="recommendations",
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        help_text=_("Only for an organisation's own recommendation: whose it is."),
    )
    number = models.PositiveSmallIntegerField(
        _("number"),
        null=True,
        blank=True,
        help_text=_("Printed before the item; for an unnumbered one our count in its sentence."),
    )
    text = VerbatimField(_("text"), help_text=_("Word for word as published, misprints included."))
    text_language = models.CharField(
        _("language of the text"),
        max_length=2,
        choices=Language.choices,
        default=Language.ENGLISH,
    )
    text_ar = VerbatimField(
        _("Arabic text"),
        blank=True,
        help_text=_("Only an Arabic text that somebody published; never a translation of ours."),
    )
    text_ar_origin = models.CharField(
        _("standing of the Arabic text"),
        max_length=12,
        choices=TextOrigin.choices,
        blank=True,
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="recommendations",
        verbose_name=_("passage"),
        null=True,
        blank=True,
        help_text=_("The list item or paragraph it was copied from. Needed to publish."),
    )
    difference_reason = NameField(
        _("why the text differs from its passage"),
        blank=True,
        help_text=_("Only where the text does not stand in its passage, character by character."),
    )
    meeting = models.ForeignKey(
        Meeting,
        on_delete=models.PROTECT,
        related_name="recommendations",
        verbose_name=_("meeting"),
        null=True,
        blank=True,
        help_text=_("Where it was delivered."),
    )
    delivered_by = NameField(
        _("delivered by"),
        blank=True,
        help_text=_("Name and office as the source prints them; no contact details, ever."),
    )
    addressees = models.ManyToManyField(
        Addressee,
        related_name="recommendations",
        verbose_name=_("addressee"),
        blank=True,
        help_text=_("Only whom the text itself names. Empty means: not named in the text."),
    )
    instruments = models.ManyToManyField(
        Instrument,
        related_name="recommendations",
        verbose_name=_("instrument"),
        blank=True,
        help_text=_("Laws, resolutions and strategies that the text itself names."),
    )
    themes = models.ManyToManyField(
        Theme,
        through="ThemeAssignment",
        related_name="recommendations",
        verbose_name=_("theme"),
    )
    position = models.PositiveIntegerField(
        _("position"),
        unique=True,
        blank=True,
        help_text=_("Order of delivery, counted through the collection. Empty: at the end."),
    )

    objects = NaturalKeyManager.from_queryset(RecommendationQuerySet)()

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["position"]
        permissions = [("publish", "Can publish and withdraw records")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reference",
                condition=Q(reference=Upper("reference")) & ~Q(reference=""),
                violation_error_message=_("Write the reference code in capitals."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_text",
                condition=~Q(text=""),
                violation_error_message=_("A recommendation needs its text."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_text_ar_origin",
                condition=Q(text_ar="", text_ar_origin="")
                | (~Q(text_ar="") & ~Q(text_ar_origin="")),
                violation_error_message=_(
                    "Give the Arabic text together with its standing, or leave both empty."
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_own",
                condition=Q(kind=Kind.OWN, organisation__isnull=False)
                | (~Q(kind=Kind.OWN) & Q(organisation__isnull=True)),
                violation_error_message=_(
                    "Name the organisation for its own recommendation, and only then."
                ),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_numbered",
                condition=~Q(kind=Kind.NUMBERED) | Q(number__isnull=False),
                violation_error_message=_("A numbered recommendation needs its number."),
            ),
        ]
        indexes = [
            # the keys of the public list in the order of delivery, and what `facets.py` groups them
            # by: all from the index, for a scan of the wide rows takes three times as long
            models.Index(
                fields=["state", "position", "id", "kind", "meeting", "organisation", "passage"],
                name="recommendation_list",
            ),
            # the same by sort=newest, which walks the meetings by date
            models.Index(fields=["meeting", "position"], name="recommendation_meeting"),
        ]

    def __str__(self):
        return self.reference

    def get_absolute_url(self):
        return reverse("recommendation-detail", args=[self.reference])

    def save(self, *args, **kwargs):
        if self.position is None:
            last = Recommendation.objects.aggregate(last=Max("position"))["last"]
            self.position = (last or 0) + 1
        super().save(*args, **kwargs)

    @classmethod
    def reviewed_fields(cls):
        return ["text", "text_language", "text_ar", "text_ar_origin", "passage_id"]

    @property
    def words(self) -> Words:
        """The text as published, with its language."""
        return Words(self.text, self.text_language)

    @property
    def arabic_words(self) -> Words | None:
        return Words(self.text_ar, "ar") if self.text_ar else None

    @property
    def quoted(self) -> Words:
        """What a list shows: the recorded Arabic text to a reader of Arabic, else the original."""
        return self.arabic_words if self.text_ar and reader_language() == "ar" else self.words

    @property
    def is_excerpt(self) -> bool:
        """Whether the text is a part of its passage, word for word."""
        return (
            bool(self.passage) and self.text != self.passage.text and self.text in self.passage.text
        )

    @property
    def is_verified(self) -> bool:
        """Whether the text stands in its passage, character by character."""
        return bool(self.passage) and self.text in self.passage.text


def group_problems(recommendation: Recommendation, groups) -> list[str]:
    """What is wrong with the working groups of a recommendation, in words for its editor.

    Many-to-many rows lie beyond the reach of a database constraint, so forms, imports and
    ``check_data`` ask here.
    """
    groups = list(groups)
    if recommendation.kind == Kind.NUMBERED and not groups:
        return [_("A numbered recommendation needs the working group it stands under.")]
    if recommendation.kind == Kind.CROSS_CUTTING and len(groups) < 2:
        return [_("A cross-cutting recommendation needs two working groups or more.")]
    if recommendation.kind == Kind.OWN and groups:
        return [_("An organisation's own recommendation has no working group.")]
    if recommendation.kind == Kind.NUMBERED:
        twin = (
            Recommendation.objects.filter(
                kind=Kind.NUMBERED,
                meeting=recommendation.meeting_id,
                number=recommendation.number,
                working_groups__in=groups,
            )
            .exclude(pk=recommendation.pk)
            .first()
        )
        if twin:
            return [
                _("%(reference)s already has this number in this group and meeting.")
                % {"reference": twin.reference}
            ]
    return []
