"""One recommendation: its words, where they come from, what stands beside them."""

from django.db.models import F, Q
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.translation import override

from ... import citing
from ...choices import FollowUpKind, Kind, Role, State
from ...filters import asked_for
from ...models import Passage, Recommendation, RecommendationLink, WorkingGroup
from ...versions import published
from .base import RecordDetail, roles


class RecommendationDetail(RecordDetail):
    model = Recommendation
    slug_field = slug_url_kwarg = "reference"

    def get(self, request, *args, **kwargs):
        reference = kwargs["reference"]
        if reference != reference.upper():
            known = Recommendation.objects.published() | Recommendation.objects.withdrawn()
            found = known.filter(reference=reference.upper()).first()
            if found:
                return HttpResponsePermanentRedirect(found.get_absolute_url())
            raise Http404
        return super().get(request, *args, **kwargs)

    def render_to_response(self, context, **kwargs):
        """The page as it is now, or the words of the older version that ``v`` names."""
        asked = self.request.GET.get("v")
        if asked is None or asked == str(self.object.version):
            return super().render_to_response(context, **kwargs)
        version = next((each for each in context["versions"] if str(each.number) == asked), None)
        if version is None:
            raise Http404
        context |= {"version": version}
        return render(self.request, "recommendations/recommendation_version.html", context)

    def get_queryset(self):
        groups = WorkingGroup.objects.published().select_related("heading", "lead_in")
        return super().get_queryset().with_groups(groups).with_themes()

    def get_context_data(self, **kwargs):
        recommendation = self.object
        groups = list(recommendation.working_groups.all())
        links = self.links()
        beside = {each.pk: each for each in self.beside(groups, links)}
        neighbours = [each for each in beside.values() if each.is_neighbour]
        passage = recommendation.passage
        parts = passage.parts(neighbours) if passage else []
        place = next((i for i, each in enumerate(neighbours) if each == recommendation), 0)
        versions = published(recommendation)
        follow_ups = list(
            recommendation.follow_ups.published()
            .with_related()
            .order_by(F("date").desc(nulls_last=True), "slug")
        )
        return super().get_context_data(
            versions=versions,
            correction=next((each for each in versions if each.text_change), None),
            query=asked_for(self.request.GET),
            groups=groups,
            owner=self.owner(groups),
            introductions=introductions(groups, passage),
            parts=parts,
            in_context=recommendation.kind == Kind.NUMBERED or len(parts) > 1,
            neighbours=neighbours,
            previous=neighbours[place - 1] if place else None,
            next=neighbours[place + 1] if place + 1 < len(neighbours) else None,
            related=[
                (link, beside[other], is_back) for link, other, is_back in links if other in beside
            ],
            cross_cutting=[
                each for each in beside.values() if each.is_across and each != recommendation
            ],
            addressees=recommendation.addressees.published().select_related("organisation"),
            instruments=recommendation.instruments.published(),
            goals=recommendation.goal_assignments.select_related("goal"),
            follow_ups=follow_ups
            and [
                (kind, [each for each in follow_ups if each.kind == kind]) for kind in FollowUpKind
            ],
            assessments=[each for each in follow_ups if each.assessment],
            **self.citation(),
            **kwargs,
        )

    def owner(self, groups):
        """The one group or organisation whose recommendation it is, for the way back."""
        organisation = self.object.organisation
        if organisation:
            return organisation if organisation.is_published else None
        return groups[0] if len(groups) == 1 else None

    def citation(self) -> dict:
        """Who asked, who published the source, and how to cite the one in the other."""
        recommendation = self.object
        condition = Q(pk=None)
        if recommendation.passage:
            condition |= Q(role=Role.PUBLISHER, source=recommendation.passage.source_id)
        if recommendation.meeting and recommendation.kind != Kind.OWN:
            condition |= Q(role=Role.RECOMMENDING_BODY, meeting=recommendation.meeting_id)
        named = list(roles(condition))
        bodies = [role.organisation for role in named if role.role == Role.RECOMMENDING_BODY]
        publishers = [role.organisation for role in named if role.role == Role.PUBLISHER]
        with override("en"):
            address = self.request.build_absolute_uri(recommendation.get_absolute_url())
        return {
            "bodies": bodies,
            "publishers": publishers,
            "permanent_address": address,
            "apa": citing.apa(recommendation, bodies, publishers, address),
            "bibtex": citing.bibtex(recommendation, bodies, publishers, address),
        }

    def links(self) -> list[tuple[RecommendationLink, int, bool]]:
        """Links to and from other public recommendations, with the key of the other one."""
        key = self.object.pk
        links = RecommendationLink.objects.filter(
            Q(recommendation=key, other__state=State.PUBLISHED)
            | Q(other=key, recommendation__state=State.PUBLISHED)
        ).select_related("passage__source")
        return [
            (link, link.recommendation_id, True)
            if link.other_id == key
            else (link, link.other_id, False)
            for link in links
        ]

    def beside(self, groups, links):
        """All other recommendations that the page names, in one query for all reasons."""
        recommendation = self.object
        at_meeting = Recommendation.objects.filter(meeting=recommendation.meeting_id)
        same = at_meeting.filter(kind=recommendation.kind)
        across = at_meeting.filter(kind=Kind.CROSS_CUTTING, working_groups__in=groups)
        if recommendation.kind == Kind.NUMBERED:
            same = same.filter(working_groups__in=groups)
        elif recommendation.kind == Kind.OWN:
            same = same.filter(organisation=recommendation.organisation_id)
        reasons = {
            "is_neighbour": Q(pk__in=same.values("pk")),
            "is_across": Q(pk__in=across.values("pk")),
        }
        linked = Q(pk__in=[other for _link, other, _is_back in links])
        return (
            Recommendation.objects.published()
            .with_groups()
            .filter(Q(*reasons.values(), linked, _connector=Q.OR))
            .annotate(**reasons)
            .order_by("position")
        )


def introductions(groups, passage: Passage | None) -> list[Passage]:
    """Heading and lead-in of the one group, where the passage's own document prints them."""
    if len(groups) != 1 or not passage:
        return []
    texts = (groups[0].heading, groups[0].lead_in)
    return [each for each in texts if each and each.source_id == passage.source_id]
