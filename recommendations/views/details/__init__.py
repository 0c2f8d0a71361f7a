"""One record and everything that leads to and from it."""

from .base import recommendations
from .events import ConferenceDetail, MeetingDetail, WorkingGroupDetail
from .parties import FunderDetail, OrganisationDetail
from .recommendation import RecommendationDetail
from .sources import SourceDetail, ThemeDetail

__all__ = ["DETAILS", "recommendations"]

DETAILS = {
    view.model: view
    for view in (
        RecommendationDetail,
        WorkingGroupDetail,
        ThemeDetail,
        MeetingDetail,
        ConferenceDetail,
        OrganisationDetail,
        FunderDetail,
        SourceDetail,
    )
}
