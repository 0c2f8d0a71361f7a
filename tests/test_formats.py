"""Every format states what it holds, and says when it has not changed."""

import datetime
import io
import json
import re
from xml.etree import ElementTree

import openpyxl
import pytest
from django.db import connection
from django.utils import timezone

from recommendations.columns import COLUMNS
from recommendations.exports import FORMATS
from recommendations.models import Meeting, Recommendation, Theme, WorkingGroup
from tests.lists import PLACES
from tests.test_exports import NASTY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("collection", "unthrottled")]

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://testserver"
FILES = [name for name, form in FORMATS.items() if form.is_file]
CONTROLS = "a\x01b\x0bc\x7fd\ufffee\uffff=f"


def get(client, address, **headers):
    response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return response


def book(client, address):
    return openpyxl.load_workbook(io.BytesIO(get(client, address).getvalue()))


def cells(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def facts(sheet):
    """The first table of the second sheet, as far as its empty line."""
    rows = cells(sheet)
    end = next(number for number, row in enumerate(rows) if not any(row))
    return {row[0]: row[1] for row in rows[:end]}


def feed(client, address):
    return ElementTree.fromstring(get(client, address).getvalue())


def texts_of(element, *names):
    """The texts of the elements that these names lead to."""
    return [each.text for each in element.findall("/".join(ATOM + name for name in names))]


def write_nasty_texts():
    rows = Recommendation.objects.order_by("position")
    for row, text in zip(rows, NASTY, strict=False):
        Recommendation.objects.filter(pk=row.pk).update(text=text)


# XLSX


def test_a_workbook_has_every_row_and_numbers_are_numbers(client):
    rows = cells(book(client, "/recommendations.xlsx").worksheets[0])
    names = [column.name for column in COLUMNS[Recommendation]]
    records = json.loads(get(client, "/recommendations.json").getvalue())["results"]
    assert rows[0] == names
    assert rows[1:] == [
        ["; ".join(cell) or None if isinstance(cell, list) else cell for cell in record.values()]
        for record in records
    ]
    assert {type(row[names.index("number")]) for row in rows[1:]} == {int, type(None)}


def test_no_cell_of_a_workbook_is_a_formula(client):
    write_nasty_texts()
    sheets = book(client, "/recommendations.xlsx?q=the+%3D1%2B1+OR+-x").worksheets
    types = {cell.data_type for sheet in sheets for row in sheet for cell in row}
    assert types == {"s", "n", "inlineStr"}
    texts = [row[0] for row in cells(book(client, "/recommendations.xlsx?columns=text").active)]
    plain = [text.replace("\r\n", "\n").replace("\r", "\n") for text in NASTY]
    assert [text.replace("\r\n", "\n") for text in texts[1 : len(NASTY) + 1]] == plain


def test_the_second_sheet_says_what_the_first_one_holds(client):
    query = "theme=return&theme=detainees&kind_not=own&q=return+OR+%3D2"
    sheet = book(client, f"/recommendations.xlsx?{query}&columns=reference,text").worksheets[1]
    made = facts(sheet).pop("Made at")
    age = timezone.now() - datetime.datetime.strptime(f"{made}+0000", "%Y-%m-%d %H:%M UTC%z")
    assert abs(age) < datetime.timedelta(minutes=2)
    assert facts(sheet) | {"Made at": ""} == {
        "What these rows are": "Recommendations",
        "Text": "return OR =2",
        "Kind, without": "An organisation's own",
        "Theme": "Detainees and missing persons",
        "Number of rows": "2",
        "Address of this list": (
            f"{SITE}/recommendations/?q=return+OR+%3D2&theme=return&theme=detainees&kind_not=own"
            "&columns=reference%2Ctext"
        ),
        "Made at": "",
    }
    rows = cells(sheet)
    heading = rows.index(["Column", "Name", "What it holds"])
    assert [row[:2] for row in rows[heading + 1 :]] == [
        ["reference", "reference"],
        ["text", "text"],
    ]
    assert all(row[2] for row in rows[heading + 1 :])


@pytest.mark.parametrize(("prefix", "is_rtl"), [("", False), ("/ar", True)])
def test_sheets_run_from_right_to_left_for_readers_of_arabic(client, prefix, is_rtl):
    sheets = book(client, f"{prefix}/recommendations.xlsx").worksheets
    assert [bool(sheet.sheet_view.rightToLeft) for sheet in sheets] == [is_rtl, is_rtl]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_every_list_is_a_workbook(client, place, prefix):
    rows = cells(book(client, f"{prefix}/{place}.xlsx").worksheets[0])
    records = json.loads(get(client, f"/{place}.json").getvalue())["results"]
    assert rows[0] == list(records[0])
    assert len(rows) - 1 == len(records) > 0


# JSON


def test_json_holds_the_exact_texts_unguarded(client):
    write_nasty_texts()
    rows = json.loads(get(client, "/recommendations.json").getvalue())["results"]
    assert [row["text"] for row in rows][: len(NASTY)] == NASTY


def test_json_says_what_it_holds(client):
    answer = json.loads(get(client, "/recommendations.json?q=food&theme_not=return").getvalue())
    results = answer.pop("results")
    assert answer == {
        "title": "Recommendations",
        "address": f"{SITE}/recommendations/?q=food&theme_not=return",
        "filters": [
            {"name": "Text", "value": "food"},
            {"name": "Theme, without", "value": "Displacement and return"},
        ],
        "count": 1,
    }
    (row,) = results
    assert row["reference"] == "CSSR-B7-EC-6"
    assert (row["number"], row["text_ar"], row["addressee"]) == (6, None, [])


def test_no_row_is_still_a_whole_file(client):
    for query in ("theme=food&theme_not=food", "q=!"):
        assert json.loads(get(client, f"/recommendations.json?{query}").getvalue())["results"] == []
        csv = get(client, f"/recommendations.csv?{query}&columns=reference").getvalue()
        assert csv == b'\xef\xbb\xbf"reference"\r\n'
        assert len(cells(book(client, f"/recommendations.xlsx?{query}").worksheets[0])) == 1
        assert feed(client, f"/recommendations.atom?{query}").findall(f"{ATOM}entry") == []


# Atom


def test_a_feed_begins_with_what_changed_last(client):
    for reference in ["STJ-G23-1", "CSSR-B7-PR-3", "CSSR-B7-ALL-1"]:
        Recommendation.objects.get(reference=reference).save()
    root = feed(client, "/recommendations.atom")
    ids = texts_of(root, "entry", "id")
    assert ids[:3] == [
        f"{SITE}/recommendations/{reference}/"
        for reference in ["CSSR-B7-ALL-1", "CSSR-B7-PR-3", "STJ-G23-1"]
    ]
    times = texts_of(root, "entry", "updated")
    assert times == sorted(times, reverse=True)
    assert texts_of(root, "updated") == times[:1]
    assert len(ids) == len(set(ids)) == 23
    links = [link.get("href") for link in root.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == ids
    assert all(client.get(link).status_code == 200 for link in links[:3])


def test_the_ids_of_a_feed_stay_when_texts_change(client):
    before = texts_of(feed(client, "/recommendations.atom?kind=own"), "entry", "id")
    Recommendation.objects.filter(kind="own").update(text="Other words.")
    after = feed(client, "/recommendations.atom?kind=own")
    assert texts_of(after, "entry", "id") == before
    assert texts_of(after, "entry", "summary") == ["Other words."] * 2


def test_a_feed_follows_its_filter(client):
    root = feed(client, "/recommendations.atom?theme=food&sort=newest")
    assert texts_of(root, "title") == ["Recommendations"]
    assert texts_of(root, "subtitle") == ["Theme: Food sovereignty"]
    assert texts_of(root, "id") == [f"{SITE}/recommendations/?theme=food&sort=newest"]
    assert texts_of(root, "entry", "id") == [f"{SITE}/recommendations/CSSR-B7-EC-6/"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_every_list_is_a_feed(client, place, prefix):
    root = feed(client, f"{prefix}/{place}.atom")
    assert root.tag == f"{ATOM}feed"
    assert len(texts_of(root, "entry", "id")) == len(set(texts_of(root, "entry", "id"))) > 0
    assert all(texts_of(root, "entry", "title"))


def test_a_feed_has_fifty_entries_at_most(client):
    Recommendation.objects.bulk_create(
        Recommendation(
            reference=f"X-{number}",
            kind="cross-cutting",
            text="x",
            state="published",
            position=1000 + number,
        )
        for number in range(60)
    )
    assert len(texts_of(feed(client, "/recommendations.atom"), "entry", "id")) == 50


@pytest.mark.parametrize("suffix", ["atom", "xlsx", "json", "csv"])
def test_characters_that_xml_forbids_break_no_file(client, suffix):
    Recommendation.objects.filter(kind="own").update(text=CONTROLS)
    for query in ("", "?q=%01%0b%7f%ef%bf%be+OR+words", "?q=%EF%BF%BF"):
        content = get(client, f"/recommendations.{suffix}{query}").getvalue()
        if suffix == "atom":
            ElementTree.fromstring(content)
        if suffix == "xlsx":
            openpyxl.load_workbook(io.BytesIO(content))
        if suffix == "json":
            json.loads(content)
    if suffix == "json":
        rows = json.loads(get(client, "/recommendations.json?kind=own").getvalue())["results"]
        assert [row["text"] for row in rows] == [CONTROLS] * 2


# Headers


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_a_page_and_its_files_link_to_each_other(client, prefix):
    query = "?theme=food&sort=newest"
    page = get(client, f"{prefix}/recommendations/{query}&size=50")
    links = re.findall(r'<([^>]+)>; rel="alternate"; type="([^"]+)"', page["Link"])
    assert [link for link, _ in links] == [
        f"{prefix}/recommendations.{suffix}{query}" for suffix in FORMATS
    ]
    for link, media_type in links:
        file = get(client, link)
        assert file["Content-Type"].partition(";")[0] == media_type
        assert file["Link"] == (
            f'<{SITE}{prefix}/recommendations/{query}>; rel="canonical"; type="text/html"'
        )


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize(
    ("query", "stem"),
    [
        ("", "cssr-recommendations"),
        ("size=50&columns=text", "cssr-recommendations"),
        ("kind=own&sort=newest", "cssr-recommendations_kind-own_sort-newest"),
        ("theme_not=food", "cssr-recommendations_theme_not-food"),
        ("q=food+sovereignty", "cssr-recommendations_q-food-sovereignty"),
        ("q=..%2F..%2Fetc%2Fpasswd%22%0D%0A", "cssr-recommendations_q-etcpasswd"),
    ],
)
def test_a_file_is_named_after_its_filter_and_day(client, suffix, query, stem):
    header = get(client, f"/recommendations.{suffix}?{query}")["Content-Disposition"]
    today = timezone.now().date().isoformat()
    assert header == f'attachment; filename="{stem}_{today}.{suffix}"'


def test_an_arabic_search_names_the_file_in_arabic(client):
    header = get(client, "/recommendations.csv?q=عودة")["Content-Disposition"]
    assert header.startswith("attachment; filename*=utf-8''cssr-recommendations_q-%D8%B9%D9%88")


def test_a_feed_is_read_in_place(client):
    assert "Content-Disposition" not in get(client, "/recommendations.atom")


# Columns


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("columns=text,reference", ["text", "reference"]),
        ("columns=text&columns=reference", ["text", "reference"]),
        ("columns=url&columns=text,number", ["url", "text", "number"]),
        ("columns=%20text%20,%20url", ["text", "url"]),
        ("columns=text,text&columns=text", ["text"]),
    ],
)
def test_columns_are_chosen_and_ordered_alike_in_every_format(client, query, names):
    text = get(client, f"/recommendations.csv?{query}").getvalue().decode("utf-8-sig")
    assert text.partition("\r\n")[0] == ",".join(f'"{name}"' for name in names)
    rows = json.loads(get(client, f"/recommendations.json?{query}").getvalue())["results"]
    assert [list(row) for row in rows] == [names] * 23
    assert cells(book(client, f"/recommendations.xlsx?{query}").worksheets[0])[0] == names
    page = get(client, f"/api/v1/recommendations/?{query}").json()
    assert [list(row) for row in page["results"]] == [[*names, "links"]] * 20


@pytest.mark.parametrize(
    "address", ["/recommendations.csv", "/recommendations.atom", "/api/v1/recommendations/"]
)
def test_an_unknown_column_is_named_with_the_nearest_one(client, address):
    response = client.get(f"{address}?columns=text,referense")
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "parameter": "columns",
            "value": "referense",
            "message": "“referense” is not known here. Did you mean “reference”?",
            "suggestion": "reference",
        }
    ]


