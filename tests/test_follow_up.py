"""Follow-up: what is recorded, by whom; what is not recorded is never said to be not done."""

import datetime
import io
import itertools
import json

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from recommendations.choices import Assessment, FollowUpKind, State
from recommendations.models import FollowUp, Organisation, Passage, Recommendation, Source
from tests.lists import from_csv, from_pages
from tests.pages import Page
from tests.staff import act, address, filled, messages, opened, save, signed_in

pytestmark = pytest.mark.django_db

RETURN = "CSSR-B7-PR-3"
ADDRESS = f"/recommendations/{RETURN}/"
WORDS = "“None recorded” does not mean that nothing was done."
EVERY = {"endorsement": 20, "response": 0, "action": 0, "implementation": 0, "none": 3}


@pytest.fixture
def record(collection):
    """Makes follow-up of the recommendation on return."""
    numbers = itertools.count()

    def made(kind, organisation="stj", date=None, precision="", **fields):
        passage = Passage.objects.get(locator="D1:L30")
        follow_up = FollowUp.objects.create(
            slug=f"follow-up-{next(numbers)}",
            kind=kind,
            organisation=Organisation.objects.get(slug=organisation),
            date=date and datetime.date.fromisoformat(date),
            date_precision=precision,
            text=passage.text,
            passage=passage,
            **{"state": State.PUBLISHED} | fields,
        )
        follow_up.recommendations.add(Recommendation.objects.get(reference=RETURN))
        return follow_up

    return made


def counts(client, name, query=""):
    """Each value of a facet with its count, as the interface states it."""
    facets = client.get(f"/api/v1/recommendations/facets/?{query}").json()["facets"]
    (facet,) = (each for each in facets if each["name"] == name)
    return {value["value"]: value["count"] for value in facet["values"]}


def from_json(client, query):
    return json.loads(client.get(f"/recommendations.json?{query}").getvalue())


def cells(client, name, reference=RETURN):
    """What the column says of a recommendation: in CSV, Excel, JSON and the interface."""
    query = f"columns=reference,{name}"
    rows = from_csv(client, "recommendations", query)
    csv = {row["reference"]: row[name] for row in rows}
    file = client.get(f"/recommendations.xlsx?{query}").getvalue()
    excel = dict(openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].values)
    rows = from_json(client, query)["results"]
    plain = {row["reference"]: row[name] for row in rows}
    interface = client.get(f"/api/v1/recommendations/{reference}/").json()[name]
    return csv[reference], excel[reference] or "", plain[reference], interface


def everywhere(*values):
    """The same, as it should be."""
    return "; ".join(values), "; ".join(values), list(values), list(values)


def page(client, path):
    return Page(client.get(path))


# The record


def test_only_an_action_or_an_implementation_report_may_assess(record):
    assert {kind for kind in FollowUpKind if allowed(record, kind)} == {"action", "implementation"}


def allowed(record, kind):
    try:
        with transaction.atomic():
            record(kind, assessment=Assessment.REVERSED)
    except IntegrityError:
        return False
    return True


def test_the_model_says_what_is_wrong_with_an_assessment(record):
    follow_up = record("response")
    follow_up.assessment = Assessment.FULLY
    with pytest.raises(ValidationError) as error:
        follow_up.full_clean()
    assert error.value.message_dict == {
        "assessment": [
            "Only an action or an implementation report has an assessment. Leave it empty."
        ]
    }


