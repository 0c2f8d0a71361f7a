"""The collection: who recommended what, where, in which words, and what became of it."""

from .assignments import GoalAssignment, RecommendationLink, ThemeAssignment
from .events import Conference, Meeting, WorkingGroup
from .followup import FollowUp
from .importrun import ImportRun
from .parties import Addressee, Funder, Organisation, OrganisationRole, Support
from .recommendation import Recommendation, group_problems
from .searchdocument import SearchDocument, StaffDocument
from .sources import Citation, Goal, Instrument, Passage, Source, Theme
from .version import DataVersion

__all__ = [
    "Addressee",
    "Citation",
    "Conference",
    "DataVersion",
    "FollowUp",
    "Funder",
    "Goal",
    "GoalAssignment",
    "ImportRun",
    "Instrument",
    "Meeting",
    "Organisation",
    "OrganisationRole",
    "Passage",
    "Recommendation",
    "RecommendationLink",
    "SearchDocument",
    "Source",
    "StaffDocument",
    "Support",
    "Theme",
    "ThemeAssignment",
    "WorkingGroup",
    "group_problems",
]