# Problems


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "query",
    [
        "theme=econmy",
        "them=food&size=30",
        "sort=best&sort=speech",
        "page=0&q=" + "x" * 201,
        "kind=%3Cb%3E&q=%00",
        "columns=,&columns=sdgs",
        "format=xml",
        "format=json",
        "theme_match=none&year=٢٠٢٣x",
    ],
)
def test_a_file_and_the_interface_give_the_same_problem_document(client, suffix, query):
    file = client.get(f"/recommendations.{suffix}?{query}")
    interface = client.get(f"/api/v1/recommendations/?{query}")
    facets = client.get(f"/api/v1/recommendations/facets/?{query}")
    for response in (file, interface, facets):
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
    assert file.json() == interface.json() == facets.json()
    assert file.json()["status"] == 400 and file.json()["errors"]
    assert all(each["message"] for each in file.json()["errors"])


# 304

ADDRESSES = [
    "/recommendations/",
    "/ar/recommendations/?theme=food",
    *(f"/recommendations.{suffix}" for suffix in FORMATS),
    "/themes.csv",
    "/api/v1/recommendations/",
    "/api/v1/recommendations/facets/?q=food",
    "/api/v1/recommendations/CSSR-B7-PR-3/",
    "/api/v1/goals/",
]
EDITS = {
    "save": lambda: Theme.objects.get(slug="food").save(),
    "update": lambda: Recommendation.objects.filter(kind="own").update(number=9),
    "bulk_create": lambda: Theme.objects.bulk_create([Theme(slug="x", name_en="X", position=99)]),
    "m2m": lambda: Recommendation.objects.get(reference="CSSR-B7-PR-3").working_groups.add(
        WorkingGroup.objects.get(slug="local-governance")
    ),
    "m2m clear": lambda: Meeting.objects.get(slug="geneva-2023-05").working_groups.clear(),
    "delete": lambda: Recommendation.objects.filter(reference="CSSR-B7-PR-3").delete(),
    "plain SQL": lambda: connection.cursor().execute("DELETE FROM recommendations_themeassignment"),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_has_not_changed_is_not_sent_again(client, address, django_assert_num_queries):
    first = get(client, address)
    first.getvalue()
    with django_assert_num_queries(1):
        second = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second.getvalue()) == (304, b"")
    assert second["ETag"] == first["ETag"]
    assert "no-cache" in first["Cache-Control"]
    other = f"{address}{'&' if '?' in address else '?'}columns=reference"
    if client.get(other).status_code == 200:
        assert client.get(other)["ETag"] != first["ETag"]


@pytest.mark.parametrize("edit", EDITS)
def test_any_edit_changes_the_tag_of_every_address(client, edit):
    before = {address: get(client, address)["ETag"] for address in ADDRESSES}
    EDITS[edit]()
    for address, tag in before.items():
        after = client.get(address, headers={"If-None-Match": tag})
        assert after.status_code in {200, 404}
        assert after.headers.get("ETag") != tag


def test_tags_tell_languages_apart(client):
    assert get(client, "/recommendations/")["ETag"] != get(client, "/ar/recommendations/")["ETag"]


@pytest.mark.parametrize(
    "address",
    ["/recommendations/?them=food", "/recommendations.csv?them=food", "/recommendations/?page=99"],
)
def test_an_error_has_no_tag(client, address):
    response = client.get(address)
    assert response.status_code in {400, 404}
    assert "ETag" not in response