@pytest.mark.parametrize("unpublished", ["state", "organisation", "source"])
def test_what_is_not_public_of_it_hides_it(record, client, unpublished):
    follow_up = record("action", "unsc", assessment="in-progress")
    assert counts(client, "follow_up")["action"] == 1
    assert "In progress" in client.get(ADDRESS).content.decode()
    if unpublished == "state":
        FollowUp.objects.filter(pk=follow_up.pk).update(state=State.IN_REVIEW)
    elif unpublished == "organisation":
        Organisation.objects.filter(slug="unsc").update(state=State.DRAFT)
    else:
        Source.objects.update(state=State.DRAFT)
    expected = EVERY | ({"endorsement": 0, "none": 23} if unpublished == "source" else {})
    assert counts(client, "follow_up") == expected
    assert counts(client, "assessment")["in-progress"] == 0
    assert cells(client, "assessment") == everywhere()
    assert "In progress" not in client.get(ADDRESS).content.decode()
    listed = client.get("/api/v1/follow-ups/").json()["results"]
    assert follow_up.slug not in {each["slug"] for each in listed}
    assert client.get(f"/api/v1/follow-ups/{follow_up.slug}/").status_code == 404


# The list


def test_the_facets_count_what_is_recorded_and_what_is_not(collection, client):
    assert counts(client, "follow_up") == EVERY
    assert counts(client, "assessment") == dict.fromkeys(Assessment.values, 0) | {"none": 23}


def test_a_draft_beside_a_public_fact_is_not_counted_with_it(record, client):
    record("response", state=State.DRAFT)
    record("action", assessment="in-progress", state=State.DRAFT)
    record("implementation", assessment="reversed")
    assert counts(client, "follow_up") == EVERY | {"implementation": 1}
    expected = dict.fromkeys(Assessment.values, 0) | {"reversed": 1, "none": 22}
    assert counts(client, "assessment") == expected


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("follow_up=endorsement", 20),
        ("follow_up=action", 1),
        ("follow_up=action&follow_up=none", 4),
        ("follow_up=none", 3),
        ("follow_up=none&working_group=protection-priorities", 1),
        ("follow_up_not=none", 20),
        ("follow_up_not=action", 22),
        ("assessment=not-started", 1),
        ("assessment=reversed", 0),
        ("assessment=none", 22),
        ("assessment_not=none", 1),
        ("assessment_not=in-progress&assessment=none", 22),
    ],
)
def test_every_answer_to_a_filter_has_the_same_rows(record, client, query, count):
    record("action", "ose-syria", assessment="in-progress")
    record("implementation", assessment="not-started")
    total, keys = from_pages(client, "recommendations", query)
    assert total == len(keys) == count
    rows = from_csv(client, "recommendations", query)
    assert [row["reference"] for row in rows] == keys
    interface = client.get(f"/api/v1/recommendations/?size=50&{query}").json()
    assert [row["reference"] for row in interface["results"]] == keys
    assert [row["reference"] for row in from_json(client, query)["results"]] == keys
    assert client.get(f"/recommendations.atom?{query}").getvalue().count(b"<entry>") == count


def test_the_page_names_every_value_and_what_none_recorded_does_not_mean(collection, client):
    found = page(client, "/recommendations/?follow_up=none")
    facet = found.one("details", id="follow_up")
    assert facet.text.startswith(
        "Follow-up Follow-up Endorsement 20 , Follow-up: Endorsement Response 0 Action 0 "
        "Implementation report 0 None recorded 3 , Follow-up: None recorded " + WORDS
    )
    assert WORDS in found.one("details", id="assessment").text


def test_a_value_that_is_not_known_is_named_with_the_nearest(collection, client):
    answer = client.get("/api/v1/recommendations/?assessment=not-done")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["value"]) == ("assessment", "not-done")


