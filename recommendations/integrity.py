"""Whether the database holds what the sources print, record by record.

A check yields what it looked at: the row, whether it is right, and else what to do about it. It
does not ask again what constraints of the database refuse.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db.models import Model

from . import fixtures
from .choices import Kind
from .models import (
    Addressee,
    Citation,
    Conference,
    FollowUp,
    Meeting,
    Passage,
    Recommendation,
    RecommendationLink,
    Source,
    WorkingGroup,
    group_problems,
)
from .search import indexing

Collection = dict[type[Model], list]
Finding = tuple[Model | str, bool, str]

QUOTATIONS = {Citation: "words", FollowUp: "text", Meeting: "words_in_source", Conference: "title"}
SUPPORTS = {
    Conference: ["passage"],
    WorkingGroup: ["passage"],
    Meeting: ["passage", "conference", "working_groups"],
    Addressee: ["organisation"],
    Recommendation: [
        "passage",
        "meeting",
        "organisation",
        "working_groups",
        "addressees",
        "instruments",
    ],
    FollowUp: ["passage", "organisation"],
}


@dataclass(frozen=True)
class Result:
    """What one check found, and in how many rows it looked."""

    label: str
    rows: int
    problems: list[str]


def results() -> list[Result]:
    """Run every check over one reading of the database."""
    rows = {model: list(fixtures.with_natural_keys(model)) for model in fixtures.models()}
    return [result(label, check(rows)) for label, check in CHECKS.items()]


def result(label: str, findings: Iterator[Finding]) -> Result:
    named = [(str(name(row)), is_right, advice) for row, is_right, advice in findings]
    problems = [f"{row}: {advice}" for row, is_right, advice in named if not is_right]
    return Result(label, len({row for row, *_ in named}), problems)


def fixture_rows(rows):
    present = {
        (row._meta.label_lower, row.natural_key()) for group in rows.values() for row in group
    }
    for model, key in fixtures.rows():
        row = f"{model.rpartition('.')[2]} {in_words(key)}"
        yield row, (model, key) in present, "it is missing; load_fixtures brings it back."


def checksums(rows):
    sums = fixtures.checksums()
    hashes = [(row, sums["sources"].get(row.code), row.sha256) for row in rows[Source]]
    for model, key in ((Passage, "locator"), (Recommendation, "reference")):
        known = sums[f"{model._meta.model_name}s"]
        hashes += [
            (row, known.get(getattr(row, key)), sha256(row.text.encode()).hexdigest())
            for row in rows[model]
        ]
    for row, published, actual in hashes:
        if published:
            advice = f"SHA-256 {actual[:12]}… is not {published[:12]}…; load_fixtures restores it."
            yield row, actual == published, advice


def texts(rows):
    for row in rows[Recommendation]:
        if row.passage:
            is_right = row.is_verified if row.kind == Kind.OWN else row.text == row.passage.text
            is_right = is_right or bool(row.difference_reason)
            yield row, is_right, f"copy the text again from passage {row.passage.locator}."


def groups(rows):
    places = {
        row: [(row.meeting_id, group, row.number) for group in row.working_groups.all()]
        for row in rows[Recommendation]
    }
    taken = Counter(
        place for row, own in places.items() if row.kind == Kind.NUMBERED for place in own
    )
    for row, own in places.items():
        # Alone in its place, a numbered one is right without a query.
        alone = row.kind == Kind.NUMBERED and own and all(taken[place] == 1 for place in own)
        found = [] if alone else group_problems(row, [group for _, group, _ in own])
        yield row, not found, " ".join(map(str, found))


def quotations(rows):
    for model, field in QUOTATIONS.items():
        for row in rows[model]:
            words, passage = getattr(row, field), row.passage
            advice = f"“{words}” does not stand in {passage.locator}; correct {field} or passage."
            yield row, words in passage.text, advice


def shared_words(rows):
    for row in rows[RecommendationLink]:
        for end in (row.recommendation, row.other):
            advice = f"“{row.shared_words}” does not stand in {end}; correct it or give a reason."
            yield row, row.shared_words in end.text, advice


def names(rows):
    spellings = {row.pk: [word.casefold() for word in words_for(row)] for row in rows[Addressee]}
    cited = {(row.instrument_id, row.passage_id) for row in rows[Citation]}
    for row in rows[Recommendation]:
        text = f"{row.text}\n{row.text_ar}".casefold()
        for addressee in row.addressees.all():
            advice = f"its text does not name “{addressee}”; remove the addressee or reword it."
            yield row, any(words in text for words in spellings[addressee.pk]), advice
        for instrument in row.instruments.all():
            advice = f"its passage does not cite “{instrument}”; add the citation or remove it."
            yield row, (instrument.pk, row.passage_id) in cited, advice


def publication(rows):
    for row in rows[Recommendation]:
        if row.is_published:
            for field in ("passage", "meeting"):
                advice = f"it is published without a {field}; add one or withdraw it."
                yield row, getattr(row, field) is not None, advice


def supports(rows):
    sources = {row.pk: row.source for row in rows[Passage]}
    for model, fields in SUPPORTS.items():
        for row in rows[model]:
            if row.is_published:
                for other in supporting(row, fields, sources):
                    advice = f"{name(other)} is not published; publish that or withdraw this."
                    yield row, other.is_published, advice


def fields(rows):
    for row in (row for group in rows.values() for row in group):
        relations = {field.name for field in row._meta.fields if field.many_to_one}
        try:
            row.full_clean(relations, validate_unique=False, validate_constraints=False)
            yield row, True, ""
        except ValidationError as invalid:
            for field, messages in invalid:
                yield row, False, f"{field}: {' '.join(messages)}"


def findable(rows: Collection) -> Iterator[Finding]:
    for model in indexing.findable_models():
        stale = indexing.stale(model)
        for row in rows.get(model, ()):
            yield row, row.pk not in stale, "its search document is outdated: run reindex."
        for key in stale - {row.pk for row in rows.get(model, ())}:
            yield (
                f"{model._meta.verbose_name} {key}",
                False,
                "only its search document is left: run reindex.",
            )


CHECKS: dict[str, Callable[[Collection], Iterator[Finding]]] = {
    "Fixture rows are present": fixture_rows,
    "Texts have the published SHA-256": checksums,
    "Recommendations stand in their passages": texts,
    "Working groups and numbers fit": groups,
    "Quoted words stand in their passages": quotations,
    "Shared words stand in both texts": shared_words,
    "Addressees and instruments are named": names,
    "Published ones have passage and meeting": publication,
    "Published ones lean on published ones": supports,
    "Fields, dates and SDG codes are valid": fields,
    "Public records can be found": findable,
}


def words_for(addressee: Addressee) -> list[str]:
    """The names by which a text may call an addressee."""
    known = [addressee.name_en, addressee.name_ar]
    if body := addressee.organisation:
        known += [body.name_en, body.name_ar, body.short_name, *body.other_names.splitlines()]
    return [words for words in known if words]


def supporting(row: Model, fields: list[str], sources: dict[int, Source]) -> Iterator[Model]:
    """The records that fields name; for a passage its source, as a passage has no state."""
    for field in fields:
        if row._meta.get_field(field).many_to_many:
            yield from getattr(row, field).all()
        elif other := getattr(row, field):
            yield sources[other.pk] if field == "passage" else other


def name(row: Model | str) -> str:
    return (
        row if isinstance(row, str) else f"{row._meta.verbose_name} {in_words(row.natural_key())}"
    )


def in_words(key: tuple) -> str:
    return " ".join(str(value) for value in key if value is not None)
