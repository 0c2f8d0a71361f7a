"""Organisations, what the sources say they did, and who supports them."""

from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import dates
from ..choices import FunderType, OrganisationType, Role, State
from .base import (
    NamedModel,
    NaturalKeyManager,
    NaturalKeyModel,
    PublishedModel,
    PublishedQuerySet,
    named_constraints,
    ordered,
    precision_field,
    refuse_false_precision,
    together,
)
from .events import Meeting
from .fields import NameField, VerbatimField
from .sources import Instrument, Passage, Source


class Period(models.Model):
    """Since when and until when a fact holds, where the source says so."""

    since = models.DateField(
        _("since"), null=True, blank=True, help_text=_("Only where the source prints it.")
    )
    since_precision = precision_field(_("precision of since"))
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("Only where the source prints it.")
    )
    until_precision = precision_field(_("precision of until"))

    class Meta:
        abstract = True

    @property
    def period(self) -> str:
        """In words; empty where the source states none."""
        return dates.period(
            self.since and dates.in_words(self.since, self.since_precision),
            self.until and dates.in_words(self.until, self.until_precision),
        )

    def clean(self):
        super().clean()
        refuse_false_precision(self, ("since", "since_precision"), ("until", "until_precision"))


def period_constraints():
    return [
        together("since", "since_precision", "since"),
        together("until", "until_precision", "until"),
        ordered("since", "until", "period"),
    ]


class OrganisationQuerySet(PublishedQuerySet):
    def with_related(self):
        return self.prefetch_related("roles")


class Organisation(NamedModel, PublishedModel):
    """A body with a role in the sources."""

    search_own = (
        "name_en",
        "name_ar",
        "short_name",
        "other_names",
        "facts",
    )
    search_names = ()
    found_by = ("name_en", "name_ar", "short_name", "other_names", "slug")

    slug = models.SlugField(_("address name"), unique=True)
    short_name = NameField(
        _("short name"), max_length=40, blank=True, help_text=_("The abbreviation printed.")
    )
    other_names = VerbatimField(
        _("other forms in the texts"), blank=True, help_text=_("One a line, as printed.")
    )
    type = models.CharField(
        _("type"),
        max_length=25,
        choices=OrganisationType.choices,
        default=OrganisationType.UNKNOWN,
        help_text=_("What the source calls the body."),
    )
    facts = VerbatimField(
        _("facts stated"),
        blank=True,
        help_text=_("What the source states about the body itself, such as its founding year."),
    )

    objects = NaturalKeyManager.from_queryset(OrganisationQuerySet)()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name_en", "slug"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return reverse("organisation-detail", args=[self.slug])

    @property
    def role_labels(self) -> list[str]:
        """What the sources say it did, each kind of role once."""
        held = {each.role for each in self.roles.all()}
        return [role.label for role in Role if role in held]


class OrganisationRoleQuerySet(models.QuerySet):
    def published(self):
        """Roles of public organisations in what is public."""
        public = Q(organisation__state=State.PUBLISHED)
        for target in ("body", "meeting", "source", "instrument"):
            public &= Q(**{f"{target}__isnull": True}) | Q(**{f"{target}__state": State.PUBLISHED})
        return self.filter(public)

    def with_related(self):
        return self.select_related("organisation", "passage")


