"""Synthetic records, as many as wanted, to try and to measure a large collection with.

Each says what it is: its name or text begins with "Synthetic", its address name or reference with
``demo-``. The same seed makes the same records.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from itertools import accumulate, islice
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Model, QuerySet

from .choices import InstrumentType, Kind, LabelOrigin, PassageKind, Precision, Role, TextOrigin
from .models import (
    Addressee,
    Citation,
    Conference,
    Goal,
    GoalAssignment,
    Instrument,
    Meeting,
    Organisation,
    OrganisationRole,
    Passage,
    Recommendation,
    Source,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from .search import indexing
from .validators import SDG_CODES

BATCH = 1000
FIRST_DAY, DAYS = date(2005, 1, 1), 20 * 365
COUNTS = {
    Conference: 20,
    Meeting: 200,
    WorkingGroup: 36,
    Organisation: 300,
    Theme: 60,
    Instrument: 30,
    Addressee: 40,
}
# Of all rows, the share that says this word, has an Arabic text, or names an addressee or a law.
FREQUENT, FREQUENT_SHARE = "return", 0.3
ARABIC_SHARE, ADDRESSEE_SHARE, INSTRUMENT_SHARE = 0.15, 0.2, 0.1
KINDS = {Kind.NUMBERED: 85, Kind.CROSS_CUTTING: 5, Kind.OWN: 10}
WORDS_A_TEXT = 30
RARE_WORDS = 20_000
SYLLABLES = [first + last for first in "bdfghklmnprstvz" for last in "aeiou"]
ENGLISH = """
    the of and to for in should all with support access rights civil society local communities
    women protection services funding displaced refugees return safe education health water
    councils donors law property documents detainees families youth livelihoods agriculture energy
    housing schools reconstruction accountability justice participation decision monitoring budget
    humanitarian partners transparent recovery employment training shelter sanctions exemptions
    registration border crossing convoy winter food sovereignty markets seeds irrigation hospitals
    vaccination disability elderly children mines clearance heritage environment
""".split()
ARABIC = """
    في من على إلى يجب دعم حماية المجتمع المدني المحلي حقوق اللاجئين والنازحين النساء الشباب التعليم
    الصحة المياه المجالس المانحين القانون الملكية المعتقلين العدالة المساءلة التمويل المشاركة السكن
    الزراعة الطاقة الأطفال المدارس
""".split()

# Whose rows are synthetic by which path, in an order in which they can be deleted.
PATHS: dict[type[Model], str] = {
    Recommendation.working_groups.through: "recommendation__reference",
    Recommendation.addressees.through: "recommendation__reference",
    Recommendation.instruments.through: "recommendation__reference",
    ThemeAssignment: "recommendation__reference",
    GoalAssignment: "recommendation__reference",
    Recommendation: "reference",
    Citation: "instrument__slug",
    OrganisationRole: "source__slug",
    Meeting.working_groups.through: "meeting__slug",
    Meeting: "slug",
    Conference: "slug",
    WorkingGroup: "slug",
    Theme: "slug",
    Addressee: "slug",
    Instrument: "slug",
    Organisation: "slug",
    Passage: "source__slug",
    Source: "slug",
}

Progress = Callable[[Iterable, str], Iterable]


class Refused(Exception):
    """Synthetic records do not belong into this database; the message says why."""


def silent(steps: Iterable, label: str) -> Iterable:
    return steps


def synthetic(model: type[Model]) -> QuerySet:
    """The rows of a model that were made here."""
    path = PATHS[model]
    prefix = "DEMO-" if path.endswith("reference") else "demo-"
    return model._base_manager.filter(**{f"{path}__startswith": prefix})


def make(rows: int, seed: int, progress: Progress = silent) -> None:
    """Write so many synthetic published recommendations and what they stand on.

    Args:
        rows: number of recommendations.
        seed: what all chance comes from.
        progress: wraps the steps of the work under a label, to show how far it is.

    Raises:
        Refused: in production, and where synthetic records are already there.
    """
    if settings.PRODUCTION:
        raise Refused("This is a production database: synthetic records do not belong into it.")
    if any(synthetic(model).exists() for model in PATHS):
        raise Refused("Synthetic records are already there: remove them first.")
    with transaction.atomic():
        collection = _Collection(Random(seed))  # noqa: S311
        drafts = collection.recommendations(rows)
        for _start in progress(range(0, rows, BATCH), "synthetic recommendations"):
            collection.write(list(islice(drafts, BATCH)))
        indexing.rebuild(progress)
    analyse()


def remove() -> int:
    """Delete every synthetic record and return the number of recommendations among them."""
    with transaction.atomic():
        numbers = {model: synthetic(model)._raw_delete(connection.alias) for model in PATHS}
        indexing.rebuild()
    analyse()
    return numbers[Recommendation]


def analyse() -> None:
    """Let the database's planner see what is there now."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Collection:
    """What the recommendations stand on, written at once, and the recommendations themselves."""

    def __init__(self, chance: Random):
        self.chance = chance
        self.printed = Counter()  # passages of each source
        self.numbers = Counter()  # recommendations of each group at each meeting
        self.words = [*ENGLISH, *(self._rare_word() for _ in range(RARE_WORDS))]
        self.goals = {goal.number: goal for goal in Goal.objects.all()}
        self.codes = sorted(
            code for code in SDG_CODES if int(code.partition(".")[0]) in self.goals
        )
        self._write_vocabularies()
        self._write_events()

    def _rare_word(self) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=4))

    def _some(self, values: list, count: int = 1) -> list:
        """Different values, where the first are the most frequent, as in life."""
        weights = list(accumulate(1 / (rank + 3) for rank in range(len(values))))
        return list(dict.fromkeys(self.chance.choices(values, cum_weights=weights, k=count)))

    def _text(self, words: list[str]) -> str:
        return " ".join(self._weighted(words, WORDS_A_TEXT))
