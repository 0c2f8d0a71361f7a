"""Files: exact bytes, exact rows, nothing that a spreadsheet would run."""

import csv
import io
import tracemalloc

import pytest
from django.db import OperationalError

from recommendations.columns import COLUMNS
from recommendations.exports import csv as csv_format
from recommendations.models import Recommendation
from tests.lists import PLACES, from_csv

pytestmark = pytest.mark.django_db

NASTY = [
    "=1+1",
    "+41 22",
    "-x",
    "@SUM(A1)",
    "\tcell",
    "\rcell",
    "\ncell",
    "\uff1d1",
    'say "yes", please',
    "two\r\nlines",
    "\\.",
    "'quoted'",
    "لاجئين ;",
    "-5",
    "+3,5",
    "%s %% %",
    " spaces ",
]


def test_the_file_has_a_mark_an_exact_heading_and_a_row_for_each_recommendation(client, collection):
    response = client.get("/recommendations.csv")
    content = response.getvalue()
    assert content.startswith(b'\xef\xbb\xbf"reference","kind","working_group",')
    assert content.endswith(b'"\r\n')
    assert content.count(b"\r\n") == 24
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"


def test_columns_hold_what_they_say(client, collection):
    rows = {row["reference"]: row for row in from_csv(client, "recommendations")}
    row = rows["CSSR-B7-PR-3"]
    assert row["kind"] == "numbered"
    assert row["working_group"] == "protection-priorities"
    assert row["working_group_ar"] == "أولويات الحماية بالنسبة للسوريين"
    assert row["number"] == "3"
    assert row["theme"] == "return; safe-environment"
    assert row["sdg"] == "10.7; 16.1"
    assert row["meeting_date"] == "2023"
    assert row["meeting_date_precision"] == "year"
    assert row["conference"] == "brussels-2023"
    assert row["source_publisher"] == "Syrians for Truth and Justice"
    assert row["source_date"] == "2023-06"
    assert row["locator"] == "D1:L78"
    assert row["url"] == "http://testserver/recommendations/CSSR-B7-PR-3/"
    assert rows["STJ-G23-1"]["organisation"] == "stj"
    assert rows["STJ-G23-1"]["meeting_date"] == "2023-05"
    assert rows["CSSR-B7-ALL-1"]["working_group"] == (
        "civil-society-space; economy-recovery; protection-priorities; local-governance"
    )
    assert rows["CSSR-B7-EC-4"]["addressee_en"] == "The external actors and donors"
    assert rows["CSSR-B7-LG-1"]["instrument"] == "decree-107"


def test_a_permalink_opens_its_row(client, collection):
    for row in from_csv(client, "recommendations"):
        assert client.get(row["url"]).status_code == 200


@pytest.mark.parametrize("place", PLACES)
def test_the_file_is_the_same_in_both_languages(client, collection, place):
    english = client.get(f"/{place}.csv").getvalue().splitlines()
    arabic = client.get(f"/ar/{place}.csv").getvalue().splitlines()
    assert sorted(english) == sorted(arabic)
    assert english[0] == arabic[0]


def test_formulas_are_neutralised_and_texts_survive(client, collection):
    for recommendation, text in zip(
        Recommendation.objects.order_by("position"), NASTY, strict=False
    ):
        Recommendation.objects.filter(pk=recommendation.pk).update(text=text)
    texts = [row["text"] for row in from_csv(client, "recommendations")][: len(NASTY)]
    numbers = {"-5", "+3,5"}
    assert texts == [
        f"'{text}" if text[0] in csv_format.FORMULA_STARTS and text not in numbers else text
        for text in NASTY
    ]
    assert texts[:9] == [f"'{text}" for text in NASTY[:8]] + ['say "yes", please']


def test_every_database_writes_the_bytes_that_python_would(client, collection):
    for recommendation, text in zip(
        Recommendation.objects.order_by("position"), NASTY, strict=False
    ):
        Recommendation.objects.filter(pk=recommendation.pk).update(text=text)
    content = client.get("/recommendations.csv").getvalue()
    columns = COLUMNS[Recommendation]
    rows = (
        Recommendation.objects.published()
        .order_by("position")
        .values_list(*(column.value("http://testserver/") for column in columns))
    )
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    writer.writerows([csv_format.guarded(cell) for cell in row] for row in rows)
    assert content == b"\xef\xbb\xbf" + expected.getvalue().encode()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "cssr-recommendations_"),
        (
            "working_group=protection-priorities",
            "cssr-recommendations_working_group-protection-priorities_",
        ),
        ("kind=own&sort=newest", "cssr-recommendations_kind-own_sort-newest_"),
    ],
)
def test_the_file_name_says_the_filter(client, collection, query, name):
    header = client.get(f"/recommendations.csv?{query}")["Content-Disposition"]
    assert header.startswith(f'attachment; filename="{name}')
    assert header.endswith('.csv"')


def test_memory_stays_flat(client, collection):
    first = Recommendation.objects.get(reference="STJ-G23-1")
    Recommendation.objects.bulk_create(
        Recommendation(
            reference=f"COPY-{number}",
            kind="own",
            organisation=first.organisation,
            passage=first.passage,
            text="x" * 1000,
            state="published",
            position=1000 + number,
        )
        for number in range(5000)
    )
    response = client.get("/recommendations.csv?kind=own")
    tracemalloc.start()
    size = sum(len(block) for block in response.streaming_content)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 6_000_000
    assert peak < 3_000_000


def test_a_query_that_fails_gives_503_and_no_torn_file(client, collection, monkeypatch):
    def broken(cells):
        raise OperationalError("gone")
        yield

    monkeypatch.setattr(csv_format, "_copied", broken)
    monkeypatch.setattr(csv_format, "_iterated", broken)
    response = client.get("/recommendations.csv")
    assert (response.status_code, response["Retry-After"]) == (503, "30")


@pytest.mark.engine("postgresql")
def test_postgresql_copies(client, collection):
    blocks = list(csv_format._copied(Recommendation.objects.values_list("reference", "text")))
    assert len(blocks) == 23
    assert all(block.startswith(b'"') and block.endswith(b'"\r\n') for block in blocks)
