"""One querystring selects the same rows in the same order, wherever it is asked."""

import csv
import datetime
import io
import json
import os
import random

import openpyxl
import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from recommendations.choices import Assessment, FollowUpKind, Kind
from recommendations.columns import COLUMNS
from recommendations.exports import FORMATS, Export
from recommendations.exports.csv import guarded
from recommendations.filters import LISTED, PAGE_SIZES
from recommendations.listing import Listing
from recommendations.models import (
    Addressee,
    Conference,
    FollowUp,
    Goal,
    GoalAssignment,
    Instrument,
    Meeting,
    Organisation,
    Passage,
    Recommendation,
    Theme,
    WorkingGroup,
)
from recommendations.models.followup import ASSESSING
from recommendations.search import indexing
from recommendations.text import tokens
from tests import CI

pytestmark = pytest.mark.django_db

# Each part is a test of its own, so that several processes share the work.
PARTS = [("recommendations", 40, part) for part in range(4)]
PARTS += [(place, 3, 0) for place in LISTED if place != "recommendations"]
TIMES = 10 if os.environ.get("NIGHTLY") == "1" else 1
SITE = "http://testserver/"
ROWS = 60


def states(count):
    return settings(
        max_examples=count * TIMES,
        deadline=None,
        derandomize=CI,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def many(collection):
    """Beside the fixtures, recommendations that have any, several or none of what filters ask."""
    chance = random.Random(5)
    passages = list(Passage.objects.select_related("source"))
    texts = list(Recommendation.objects.values_list("text", flat=True))
    texts += ["ضمان عودة اللاجئين", "التعليم حق لكل طفل", "=1+1", "-x “y”", "@x"]

    def some(model, most=3):
        rows = list(model.objects.all())
        return chance.sample(rows, chance.randint(0, min(len(rows), most)))

    hidden = Conference.objects.create(
        slug="hidden", name_en="Hidden", state="draft", passage=passages[0]
    )
    Theme.objects.create(slug="hidden", name_en="Hidden", position=90, state="draft")
    for number, state in enumerate(["published", "published", "draft"], 1):
        Meeting.objects.create(
            slug=f"meeting-{number}",
            name_en=f"Meeting {number}",
            state=state,
            conference=[None, hidden, Conference.objects.first()][number - 1],
            passage=passages[0],
            date=[None, datetime.date(2021, 1, 1), datetime.date(2022, 1, 1)][number - 1],
            date_precision=["", "year", "year"][number - 1],
        )
    with indexing.rebuilt_at_end():
        for number in range(ROWS):
            kind = chance.choice(Kind.values)
            is_translated = chance.random() < 0.2
            row = Recommendation.objects.create(
                reference=f"RND-{number}",
                kind=kind,
                organisation=chance.choice(Organisation.objects.all()) if kind == "own" else None,
                number=number,
                text=" ".join(chance.sample(texts, 2)),
                text_ar=texts[-5] if is_translated else "",
                text_ar_origin="official" if is_translated else "",
                meeting=chance.choice([None, *Meeting.objects.all()]),
                passage=chance.choice([None, *passages]),
                state=chance.choice(["published"] * 9 + ["draft"]),
            )
            row.working_groups.set(some(WorkingGroup))
            row.addressees.set(some(Addressee, 1))
            row.instruments.set(some(Instrument, 2))
            row.themes.set(some(Theme, 4))
            for goal in some(Goal, 2):
                code = chance.choice([f"{goal.number}", f"{goal.number}.1"])
                GoalAssignment.objects.create(recommendation=row, goal=goal, code=code)
    silent = Organisation.objects.create(slug="silent", name_en="Silent")
    for number in range(30):
        kind = chance.choice(FollowUpKind.values)
        follow_up = FollowUp.objects.create(
            slug=f"follow-up-{number}",
            kind=kind,
            assessment=chance.choice(["", *Assessment.values]) if kind in ASSESSING else "",
            organisation=chance.choice(
                [*Organisation.objects.exclude(pk=silent.pk)] * 3 + [silent]
            ),
            text=passages[0].text,
            passage=passages[0],
            state=chance.choice(["published", "published", "draft"]),
        )
        follow_up.recommendations.set(some(Recommendation, 9))


def selected(place, query):
    model, filterset = LISTED[place]
    columns = [column.name for column in COLUMNS[model]]
    rows = model.objects.published()
    return Listing(filterset(QueryDict(query), rows, columns=columns), f"/{place}/")


def searches():
    """What people type, in words that the texts say and words that they do not."""
    words = {
        text[token.start : token.end]
        for text in Recommendation.objects.values_list("text", flat=True)
        for token in tokens(text)
    }
    word = st.sampled_from([*sorted(words), "returne", "sovereignity", "RND-7", "cssr-b7-pr-3"])
    phrase = st.lists(word, min_size=1, max_size=2).map(lambda pair: f"“{' '.join(pair)}”")
    term = st.one_of(word, word, word.map("-{}".format), phrase, st.just("OR"), st.just("!"))
    return st.lists(term, min_size=1, max_size=3).map(" ".join)


def querystrings(place):
    """Any state of the filters of a list."""
    model, filterset = LISTED[place]
    filters = filterset.base_filters
    facets = {}
    for name, terms in selected(place, "").filterset.index.terms.items():
        if terms:
            one = st.sampled_from([term.value for term in terms])
            values = st.lists(one, min_size=1, max_size=3, unique=True)
            facets |= {name: values, f"{name}_not": values}
    matched = [name for name in facets if f"{name}_match" in filters]
    names = st.lists(st.sampled_from([*facets]), max_size=3) if facets else st.just([])
    some_matched = st.sampled_from([[], matched])
    columns = [column.name for column in COLUMNS[model]]
    some_columns = st.lists(st.sampled_from(columns), unique=True, max_size=9)
    always = {
        "q": searches() if "q" in filters else st.none(),
        "sort": st.sampled_from([name for name, _ in filters["sort"].extra["choices"]]),
        "size": st.sampled_from(PAGE_SIZES),
        "columns": some_columns.map(",".join),
        **{f"{name}_match": st.sampled_from(["any", "all", "all"]) for name in matched},
    }

    @st.composite
    def querystring(draw):
        query = QueryDict(mutable=True)
        for name in draw(names) + draw(some_matched):
            query.setlist(name, draw(facets[name]))
        for name, value in always.items():
            if value := draw(st.one_of(st.none(), value)):
                query[name] = value
        query.setlistdefault("columns", draw(some_columns))
        return query.urlencode()

    return querystring()


def from_pages(place, query):
    """The keys of the rows of every page."""
    listing = selected(place, query)
    pages = range(1, max(1, -(-listing.count // listing.size)) + 1)
    shown = [selected(place, f"{query}&page={number}").page() for number in pages]
    assert [page.first for page in shown] == [listing.size * (page - 1) + 1 for page in pages]
    return [row.pk for page in shown for row in page.rows]


def from_interface(client, place, query):
    """The rows of every page of the interface, by its links from one to the next."""
    rows, address = [], f"/api/v1/{place}/?{query}"
    while address:
        page = client.get(address).json()
        rows += page["results"]
        address = page["next"]
    assert page["count"] == len(rows)
    for row in rows:
        del row["links"]
    return rows


def written(export, suffix):
    return b"".join(FORMATS[suffix].write(export))


def same_everywhere(client, place, query):
    listing = selected(place, query)
    assert listing.problems == []
    keys = from_pages(place, query)
    assert len(keys) == listing.count
    assert list(listing.rows.values_list("pk", flat=True)) == keys

    chosen = tuple(listing.filterset.cleaned["columns"])
    export = Export(listing.rows, SITE, chosen, title="Rows", count=listing.count)
    records = json.loads(written(export, "json"))["results"]
    assert len(records) == len(keys)
    assert from_interface(client, place, query) == records

    names = [column.name for column in export.columns]
    table = [
        ["; ".join(cell) if isinstance(cell, list) else cell for cell in map(record.get, names)]
        for record in records
    ]
    text = written(export, "csv").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        names,
        *([guarded("" if cell is None else str(cell)) for cell in row] for row in table),
    ]
    book = openpyxl.load_workbook(io.BytesIO(written(export, "xlsx")), read_only=True)
    assert [list(row) for row in book.worksheets[0].iter_rows(values_only=True)] == [
        names,
        *([None if cell == "" else cell for cell in row] for row in table),
    ]


def counts_lead_to_their_rows(listing, place, facet):
    links = [*facet.values, *listing.active]
    assert [each.count for each in links] == [
        selected(place, each.link.partition("?")[2]).rows.count() for each in links
    ]
    assert [each.count for each in facet.values if each.is_selected] == [
        selected(place, each.link.partition("?")[2]).count
        for each in facet.values
        if each.is_selected
    ]


@pytest.mark.parametrize(("place", "count", "part"), PARTS)
def test_every_answer_to_a_querystring_has_the_same_rows(
    client, many, unthrottled, place, count, part
):
    @states(count)
    @given(st.data())
    def check(data):
        query = data.draw(querystrings_of_place, label="querystring")
        same_everywhere(client, place, query)
        listing = selected(place, query)
        if listing.facets:
            facet = data.draw(st.sampled_from(range(len(listing.facets))), label="facet")
            counts_lead_to_their_rows(listing, place, listing.facets[facet])

    querystrings_of_place = querystrings(place)
    if CI:
        check = seed(part)(check)
    check()