class OrganisationRole(Period, NaturalKeyModel):
    """One thing that a source says an organisation did, and the passage that says it."""

    natural_key_fields = (
        "organisation__slug",
        "role",
        "body__slug",
        "meeting__slug",
        "source__slug",
        "instrument__slug",
    )

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="roles",
        verbose_name=_("organisation"),
    )
    role = models.CharField(_("role"), max_length=25, choices=Role.choices)
    body = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="roles_of_others",
        verbose_name=_("of the body"),
        null=True,
        blank=True,
        help_text=_("The body that a convenor convenes or a partner serves."),
    )
    meeting = models.ForeignKey(
        Meeting,
        on_delete=models.PROTECT,
        related_name="roles",
        verbose_name=_("at the meeting"),
        null=True,
        blank=True,
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        related_name="roles",
        verbose_name=_("of the source"),
        null=True,
        blank=True,
        help_text=_("The document that a publisher published."),
    )
    instrument = models.ForeignKey(
        Instrument,
        on_delete=models.PROTECT,
        related_name="roles",
        verbose_name=_("of the instrument"),
        null=True,
        blank=True,
        help_text=_("The resolution or law that an issuer issued."),
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="roles",
        verbose_name=_("passage"),
        help_text=_("The passage that says so."),
    )

    objects = NaturalKeyManager.from_queryset(OrganisationRoleQuerySet)()

    class Meta:
        verbose_name = _("organisation's role")
        verbose_name_plural = _("organisations' roles")
        ordering = ["organisation", "passage", "pk"]
        constraints = [
            *period_constraints(),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_one_object",
                condition=Q(body=None, meeting=None, source=None)
                | Q(body=None, meeting=None, instrument=None)
                | Q(body=None, source=None, instrument=None)
                | Q(meeting=None, source=None, instrument=None),
                violation_error_message=_(
                    "A role belongs to one thing: a body, a meeting, a source or an instrument."
                ),
            ),
            *(
                models.UniqueConstraint(
                    fields=["organisation", "role", target],
                    name=f"%(app_label)s_%(class)s_{target}",
                    violation_error_message=_("This role of the organisation is already recorded."),
                )
                for target in ("body", "meeting", "source", "instrument")
            ),
        ]

    def __str__(self):
        role = self.get_role_display()
        return f"{self.organisation}: {role}" + (f", {self.about}" if self.about else "")

    def get_absolute_url(self):
        return self.organisation.get_absolute_url()

    @property
    def about(self):
        """The one thing that the role belongs to, or None."""
        return self.body or self.meeting or self.source or self.instrument


class Addressee(NamedModel, PublishedModel):
    """Whom a text asks to act, in the words of the text: a body on record or one only described."""

    slug = models.SlugField(_("address name"), unique=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="addressees",
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        help_text=_("The organisation on record, where the text names one."),
    )

    class Meta:
        verbose_name = _("addressee")
        verbose_name_plural = _("addressees")
        ordering = ["slug"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return f"{reverse('recommendation-list')}?addressee={self.slug}"


class FunderQuerySet(PublishedQuerySet):
    def with_related(self):
        support = Support.objects.published().select_related("organisation", "passage__source")
        return self.prefetch_related(Prefetch("support", support))


class Funder(NamedModel, PublishedModel):
    """Who supports a body, in the word of the source."""

    search_own = (
        "name_en",
        "name_ar",
    )
    search_names = (
        "support__organisation__name_en",
        "support__organisation__name_ar",
    )

    slug = models.SlugField(_("address name"), unique=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Order in which the source names them.")
    )
    type = models.CharField(
        _("type (by editors)"), max_length=20, choices=FunderType.choices, blank=True
    )

    objects = NaturalKeyManager.from_queryset(FunderQuerySet)()

    class Meta:
        verbose_name = _("funder")
        verbose_name_plural = _("funders")
        ordering = ["position", "slug"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return reverse("funder-detail", args=[self.slug])


class SupportQuerySet(models.QuerySet):
    def published(self):
        """Support of public organisations by public funders."""
        return self.filter(funder__state=State.PUBLISHED, organisation__state=State.PUBLISHED)

    def with_related(self):
        return self.select_related("funder", "organisation", "passage")


class Support(Period, NaturalKeyModel):
    """A source's statement that a funder supports an organisation."""

    natural_key_fields = ("funder__slug", "organisation__slug")

    funder = models.ForeignKey(
        Funder, on_delete=models.CASCADE, related_name="support", verbose_name=_("funder")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="support",
        verbose_name=_("supported organisation"),
    )
    amount = NameField(
        _("amount"),
        max_length=80,
        blank=True,
        help_text=_("Figure and currency as printed; empty where the source names none."),
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="support",
        verbose_name=_("passage"),
        help_text=_("The passage that says so."),
    )

    objects = NaturalKeyManager.from_queryset(SupportQuerySet)()

    class Meta:
        verbose_name = _("support")
        verbose_name_plural = _("support")
        ordering = ["funder", "organisation"]
        constraints = [
            *period_constraints(),
            models.UniqueConstraint(
                fields=["funder", "organisation"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("This support is already recorded."),
            ),
        ]

    def __str__(self):
        return f"{self.funder} → {self.organisation}"

    def get_absolute_url(self):
        return self.funder.get_absolute_url()