def test_the_description_of_the_interface_names_every_value(collection, client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    named = {
        each["name"]: each["schema"]["items"].get("enum")
        for each in paths["/api/v1/recommendations/"]["get"]["parameters"]
        if each["schema"]["type"] == "array"
    }
    assert sorted(named["follow_up"]) == sorted(EVERY)
    assert sorted(named["assessment"]) == sorted([*Assessment.values, "none"])
    assert named["addressee"] is None


def test_the_columns_hold_each_kind_and_each_assessment_once(record, client):
    assert cells(client, "follow_up") == everywhere("endorsement")
    assert cells(client, "assessment") == everywhere()
    assert cells(client, "follow_up", "STJ-G23-1") == everywhere()
    record("implementation", assessment="reversed")
    record("implementation", "ose-syria", assessment="fully-implemented")
    record("action", "ose-syria", assessment="reversed")
    record("response")
    kinds = ["action", "endorsement", "implementation", "response"]
    assert cells(client, "follow_up") == everywhere(*kinds)
    assert cells(client, "assessment") == everywhere("fully-implemented", "reversed")


def test_the_guide_of_a_file_says_what_an_empty_cell_means(collection, client):
    file = client.get("/recommendations.xlsx?columns=follow_up,assessment").getvalue()
    guide = openpyxl.load_workbook(io.BytesIO(file)).worksheets[1].values
    said = {row[0]: row[1:] for row in guide if row[0] in {"follow_up", "assessment"}}
    assert [name for name, _meaning in said.values()] == ["Follow-up", "Organisations' assessment"]
    for _name, meaning in said.values():
        assert meaning.endswith("Empty: none recorded, which does not mean that nothing was done.")


def test_the_list_of_follow_up_says_and_filters_by_the_assessment(record, client):
    record("implementation", assessment="in-progress")
    record("implementation")
    rows = client.get("/api/v1/follow-ups/?assessment=in-progress").json()["results"]
    assert [(row["slug"], row["assessment"]) for row in rows] == [("follow-up-0", "in-progress")]
    rows = client.get("/api/v1/follow-ups/?assessment=none&kind=implementation").json()["results"]
    assert [(row["slug"], row["assessment"]) for row in rows] == [("follow-up-1", None)]


# The page of a recommendation


def contradictory(record):
    record("implementation", "cssr", "2024-05-14", "day", assessment="not-started")
    record("implementation", "ose-syria", "2024-05-01", "month", assessment="fully-implemented")
    record("action", "ose-syria", "2023-01-01", "year", assessment="in-progress")
    record("action", "stj", assessment="reversed")
    record("response", "ose-syria", "2025-01-01", "day")


LABELS = {
    "": [
        ("14 May 2024", "Not started"),
        ("May 2024", "Fully implemented"),
        ("2023", "In progress"),
        ("date not in the source", "Reversed"),
    ],
    "/ar": [
        ("14 أيار/مايو 2024",),
        ("أيار/مايو 2024",),
        ("2023",),
        ("التاريخ غير مذكور في المصدر",),
    ],
}


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_contradictory_assessments_stand_side_by_side_newest_first(record, client, prefix):
    contradictory(record)
    found = page(client, prefix + ADDRESS)
    table = found.one("table", **{"class": "table assessments"})
    rows = [each for each in found.all("tr") if each["data-key"]]
    assert [each["data-key"] for each in rows] == [f"follow-up-{number}" for number in range(4)]
    for row, words in zip(rows, LABELS[prefix], strict=True):
        assert all(text in row.text for text in words), row.text
        links = [each for each in found.all("a") if row in each.lineage]
        assert [each["href"].rpartition("/")[2] for each in links] == ["", "#L30"]
    assert table.lang == ("ar" if prefix else "en")


def test_the_page_lists_follow_up_by_kind_and_names_the_kinds_without(record, client):
    record("implementation", "cssr", "2024-05-14", "day", assessment="not-started")
    record("implementation", "ose-syria", "2024-06-01", "month")
    found = page(client, ADDRESS)
    kinds = {each["data-kind"]: each.text for each in found.all("div") if each["data-kind"]}
    assert list(kinds) == FollowUpKind.values
    assert kinds["endorsement"].count("Syrians for Truth and Justice · June 2023") == 2
    assert (kinds["response"], kinds["action"]) == (
        "Response None recorded",
        "Action None recorded",
    )
    newer, older = kinds["implementation"].split("Civil Society Support Room · ")
    assert "June 2024" in newer
    assert older.startswith("14 May 2024 Its assessment: Not started")
    section = found.one("section", **{"aria-labelledby": "follow-up"}).text
    assert section.endswith("Nothing else is recorded. That does not mean that nothing was done.")


def test_without_follow_up_the_page_says_that_none_is_recorded_and_no_more(collection, client):
    found = page(client, "/recommendations/STJ-G23-1/")
    assert found.one("section", **{"aria-labelledby": "follow-up"}).text == (
        "Follow-up None recorded. That does not mean that nothing was done."
    )


def test_more_follow_up_takes_no_more_queries(record, client, django_assert_max_num_queries):
    record("action", assessment="in-progress")
    with django_assert_max_num_queries(20) as few:
        client.get(ADDRESS)
    for _number in range(10):
        record("implementation", "ose-syria", assessment="reversed")
    with django_assert_max_num_queries(len(few)):
        client.get(ADDRESS)


def test_the_page_of_an_organisation_shows_its_own_assessment_only(record, client):
    record("implementation", "ose-syria", assessment="fully-implemented")
    record("implementation", "stj", assessment="not-started")
    own = client.get("/organisations/stj/").content.decode()
    assert "Its assessment: Not started" in own
    assert "Fully implemented" not in own


# Staff


@pytest.fixture
def draft(record):
    return record("implementation", state=State.DRAFT)


def test_an_editor_records_an_assessment_and_somebody_else_publishes_it(draft, client):
    editor, publisher = signed_in("editor", "editors"), signed_in("publisher", "publishers")
    data = opened(editor, draft)
    assert save(editor, draft, data, assessment="in-progress").status_code == 302
    act(editor, "submit_for_review", draft)
    act(editor, "publish", draft)
    draft.refresh_from_db()
    assert (draft.assessment, draft.state) == ("in-progress", State.IN_REVIEW)
    assert counts(client, "assessment")["in-progress"] == 0
    act(publisher, "publish", draft)
    assert counts(client, "assessment")["in-progress"] == 1
    assert draft.history.filter(assessment="in-progress").exists()


def test_nobody_publishes_an_assessment_of_their_own(draft):
    publisher = signed_in("publisher", "publishers")
    save(publisher, draft, opened(publisher, draft), assessment="in-progress")
    said = "".join(messages(act(publisher, "publish", draft)))
    assert "somebody else has to publish it" in said
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_who_only_reads_cannot_assess(draft, django_user_model):
    reader = signed_in("reader", "editors")
    django_user_model.objects.get(username="reader").groups.clear()
    assert reader.post(address(draft), {"assessment": "reversed"}).status_code == 403
    draft.refresh_from_db()
    assert draft.assessment == ""


def test_a_public_assessment_changes_with_a_reason_only(record):
    follow_up = record("implementation", assessment="in-progress")
    publisher = signed_in("publisher", "publishers")
    data = opened(publisher, follow_up)
    response = save(publisher, follow_up, data, assessment="reversed", change_reason="")
    assert "This record is public: say why it changes." in response.content.decode()
    follow_up.refresh_from_db()
    assert follow_up.assessment == "in-progress"


def test_the_form_says_at_the_field_that_an_endorsement_assesses_nothing(draft):
    editor = signed_in("editor", "editors")
    data = opened(editor, draft)
    response = save(editor, draft, data, kind="endorsement", assessment="reversed")
    errors = response.context["adminform"].form.errors
    assert errors == {
        "assessment": [
            "Only an action or an implementation report has an assessment. Leave it empty."
        ]
    }


def test_the_form_offers_each_assessment_and_none(draft):
    editor = signed_in("editor", "editors")
    form = editor.get(address(draft)).context["adminform"].form
    offered = [value for value, _label in form.fields["assessment"].choices]
    assert offered == ["", *Assessment.values]
    assert filled(editor.get(address(draft)), draft)["assessment"] == [""]
