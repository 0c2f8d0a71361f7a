"""The documents, their passages, and the vocabularies that describe texts."""

import re

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..choices import InstrumentType, Language, PassageKind, Role, State
from ..translation import Words, translated
from .base import (
    DatedModel,
    NamedModel,
    NaturalKeyManager,
    NaturalKeyModel,
    PublishedModel,
    PublishedQuerySet,
    named_constraints,
    together,
)
from .fields import NameField, ReferenceField, VerbatimField


class SourceQuerySet(PublishedQuerySet):
    def with_related(self):
        return self.prefetch_related("roles__organisation")


class Source(DatedModel, PublishedModel):
    """A published document that texts and facts are taken from."""

    search_own = (
        "title",
        "subtitle",
    )
    search_names = ("passages__text",)
    found_by = ("title", "subtitle", "code", "slug", "roles__organisation__name_en")
    reviewed_rows = ("passages",)

    slug = models.SlugField(
        _("address name"), unique=True, help_text=_("Permanent; part of the page's address.")
    )
    code = ReferenceField(
        _("code"),
        max_length=12,
        unique=True,
        help_text=_("Short code that every locator of this document begins with, such as D1."),
    )
    title = VerbatimField(_("title"), help_text=_("As printed at the head of the document."))
    subtitle = VerbatimField(
        _("subtitle"), blank=True, help_text=_("The line below the title, as printed.")
    )
    date_as_printed = NameField(
        _("date as printed"),
        max_length=60,
        blank=True,
        help_text=_("Near the title: “June, 2023”."),
    )
    document_type = NameField(
        _("type of document"),
        max_length=120,
        blank=True,
        help_text=_("What the document is: an article, a report, a recording."),
    )
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=Language.choices,
        help_text=_("Language of the recorded text."),
    )
    url = models.URLField(
        _("address of the original"), blank=True, help_text=_("Leave empty where it is not known.")
    )
    sha256 = models.CharField(
        _("SHA-256 of the file"),
        max_length=64,
        validators=[RegexValidator(r"^[0-9a-f]{64}$", _("64 characters, 0-9 and a-f."))],
        help_text=_("Of the file that the passages were copied from; `sha256sum FILE` prints it."),
    )

    objects = NaturalKeyManager.from_queryset(SourceQuerySet)()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["-date", "code"]
        constraints = [together("date", "date_precision", "date")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("source-detail", args=[self.slug])

    @property
    def name(self) -> Words:
        """The title with its language."""
        return Words(self.title, self.language)

    @property
    def publishers(self):
        """Published organisations that a role names as publisher, by name."""
        return [
            role.organisation
            for role in self.roles.all()
            if role.role == Role.PUBLISHER and role.organisation.is_published
        ]


class PassageQuerySet(models.QuerySet):
    def published(self):
        """Passages of the sources that the public sees."""
        return self.filter(source__state=State.PUBLISHED)

    def with_related(self):
        return self.select_related("source")


class Passage(NaturalKeyModel):
    """One printed paragraph, heading or list item of a source, word for word."""

    natural_key_fields = ("locator",)
    found_by = ("locator", "paragraph", "text")

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="passages", verbose_name=_("source")
    )
    locator = ReferenceField(
        _("locator"),
        max_length=30,
        unique=True,
        help_text=_("Code of the source and line of its file, such as D1:L53."),
    )
    position = models.PositiveIntegerField(
        _("position"), help_text=_("Counted from 1 through the whole document.")
    )
    paragraph = ReferenceField(
        _("paragraph"),
        max_length=12,
        blank=True,
        help_text=_("S6 is the sixth paragraph of the speech, P2 the second of the publisher."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=PassageKind.choices)
    number = models.PositiveSmallIntegerField(
        _("printed number"), null=True, blank=True, help_text=_("Of a numbered list item.")
    )
    text = VerbatimField(_("text"), help_text=_("Exactly as printed, misprints included."))

    objects = NaturalKeyManager.from_queryset(PassageQuerySet)()

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["source", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "position"],
                name="%(app_label)s_%(class)s_position",
                violation_error_message=_("Another passage of this source has this position."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_text",
                condition=~models.Q(text=""),
                violation_error_message=_("A passage needs its text."),
            ),
        ]

    def __str__(self):
        return f"{self.locator} {self.text[:60]}"

    def get_absolute_url(self):
        return f"{self.source.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """Name of the passage's place on the page of its source: ``L53``."""
        return self.locator.rpartition(":")[2]

    @property
    def in_speech(self) -> bool:
        return self.paragraph.startswith("S")

    @property
    def words(self) -> Words:
        """The text with its language."""
        return Words(self.text, self.source.language)

    @property
    def place(self) -> str:
        """Where it stands, for a reader of the document: "Speech, paragraph 8, item 3"."""
        if not self.paragraph:
            return self.get_kind_display()
        place = _("Publisher’s words, paragraph %(number)s")
        if self.in_speech:
            place = _("Speech, paragraph %(number)s")
        place %= {"number": self.paragraph[1:]}
        if self.number is None:
            return place
        return _("%(place)s, item %(number)d") % {"place": place, "number": self.number}

    def parts(self, recommendations) -> list[tuple[str, models.Model | None]]:
        """The text cut where recommendations stand in it: words, with whose words they are."""
        parts, end = [], 0
        found = [(self.text.find(each.text), each.position, each) for each in recommendations]
        for start, _position, each in sorted(found):
            if start >= end:
                parts += [(self.text[end:start], None), (each.text, each)]
                end = start + len(each.text)
        return [part for part in (*parts, (self.text[end:], None)) if part[0]]

    def sentence_with(self, words: str) -> Words:
        """The sentence in which the words stand; all of the text where none holds them."""
        sentences = re.split(r"(?<=[.!?؟])\s+", self.text)
        found = next((each for each in sentences if words in each), self.text)
        return Words(found, self.source.language)


