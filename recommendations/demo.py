"""Synthetic records, as many as wanted, to try and to measure a large collection with.

Each says what it is: its name or text begins with "Synthetic", its address name or reference with
``demo-``. The same seed makes the same records.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from itertools import accumulate
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Model, QuerySet

from .choices import (
    InstrumentType,
    Kind,
    LabelOrigin,
    Language,
    PassageKind,
    Precision,
    Role,
    State,
    TextOrigin,
)
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
FIRST_DAY, YEARS = date(2005, 1, 1), 20
# Number of records of each model, with what they are called.
NAMED = {
    Conference: (20, "conference", "مؤتمر"),
    Meeting: (200, "meeting", "اجتماع"),
    WorkingGroup: (36, "working group", "مجموعة"),
    Organisation: (300, "organisation", "منظمة"),
    Theme: (60, "theme", "موضوع"),
    Instrument: (30, "law", "قانون"),
    Addressee: (40, "addressee", "جهة"),
}
KINDS = {Kind.NUMBERED: 85, Kind.CROSS_CUTTING: 5, Kind.OWN: 10}
# The word that this share of the texts says, and the shares that have what others lack.
FREQUENT, FREQUENT_SHARE = "support", 0.3
ARABIC_SHARE, ADDRESSEE_SHARE, INSTRUMENT_SHARE, CONFERENCE_SHARE = 0.15, 0.2, 0.1, 0.7
LENGTH, RARE_WORDS = 30, 20_000
ENGLISH = """
    the of and to for in should all with access rights civil society local communities return
    women protection services funding displaced refugees safe education health water councils
    donors law property documents detainees families youth livelihoods agriculture energy housing
    schools reconstruction accountability justice participation decision monitoring budget
    humanitarian partners transparent recovery employment training shelter sanctions exemptions
    registration border crossing convoy winter food sovereignty markets seeds irrigation hospitals
    vaccination disability elderly children mines clearance heritage environment
"""
ARABIC = """
    في من على إلى يجب دعم حماية المجتمع المدني المحلي حقوق اللاجئين والنازحين النساء الشباب التعليم
    الصحة المياه المجالس المانحين القانون الملكية المعتقلين العدالة المساءلة التمويل المشاركة السكن
    الزراعة الطاقة الأطفال المدارس
"""
SYLLABLES = [first + last for first in "bdfghklmnprstvz" for last in "aeiou"]

# By which path the rows of a model are known as synthetic; none leans on one that stands above it.
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


def synthetic(model: type[Model]) -> QuerySet:
    """The rows of a model that were made here."""
    path = PATHS[model]
    prefix = "DEMO-" if path.endswith("reference") else "demo-"
    return model._base_manager.filter(**{f"{path}__startswith": prefix})


def make(rows: int, seed: int, progress: Progress = lambda steps, label: steps) -> None:
    """Write so many synthetic recommendations, published, and all that they stand on.

    Args:
        rows: number of recommendations.
        seed: what all chance comes from.
        progress: wraps the steps of the work, to show how far it is.

    Raises:
        Refused: in production, and where synthetic records are already there.
    """
    if settings.PRODUCTION:
        raise Refused("This is a production database: synthetic records do not belong into it.")
    if any(synthetic(model).exists() for model in PATHS):
        raise Refused("Synthetic records are already there: remove them first.")
    with transaction.atomic():
        writer = _Writer(Random(seed))  # noqa: S311 (no secret)
        for start in progress(range(0, rows, BATCH), "synthetic recommendations"):
            writer.write(range(start + 1, min(start + BATCH, rows) + 1))
        analyse()
        indexing.rebuild(progress)
    analyse()


def remove() -> int:
    """Delete every synthetic record and return the number of recommendations among them."""
    with transaction.atomic():
        # No signal is sent, which would be a query for each row.
        numbers = {model: synthetic(model)._raw_delete(connection.alias) for model in PATHS}
        indexing.rebuild()
    analyse()
    return numbers[Recommendation]


def analyse() -> None:
    """Let the database's planner see what the tables hold now."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@cache
def _weights(number: int) -> list[float]:
    return list(accumulate(1 / (rank + 3) for rank in range(number)))


