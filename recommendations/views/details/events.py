"""Conferences, meetings and working groups."""

from django.db.models import Count, F, Q

from ...choices import Kind, State
from ...models import Conference, Meeting, Theme, WorkingGroup
from .base import RecordDetail, public, roles, shown


class ConferenceDetail(RecordDetail):
    model = Conference

    def get_queryset(self):
        return super().get_queryset().select_related("passage__source")

    def get_context_data(self, **kwargs):
        conference = self.object
        return super().get_context_data(
            **shown(
                recommendations=(
                    Q(meeting__conference=conference, meeting__state=State.PUBLISHED),
                    [("conference", conference.slug)],
                )
            ),
            meetings=conference.meetings.published()
            .with_related()
            .order_by(F("date").asc(nulls_last=True), "slug"),
            **kwargs,
        )


class MeetingDetail(RecordDetail):
    model = Meeting

    def get_queryset(self):
        return super().get_queryset().select_related("conference", "passage__source")

    def get_context_data(self, **kwargs):
        meeting = self.object
        return super().get_context_data(
            **shown(recommendations=(Q(meeting=meeting), [("meeting", meeting.slug)])),
            participants=roles(Q(meeting=meeting)),
            groups=meeting.working_groups.published(),
            **kwargs,
        )


class WorkingGroupDetail(RecordDetail):
    model = WorkingGroup

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("passage__source", "heading__source", "lead_in__source")
        )

    def get_context_data(self, **kwargs):
        group = self.object
        themes = list(
            Theme.objects.published()
            .annotate(
                count=Count(
                    "recommendations",
                    filter=public(working_groups=group, kind=Kind.NUMBERED),
                    distinct=True,
                )
            )
            .filter(count__gt=0)
            .order_by("-count", "position")
        )
        here = ("working_group", group.slug)
        return super().get_context_data(
            **shown(
                numbered=(
                    Q(working_groups=group, kind=Kind.NUMBERED),
                    [here, ("kind", Kind.NUMBERED)],
                ),
                cross_cutting=(
                    Q(working_groups=group, kind=Kind.CROSS_CUTTING),
                    [here, ("kind", Kind.CROSS_CUTTING)],
                ),
            ),
            meetings=group.meetings.published()
            .with_related()
            .order_by(F("date").desc(nulls_last=True), "slug"),
            themes=themes,
            top=max((theme.count for theme in themes), default=0),
            **kwargs,
        )