class ThemeQuerySet(PublishedQuerySet):
    def with_related(self):
        return self.counted()


class Theme(NamedModel, PublishedModel):
    """A subject that editors assign: never a statement of the source."""

    search_own = (
        "name_en",
        "name_ar",
        "scope_en",
        "scope_ar",
    )
    search_names = ()
    found_by = ("name_en", "name_ar", "scope_en", "scope_ar", "slug")

    slug = models.SlugField(_("address name"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    scope_en = NameField(
        _("scope note (English)"), blank=True, help_text=_("The words that this theme covers.")
    )
    scope_ar = NameField(_("scope note (Arabic)"), blank=True)

    scope = translated("scope")

    objects = NaturalKeyManager.from_queryset(ThemeQuerySet)()

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["position", "slug"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return reverse("theme-detail", args=[self.slug])


class GoalQuerySet(models.QuerySet):
    def published(self):
        """All of them: the goals are public."""
        return self.all()

    def with_related(self):
        return self.all()


class Goal(NamedModel, NaturalKeyModel):
    """A Sustainable Development Goal (General Assembly resolution 70/1)."""

    natural_key_fields = ("number",)
    found_by = ("number", "name_en", "name_ar")

    number = models.PositiveSmallIntegerField(
        _("number"), unique=True, help_text=_("1 to 17, as in the 2030 Agenda.")
    )

    objects = NaturalKeyManager.from_queryset(GoalQuerySet)()

    class Meta:
        verbose_name = _("Sustainable Development Goal")
        verbose_name_plural = _("Sustainable Development Goals")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_number",
                condition=models.Q(number__range=(1, 17)),
                violation_error_message=_("There are 17 goals: write a number from 1 to 17."),
            ),
            named_constraints(),
        ]

    def __str__(self):
        return f"{self.number} {self.name}"

    def get_absolute_url(self):
        return f"{reverse('recommendation-list')}?sdg={self.number}"


class Instrument(NamedModel, PublishedModel):
    """A resolution, law, framework or strategy that a text cites."""

    reviewed_rows = ("citations",)

    slug = models.SlugField(_("address name"), unique=True)
    type = models.CharField(_("type"), max_length=20, choices=InstrumentType.choices)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        ordering = ["slug"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return f"{reverse('recommendation-list')}?instrument={self.slug}"


class Citation(NaturalKeyModel):
    """The words with which a passage cites an instrument."""

    natural_key_fields = ("instrument__slug", "passage__locator")

    instrument = models.ForeignKey(
        Instrument,
        on_delete=models.CASCADE,
        related_name="citations",
        verbose_name=_("instrument"),
    )
    passage = models.ForeignKey(
        Passage, on_delete=models.PROTECT, related_name="citations", verbose_name=_("passage")
    )
    words = VerbatimField(_("words"), help_text=_("Exactly as they stand in the passage."))

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["instrument", "passage"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "passage"],
                name="%(app_label)s_%(class)s_once",
                violation_error_message=_("This passage is already recorded for the instrument."),
            )
        ]

    def __str__(self):
        return f"{self.words} ({self.passage.locator})"

    def get_absolute_url(self):
        return self.passage.get_absolute_url()
