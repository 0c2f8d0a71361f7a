"""The filters of each listed model. A filter is one attribute here and nothing else anywhere."""

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .. import models
from ..choices import Assessment, FollowUpKind, InstrumentType, Kind, PassageKind, Role, State
from ..facets import Term
from .base import FacetFilter, ListFilterSet, SearchFilter, SortFilter, by_code, newest_first


def of_choices(choices) -> tuple[Term, ...]:
    """The vocabulary of a TextChoices; its labels are translated at each read."""
    return tuple(Term(member.value, member.label) for member in choices)


def numbered(name: str):
    """The name of a goal with its number before it."""
    return Concat(Cast("number", CharField()), Value(" "), name, output_field=CharField())


NOT_NAMED = Term("none", _("Not named in the text"))
NONE_RECORDED = Term("none", _("None recorded"))
NOT_NOT_DONE = _("“None recorded” does not mean that nothing was done.")


class RecommendationFilterSet(ListFilterSet):
    q = SearchFilter()
    working_group = FacetFilter(
        "working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        code="code",
    )
    kind = FacetFilter("kind", label=_("Kind"), terms=of_choices(Kind))
    theme = FacetFilter(
        "themes__slug",
        label=_("Theme"),
        vocabulary=models.Theme.objects.published,
        is_editorial=True,
        can_match_all=True,
    )
    meeting = FacetFilter(
        "meeting__slug", label=_("Delivered at"), vocabulary=models.Meeting.objects.published
    )
    sdg = FacetFilter(
        "goal_assignments__goal__number",
        "goal_assignments__code",
        label=_("Sustainable Development Goal"),
        vocabulary=models.Goal.objects.all,
        value="number",
        name_en=numbered("name_en"),
        name_ar=numbered("name_ar"),
        is_open=True,
        is_editorial=True,
    )
    conference = FacetFilter(
        "meeting__conference__slug",
        label=_("Conference"),
        vocabulary=models.Conference.objects.published,
        where=Q(meeting__state=State.PUBLISHED),
        is_main=False,
    )
    organisation = FacetFilter(
        "organisation__slug",
        label=_("An organisation's own"),
        vocabulary=models.Organisation.objects.published,
        is_main=False,
    )
    addressee = FacetFilter(
        "addressees__slug",
        label=_("Addressee"),
        vocabulary=models.Addressee.objects.published,
        empty=NOT_NAMED,
        is_main=False,
    )
    follow_up = FacetFilter(
        "follow_ups__kind",
        label=_("Follow-up"),
        terms=of_choices(FollowUpKind),
        where=Q(follow_ups__in=models.FollowUp.objects.published()),
        empty=NONE_RECORDED,
        note=NOT_NOT_DONE,
        is_main=False,
    )
    assessment = FacetFilter(
        "follow_ups__assessment",
        label=_("Organisations' assessment"),
        terms=of_choices(Assessment),
        where=Q(follow_ups__in=models.FollowUp.objects.published().exclude(assessment="")),
        empty=NONE_RECORDED,
        note=NOT_NOT_DONE,
        is_main=False,
    )
    instrument = FacetFilter(
        "instruments__slug",
        label=_("Law, resolution or strategy cited"),
        vocabulary=models.Instrument.objects.published,
        is_main=False,
    )
    source = FacetFilter(
        "passage__source__slug",
        label=_("Source"),
        vocabulary=models.Source.objects.published,
        name_en="title",
        name_ar=Value(""),
        is_main=False,
    )
    year = FacetFilter(
        "meeting__date__year",
        label=pgettext_lazy("filter", "Year"),
        where=Q(meeting__state=State.PUBLISHED),
        is_open=True,
        is_main=False,
    )
    sort = SortFilter(
        speech=(_("As in the speech"), "position"),
        newest=(_("Newest"), newest_first("meeting__date"), "position"),
    )


class MeetingFilterSet(ListFilterSet):
    q = SearchFilter()
    conference = FacetFilter(
        "conference__slug", label=_("Conference"), vocabulary=models.Conference.objects.published
    )
    working_group = FacetFilter(
        "working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        code="code",
    )
    organisation = FacetFilter(
        "roles__organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )


class ConferenceFilterSet(ListFilterSet):
    q = SearchFilter()
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )


class WorkingGroupFilterSet(ListFilterSet):
    q = SearchFilter()
    meeting = FacetFilter(
        "meetings__slug", label=_("Meeting"), vocabulary=models.Meeting.objects.published
    )
    theme = FacetFilter(
        "recommendations__themes__slug",
        label=_("Theme"),
        vocabulary=models.Theme.objects.published,
        where=Q(recommendations__state=State.PUBLISHED),
        is_editorial=True,
    )
    sort = SortFilter(
        speech=(_("As in the speech"), "position"),
        name=(_("Name"), by_code("name_en")),
    )


class OrganisationFilterSet(ListFilterSet):
    q = SearchFilter()
    role = FacetFilter("roles__role", label=_("Role"), terms=of_choices(Role))
    sort = SortFilter(
        name=(_("Name"), by_code("name_en")),
        short=(_("Short name"), by_code("short_name"), by_code("slug")),
    )


