"""Documents, and the themes that editors see in their texts."""

from collections import Counter

from django.db.models import Count, Prefetch, Q

from ...choices import Kind, Role, State
from ...models import (
    Citation,
    Conference,
    FollowUp,
    Funder,
    Meeting,
    Recommendation,
    Source,
    Support,
    Theme,
    WorkingGroup,
)
from .base import RecordDetail, Shown, public, roles, shown


class SourceDetail(RecordDetail):
    model = Source

    def get_context_data(self, **kwargs):
        source = self.object
        quoted = Recommendation.objects.published().with_groups().order_by("position")
        cited = Citation.objects.filter(instrument__state=State.PUBLISHED)
        passages = list(
            source.passages.order_by("position").prefetch_related(
                Prefetch("recommendations", quoted, to_attr="quoted_as"),
                Prefetch("citations", cited.select_related("instrument")),
            )
        )
        for passage in passages:
            passage.shown = passage.parts(passage.quoted_as)
            placed = {each for _words, each in passage.shown}
            passage.differing = [each for each in passage.quoted_as if each not in placed]
        kinds = Counter(each.kind for passage in passages for each in passage.quoted_as)
        named = list(roles(Q(source=source) | Q(passage__source=source)))
        here = {"passage__source": source}
        return super().get_context_data(
            passages=passages,
            publishers=[
                role.organisation
                for role in named
                if role.role == Role.PUBLISHER and role.source_id == source.pk
            ],
            organisations=list(dict.fromkeys(role.organisation for role in named)),
            instruments=list(
                dict.fromkeys(
                    citation.instrument
                    for passage in passages
                    for citation in passage.citations.all()
                )
            ),
            recommendations=Shown([], kinds, [("source", source.slug)]),
            conferences=Conference.objects.published().filter(**here),
            meetings=Meeting.objects.published().filter(**here),
            groups=WorkingGroup.objects.published().filter(**here),
            funders=Funder.objects.published().filter(
                pk__in=Support.objects.filter(**here).values("funder")
            ),
            follow_ups=FollowUp.objects.published()
            .filter(**here)
            .select_related("organisation", "passage"),
            **kwargs,
        )


class ThemeDetail(RecordDetail):
    model = Theme

    def get_context_data(self, **kwargs):
        theme = self.object
        groups = list(
            WorkingGroup.objects.published()
            .annotate(
                count=Count(
                    "recommendations",
                    filter=public(themes=theme, kind=Kind.NUMBERED),
                    distinct=True,
                )
            )
            .order_by("position")
        )
        return super().get_context_data(
            **shown(recommendations=(Q(themes=theme), [("theme", theme.slug)])),
            groups=groups,
            top=max((group.count for group in groups), default=0),
            **kwargs,
        )