def _named(model: type[Model], **fields) -> list:
    """Records with their names, unsaved."""
    number, english, arabic = NAMED[model]
    return [
        model(
            slug=f"demo-{english.replace(' ', '-')}-{each:03}",
            name_en=f"Synthetic {english} {each}",
            name_ar=f"{arabic} اصطناعي {each}",
            name_ar_origin=LabelOrigin.DRAFT,
            state=State.PUBLISHED,
            **fields,
        )
        for each in range(1, number + 1)
    ]


class _Writer:
    """Writes all that recommendations stand on, and then recommendations."""

    def __init__(self, chance: Random):
        self.chance = chance
        rare = ("".join(chance.choices(SYLLABLES, k=4)) for _ in range(RARE_WORDS))
        self.words = [*ENGLISH.split(), *rare]
        self.arabic_words = ARABIC.split()
        self.position = _last(Recommendation)
        self.printed = Counter()  # passages of each source
        self.numbered = Counter()  # recommendations of each group at each meeting
        sources = Source.objects.bulk_create(self._sources())
        self.openings = Passage.objects.bulk_create(
            self._passage(source, PassageKind.HEADING, source.title) for source in sources
        )
        groups = WorkingGroup.objects.bulk_create(self._working_groups())
        self.groups = [*WorkingGroup.objects.published().exclude(slug__startswith="demo-"), *groups]
        self.conferences = Conference.objects.bulk_create(self._conferences())
        self.meetings = Meeting.objects.bulk_create(self._meetings())
        self.organisations = Organisation.objects.bulk_create(_named(Organisation))
        self.themes = Theme.objects.bulk_create(_named(Theme))
        self.addressees = Addressee.objects.bulk_create(_named(Addressee))
        self.instruments = Instrument.objects.bulk_create(
            _named(Instrument, type=InstrumentType.LAW)
        )
        self.goals = {goal.number: goal for goal in Goal.objects.all()}
        self.codes = [code for code in sorted(SDG_CODES) if _goal(code) in self.goals]
        self._bulk_create(self._roles())

    def write(self, numbers: Iterable[int]) -> None:
        """Write the recommendations of these numbers."""
        self._bulk_create(row for number in numbers for row in self._recommendation(number))

    @staticmethod
    def _bulk_create(rows: Iterable[Model]) -> None:
        by_model = defaultdict(list)
        for row in rows:
            by_model[type(row)].append(row)
        for model, group in by_model.items():
            model._base_manager.bulk_create(group)

    def _drawn(self, values: list, number: int = 1) -> list:
        """Up to so many different values; the first are the most frequent, as in life."""
        weights = _weights(len(values))
        return list(dict.fromkeys(self.chance.choices(values, cum_weights=weights, k=number)))

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _sources(self) -> Iterator[Source]:
        """One for each meeting: nobody prints a document of a hundred thousand lines."""
        for each in range(1, NAMED[Meeting][0] + 1):
            title = f"Synthetic record of meeting {each}"
            yield Source(
                slug=f"demo-source-{each:03}",
                code=f"DEMO{each}",
                title=title,
                document_type="synthetic document",
                language=Language.ENGLISH,
                sha256=sha256(title.encode()).hexdigest(),
                date=FIRST_DAY + timedelta(self.chance.randrange(YEARS * 365)),
                date_precision=Precision.DAY,
                state=State.PUBLISHED,
            )

    def _passage(self, source: Source, kind: PassageKind, text: str) -> Passage:
        self.printed[source] += 1
        place = self.printed[source]
        locator = f"{source.code}:L{place}"
        return Passage(source=source, locator=locator, position=place, kind=kind, text=text)

    def _working_groups(self) -> Iterator[WorkingGroup]:
        last = _last(WorkingGroup)
        for each, group in enumerate(_named(WorkingGroup, passage=self.openings[0]), 1):
            group.code, group.position = f"DEMO{each:02}", last + each
            group.name_as_printed = group.name_en
            yield group

    def _conferences(self) -> Iterator[Conference]:
        """One a year."""
        named = _named(Conference, passage=self.openings[0], date_precision=Precision.YEAR)
        for year, conference in enumerate(named, FIRST_DAY.year):
            conference.date = date(year, 1, 1)
            conference.name_as_printed = conference.name_en
            yield conference

    def _meetings(self) -> Iterator[Meeting]:
        named = _named(Meeting, date_precision=Precision.DAY)
        for meeting, opening in zip(named, self.openings, strict=True):
            meeting.passage, meeting.words_in_source = opening, opening.text
            meeting.date = opening.source.date
            if self._happens(CONFERENCE_SHARE):
                meeting.conference = self.conferences[meeting.date.year - FIRST_DAY.year]
            yield meeting

    def _roles(self) -> Iterator[Model]:
        for meeting in self.meetings:
            source = meeting.passage.source
            [publisher] = self._drawn(self.organisations)
            yield OrganisationRole(
                organisation=publisher, role=Role.PUBLISHER, source=source, passage=meeting.passage
            )
            for group in self._drawn(self.groups, 4):
                yield Meeting.working_groups.through(meeting=meeting, workinggroup=group)

    def _recommendation(self, number: int) -> Iterator[Model]:
        """A recommendation, its passage before it and its relations behind it."""
        [meeting] = self._drawn(self.meetings)
        [kind] = self.chance.choices([*KINDS], KINDS.values())
        organisations = self._drawn(self.organisations) if kind == Kind.OWN else []
        groups = self._drawn(self.groups) if kind == Kind.NUMBERED else []
        if kind == Kind.CROSS_CUTTING:
            groups = self.chance.sample(self.groups, self.chance.randint(2, 3))
        addressees = self._drawn(self.addressees) if self._happens(ADDRESSEE_SHARE) else []
        instruments = self._drawn(self.instruments) if self._happens(INSTRUMENT_SHARE) else []
        text = self._text(number, [*addressees, *instruments])
        arabic = self._arabic(number) if self._happens(ARABIC_SHARE) else ""
        passage = self._passage(meeting.passage.source, PassageKind.ITEM, text)
        yield passage
        recommendation = Recommendation(
            reference=f"DEMO-{number:06}",
            kind=kind,
            organisation=organisations[0] if organisations else None,
            number=self._number(meeting, *organisations, *groups),
            text=text,
            text_ar=arabic,
            text_ar_origin=TextOrigin.TRANSLATION if arabic else "",
            passage=passage,
            meeting=meeting,
            position=self.position + number,
            state=State.PUBLISHED,
        )
        yield recommendation
        of = {"recommendation": recommendation}
        for group in groups:
            yield Recommendation.working_groups.through(**of, workinggroup=group)
        for addressee in addressees:
            yield Recommendation.addressees.through(**of, addressee=addressee)
        for instrument in instruments:
            yield Recommendation.instruments.through(**of, instrument=instrument)
            yield Citation(instrument=instrument, passage=passage, words=instrument.name_en)
        for place, theme in enumerate(self._drawn(self.themes, self.chance.randint(1, 3)), 1):
            yield ThemeAssignment(**of, theme=theme, position=place)
        if self.codes:
            for place, code in enumerate(self._drawn(self.codes, self.chance.randint(0, 3)), 1):
                goal = self.goals[_goal(code)]
                yield GoalAssignment(**of, code=code, goal=goal, position=place)

    def _number(self, meeting: Meeting, *whose: Model) -> int | None:
        """The next number of one group or body at a meeting; a text of several has none."""
        if len(whose) > 1:
            return None
        self.numbered[meeting, *whose] += 1
        return self.numbered[meeting, *whose]

    def _written(self, words: list[str]) -> list[str]:
        return self.chance.choices(words, cum_weights=_weights(len(words)), k=LENGTH)

    def _text(self, number: int, named: list) -> str:
        words = self._written(self.words)
        if self._happens(FREQUENT_SHARE):
            words[self.chance.randrange(LENGTH)] = FREQUENT
        words += [each.name_en for each in named]
        return f"Synthetic recommendation {number}: {' '.join(words)}."

    def _arabic(self, number: int) -> str:
        words = self._written(self.arabic_words)
        return f"توصية اصطناعية {number}: {' '.join(words)}."


def _last(model: type[Model]) -> int:
    return model.objects.aggregate(last=Max("position"))["last"] or 0


def _goal(code: str) -> int:
    return int(code.partition(".")[0])
