"""The filters of every listed model, and the only place that reads a querystring."""

from .base import (
    ALL,
    ANY,
    PAGE_SIZES,
    RELEVANCE,
    FacetFilter,
    FindValue,
    ListFilterSet,
    Problem,
    asked_for,
)
from .sets import (
    LISTED,
    ConferenceFilterSet,
    FunderFilterSet,
    MeetingFilterSet,
    OrganisationFilterSet,
    RecommendationFilterSet,
    SourceFilterSet,
    ThemeFilterSet,
    WorkingGroupFilterSet,
)

__all__ = [
    "ALL",
    "ANY",
    "LISTED",
    "PAGE_SIZES",
    "RELEVANCE",
    "ConferenceFilterSet",
    "FacetFilter",
    "FindValue",
    "FunderFilterSet",
    "ListFilterSet",
    "MeetingFilterSet",
    "OrganisationFilterSet",
    "Problem",
    "RecommendationFilterSet",
    "SourceFilterSet",
    "ThemeFilterSet",
    "WorkingGroupFilterSet",
    "asked_for",
]