class FunderFilterSet(ListFilterSet):
    q = SearchFilter()
    supports = FacetFilter(
        "support__organisation__slug",
        label=_("Supports"),
        vocabulary=models.Organisation.objects.published,
    )
    sort = SortFilter(
        source=(_("As in the source"), "position", by_code("slug")),
        name=(_("Name"), by_code("name_en")),
    )


class ThemeFilterSet(ListFilterSet):
    q = SearchFilter()
    working_group = FacetFilter(
        "recommendations__working_groups__slug",
        label=_("Working group"),
        vocabulary=models.WorkingGroup.objects.published,
        where=Q(recommendations__state=State.PUBLISHED),
        code="code",
    )
    sort = SortFilter(
        editors=(_("Editors' order"), "position", by_code("slug")),
        name=(_("Name"), by_code("name_en")),
    )


class SourceFilterSet(ListFilterSet):
    q = SearchFilter()
    organisation = FacetFilter(
        "roles__organisation__slug",
        label=_("Publisher"),
        vocabulary=models.Organisation.objects.published,
    )
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(
        newest=(_("Newest"), newest_first("date"), by_code("slug")),
        oldest=(_("Oldest"), F("date").asc(nulls_last=True), by_code("slug")),
    )


class InstrumentFilterSet(ListFilterSet):
    type = FacetFilter("type", label=_("Type"), terms=of_choices(InstrumentType))
    sort = SortFilter(slug=(_("Address name"), by_code("slug")))


class AddresseeFilterSet(ListFilterSet):
    organisation = FacetFilter(
        "organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    sort = SortFilter(slug=(_("Address name"), by_code("slug")))


class GoalFilterSet(ListFilterSet):
    sort = SortFilter(number=(_("Number"), "number"))


class PassageFilterSet(ListFilterSet):
    source = FacetFilter(
        "source__slug",
        label=_("Source"),
        vocabulary=models.Source.objects.published,
        name_en="title",
        name_ar=Value(""),
    )
    kind = FacetFilter("kind", label=_("Kind"), terms=of_choices(PassageKind))
    sort = SortFilter(source=(_("As in the source"), by_code("source__code"), "position"))


class RoleFilterSet(ListFilterSet):
    organisation = FacetFilter(
        "organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    role = FacetFilter("role", label=_("Role"), terms=of_choices(Role))
    meeting = FacetFilter(
        "meeting__slug", label=_("Meeting"), vocabulary=models.Meeting.objects.published
    )
    sort = SortFilter(
        organisation=(
            _("Organisation"),
            by_code("organisation__slug"),
            by_code("role"),
            by_code("passage__locator"),
        )
    )


class SupportFilterSet(ListFilterSet):
    funder = FacetFilter(
        "funder__slug", label=_("Funder"), vocabulary=models.Funder.objects.published
    )
    organisation = FacetFilter(
        "organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    sort = SortFilter(source=(_("As in the source"), "funder__position", by_code("funder__slug")))


class FollowUpFilterSet(ListFilterSet):
    kind = FacetFilter("kind", label=_("Kind"), terms=of_choices(FollowUpKind))
    assessment = FacetFilter(
        "assessment",
        label=_("Assessment"),
        terms=of_choices(Assessment),
        empty=NONE_RECORDED,
    )
    organisation = FacetFilter(
        "organisation__slug",
        label=_("Organisation"),
        vocabulary=models.Organisation.objects.published,
    )
    recommendation = FacetFilter(
        "recommendations__reference",
        label=_("Recommendation"),
        vocabulary=models.Recommendation.objects.published,
        value="reference",
        name_en="reference",
        name_ar="reference",
    )
    year = FacetFilter("date__year", label=pgettext_lazy("filter", "Year"), is_open=True)
    sort = SortFilter(newest=(_("Newest"), newest_first("date"), by_code("slug")))


# Every listed model with the last part of its address and its filters.
LISTED = {
    "recommendations": (models.Recommendation, RecommendationFilterSet),
    "working-groups": (models.WorkingGroup, WorkingGroupFilterSet),
    "themes": (models.Theme, ThemeFilterSet),
    "meetings": (models.Meeting, MeetingFilterSet),
    "conferences": (models.Conference, ConferenceFilterSet),
    "organisations": (models.Organisation, OrganisationFilterSet),
    "funders": (models.Funder, FunderFilterSet),
    "sources": (models.Source, SourceFilterSet),
    "passages": (models.Passage, PassageFilterSet),
    "instruments": (models.Instrument, InstrumentFilterSet),
    "addressees": (models.Addressee, AddresseeFilterSet),
    "goals": (models.Goal, GoalFilterSet),
    "roles": (models.OrganisationRole, RoleFilterSet),
    "support": (models.Support, SupportFilterSet),
    "follow-ups": (models.FollowUp, FollowUpFilterSet),
}
