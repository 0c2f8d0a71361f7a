"""Conferences, meetings and the working groups of the CSSR."""

from django.db import models
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .base import (
    DatedModel,
    NamedModel,
    NaturalKeyManager,
    PublishedModel,
    PublishedQuerySet,
    named_constraints,
    ordered,
    together,
)
from .fields import NameField, ReferenceField, VerbatimField
from .sources import Passage


class ConferenceQuerySet(PublishedQuerySet):
    def with_related(self):
        return self.prefetch_related(
            Prefetch("meetings", Meeting.objects.published().counted().order_by("-date", "slug"))
        )


class Conference(NamedModel, DatedModel, PublishedModel):
    """A large event with parts."""

    found_by = ("name_en", "name_ar", "name_as_printed", "title", "slug")
    search_own = (
        "name_en",
        "name_ar",
        "name_as_printed",
        "title",
        "place",
    )
    search_names = ()

    slug = models.SlugField(_("address name"), unique=True)
    name_as_printed = NameField(
        _("name as printed"), help_text=_("Where the source first names it, with the year.")
    )
    ordinal = models.PositiveSmallIntegerField(
        _("ordinal"), null=True, blank=True, help_text=_("7 for the “Seventh” conference.")
    )
    title = VerbatimField(
        _("title"), blank=True, help_text=_("The conference's motto, without quotation marks.")
    )
    end_date = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Only where the source prints it.")
    )
    place = NameField(
        _("place"), blank=True, help_text=_("City; the venue only where the source prints it.")
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="conferences",
        verbose_name=_("passage"),
        help_text=_("The passage that names the conference."),
    )

    objects = NaturalKeyManager.from_queryset(ConferenceQuerySet)()

    class Meta:
        verbose_name = _("conference")
        verbose_name_plural = _("conferences")
        ordering = ["-date", "slug"]
        constraints = [
            named_constraints(),
            together("date", "date_precision", "date"),
            ordered("date", "end_date", "date"),
        ]

    def get_absolute_url(self):
        return reverse("conference-detail", args=[self.slug])


class WorkingGroupQuerySet(PublishedQuerySet):
    def with_related(self):
        return self.select_related("lead_in__source").counted()


class WorkingGroup(NamedModel, PublishedModel):
    """A thematic group of the CSSR."""

    found_by = ("name_en", "name_ar", "name_as_printed", "code", "slug")
    search_own = (
        "name_en",
        "name_ar",
        "name_as_printed",
        "code",
    )
    search_names = ()

    slug = models.SlugField(_("address name"), unique=True)
    code = ReferenceField(
        _("code"),
        max_length=6,
        unique=True,
        help_text=_("Two letters that reference codes contain, such as PR."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), unique=True, help_text=_("Order in which the speech names the groups.")
    )
    name_as_printed = NameField(
        _("name as printed"), help_text=_("In the source's list of groups, without capitals.")
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="working_groups",
        verbose_name=_("passage"),
        help_text=_("The passage that names the group."),
    )
    heading = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="headed_working_groups",
        verbose_name=_("heading"),
        null=True,
        blank=True,
        help_text=_("The printed heading above the group's recommendations."),
    )
    lead_in = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="introduced_working_groups",
        verbose_name=_("lead-in"),
        null=True,
        blank=True,
        help_text=_("The words between the heading and the first item."),
    )

    objects = NaturalKeyManager.from_queryset(WorkingGroupQuerySet)()

    class Meta:
        verbose_name = _("working group")
        verbose_name_plural = _("working groups")
        ordering = ["position"]
        constraints = [named_constraints()]

    def get_absolute_url(self):
        return reverse("workinggroup-detail", args=[self.slug])


class MeetingQuerySet(PublishedQuerySet):
    def with_related(self):
        return (
            self.select_related("conference")
            .prefetch_related(Prefetch("working_groups", WorkingGroup.objects.published()))
            .counted()
        )


class Meeting(NamedModel, DatedModel, PublishedModel):
    """One sitting at which something was said. Not every meeting belongs to a conference."""

    found_by = ("name_en", "name_ar", "words_in_source", "place", "slug")
    search_own = (
        "name_en",
        "name_ar",
        "words_in_source",
        "place",
        "summary",
    )
    search_names = (
        "conference__name_en",
        "conference__name_ar",
        "working_groups__name_en",
        "working_groups__name_ar",
    )

    slug = models.SlugField(_("address name"), unique=True)
    conference = models.ForeignKey(
        Conference,
        on_delete=models.PROTECT,
        related_name="meetings",
        verbose_name=_("conference"),
        null=True,
        blank=True,
        help_text=_("Empty where the source names the meeting without a conference."),
    )
    words_in_source = VerbatimField(
        _("words in the source"), help_text=_("How the source names the meeting, exactly.")
    )
    date_as_printed = NameField(
        _("date as printed"),
        max_length=60,
        blank=True,
        help_text=_("“In early May 2023”; empty where the year follows from the conference only."),
    )
    end_date = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Only where the source prints it.")
    )
    place = NameField(_("place"), blank=True, help_text=_("Only where the source prints it."))
    summary = VerbatimField(
        _("what happened"),
        blank=True,
        help_text=_("One sentence in our words, from the passage; empty where it says nothing."),
    )
    working_groups = models.ManyToManyField(
        WorkingGroup,
        related_name="meetings",
        verbose_name=_("working groups"),
        blank=True,
        help_text=_("Groups that the source names at this meeting, or whose words were delivered."),
    )
    passage = models.ForeignKey(
        Passage,
        on_delete=models.PROTECT,
        related_name="meetings",
        verbose_name=_("passage"),
        help_text=_("The passage that reports the meeting."),
    )

    objects = NaturalKeyManager.from_queryset(MeetingQuerySet)()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["-date", "slug"]
        constraints = [
            named_constraints(),
            together("date", "date_precision", "date"),
            ordered("date", "end_date", "date"),
        ]
        indexes = [models.Index(fields=["-date"], name="meeting_newest")]  # lists by sort=newest

    def get_absolute_url(self):
        return reverse("meeting-detail", args=[self.slug])
