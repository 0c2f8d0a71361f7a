"""Organisations and those who support them."""

from django.db.models import Count, Q

from ...choices import Kind, Role, State
from ...models import Addressee, FollowUp, Funder, Organisation, Support
from .base import RecordDetail, public, roles, shown


class OrganisationDetail(RecordDetail):
    model = Organisation

    def get_context_data(self, **kwargs):
        organisation = self.object
        named = list(roles(Q(organisation=organisation) | Q(body=organisation)))
        own_roles = [role for role in named if role.organisation_id == organisation.pk]
        heard = [
            role.meeting
            for role in own_roles
            if role.role == Role.RECOMMENDING_BODY and role.meeting
        ]
        addressees = list(Addressee.objects.published().filter(organisation=organisation))
        groups_kinds = (Kind.NUMBERED, Kind.CROSS_CUTTING)
        return super().get_context_data(
            **shown(
                own=(Q(organisation=organisation), [("organisation", organisation.slug)]),
                addressed=(
                    Q(addressees__in=addressees),
                    [("addressee", each.slug) for each in addressees],
                ),
                heard=(
                    Q(meeting__in=heard, kind__in=groups_kinds),
                    [
                        *(("meeting", meeting.slug) for meeting in heard),
                        *(("kind", kind) for kind in groups_kinds),
                    ],
                ),
            ),
            roles=own_roles,
            roles_of_others=[role for role in named if role.body_id == organisation.pk],
            published=[
                role.source for role in own_roles if role.role == Role.PUBLISHER and role.source
            ],
            follow_ups=FollowUp.objects.published()
            .filter(organisation=organisation)
            .select_related("passage__source")
            .annotate(count=Count("recommendations", filter=public()))
            .order_by("date", "slug"),
            support=Support.objects.filter(
                organisation=organisation, funder__state=State.PUBLISHED
            ).select_related("funder", "passage__source"),
            **kwargs,
        )


class FunderDetail(RecordDetail):
    model = Funder

    def get_context_data(self, **kwargs):
        funder = self.object
        support = list(
            funder.support.filter(organisation__state=State.PUBLISHED).select_related(
                "organisation", "passage__source"
            )
        )
        sentences = {each.passage.sentence_with(funder.name_en): each.passage for each in support}
        supported = [each.organisation_id for each in support]
        also = Support.objects.filter(organisation__in=supported).exclude(funder=funder)
        return super().get_context_data(
            support=support,
            sentences=list(sentences.items()),
            others=Funder.objects.published().filter(pk__in=also.values("funder")),
            **kwargs,
        )
