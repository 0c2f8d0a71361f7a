"""The first page of staff: each number is a list, what came in can go back, changes are told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.choices import Origin, State
from recommendations.models import ImportRun, Meeting, Recommendation, Theme
from recommendations.models.history import recorded_as
from recommendations.search import indexing
from tests.staff import act, address, opened, save, signed_in
from tests.test_importing import HEADINGS, NEW, csv_file

pytestmark = pytest.mark.django_db
ROLES = {"editors": "Submitted by others", "publishers": "Waiting for your decision"}
LATER = timezone.now() + timedelta(days=1)


@pytest.fixture
def editor(collection):
    return signed_in("editor", "editors")


@pytest.fixture
def publisher(collection):
    return signed_in("publisher", "publishers")


def desk(client, lang="en"):
    response = client.get({"en": "/admin/", "ar": "/ar/admin/"}[lang])
    assert response.status_code == 200
    return response.context["desk"]


def numbers(client):
    """The numbers of the desk, by group, label and records."""
    return {
        (str(group), str(task.label), str(number.records)): number
        for group, tasks in desk(client).groups.items()
        for task in tasks
        for number in task.numbers
    }


def counts(client):
    return {name: number.count for name, number in numbers(client).items()}


def rows(client, number):
    """The rows of the list behind a number."""
    changelist = client.get(number.url).context["cl"]
    assert changelist.result_count == len(changelist.result_list)
    return [str(row) for row in changelist.result_list]


def change(reference, **values):
    Recommendation.objects.filter(reference=reference).update(**values)
    return Recommendation.objects.get(reference=reference)


def submit(client, reference):
    record = change(reference, state=State.DRAFT)
    act(client, "submit_for_review", record)
    return record


@pytest.fixture
def planted(editor, publisher):
    """Rows that wait in every way, each where only its own list should show it."""
    submit(editor, "CSSR-B7-CS-1")
    submit(editor, "CSSR-B7-CS-2")
    submit(publisher, "CSSR-B7-CS-3")
    change("CSSR-B7-CS-4", state=State.IN_REVIEW)  # nobody knows who submitted it
    change("CSSR-B7-PR-3", state=State.DRAFT)
    Theme.objects.filter(slug="education").update(state=State.DRAFT)
    Meeting.objects.filter(slug="geneva-2023-05").update(state=State.IN_REVIEW)
    change("CSSR-B7-EC-1").theme_assignments.all().delete()
    change("CSSR-B7-EC-2", text="Words that stand nowhere")
    change("CSSR-B7-EC-3", text="Nor these", difference_reason="A misprint")
    change("CSSR-B7-EC-4", passage=None)
    change("CSSR-B7-EC-5", passage=None, state=State.WITHDRAWN)
    same = change("CSSR-B7-LG-1")
    Recommendation.objects.create(
        reference="CSSR-B9-1",
        kind="cross-cutting",
        text=f"«{same.text.upper()}»",
        passage=same.passage,
    )


WAITING = {
    ("Drafts", "", "Recommendations"): {"CSSR-B7-PR-3", "CSSR-B9-1"},
    ("Drafts", "", "Themes"): {"Education"},
    ("Needs attention", "Has no theme", "Recommendations"): {"CSSR-B7-EC-1", "CSSR-B9-1"},
    ("Needs attention", "Has no passage", "Recommendations"): {"CSSR-B7-EC-4"},
    (
        "Needs attention",
        "Differs from its passage, without a reason",
        "Recommendations",
    ): {"CSSR-B7-EC-2", "CSSR-B9-1"},
    (
        "Needs attention",
        "Says the same as another one, not linked to it",
        "Recommendations",
    ): {"CSSR-B7-LG-1", "CSSR-B9-1"},
}
SUBMITTED = {
    "editors": [{"CSSR-B7-CS-1", "CSSR-B7-CS-2"}, {"CSSR-B7-CS-3", "CSSR-B7-CS-4"}],
    "publishers": [{"CSSR-B7-CS-3"}, {"CSSR-B7-CS-1", "CSSR-B7-CS-2", "CSSR-B7-CS-4"}],
}


@pytest.mark.parametrize("group", ["editors", "publishers"])
def test_each_number_is_a_list_of_exactly_these_rows(planted, editor, publisher, group):
    client = {"editors": editor, "publishers": publisher}[group]
    found = numbers(client)
    for name, number in found.items():
        assert len(rows(client, number)) == number.count, name
    mine, others = SUBMITTED[group]
    expected = WAITING | {
        ("In review", "Submitted by you", "Recommendations"): mine,
        ("In review", ROLES[group], "Recommendations"): others,
        ("In review", ROLES[group], "Meetings"): {str(Meeting.objects.get(slug="geneva-2023-05"))},
    }
    labels = {name for name in found if name[1] == "Arabic name not reviewed yet"}
    assert {
        name: set(rows(client, found[name])) for name in found if name not in labels
    } == expected
    assert {name[2] for name in labels} == {
        "Themes",
        "Working groups",
        "Sustainable Development Goals",
    }
