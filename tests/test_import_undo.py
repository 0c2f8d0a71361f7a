"""Taking an import back after its records went to review or to the public."""

import pytest
from django.contrib.admin.models import LogEntry

from recommendations import importing
from recommendations.choices import State
from recommendations.models import ImportRun, Passage, Recommendation, Theme
from tests.staff import act, address, messages
from tests.test_import_admin import confirm, undo, upload
from tests.test_importing import HEADINGS, csv_file, snapshot

pytestmark = pytest.mark.django_db

FIELDS = [*HEADINGS, "locator", "difference_reason"]
REASON = "Import of rows.csv taken back"
FOR_PUBLISHERS = (
    "Not taken back: records of this import were submitted or published since. "
    "A publisher has to take it back."
)


def row(number, **cells):
    """A row that makes a recommendation which may be published."""
    values = {
        "reference": f"CSSR-B9-PR-{number}",
        "kind": "numbered",
        "working_group": "protection-priorities",
        "number": str(number + 40),
        "text": f"Text number {number}, of its own.",
        "meeting": "geneva-2023-05",
        "locator": "D1:L53",
        "difference_reason": "Spoken, not printed",
    }
    values |= cells
    return [values.get(name, "") for name in FIELDS]


def imported(client, *rows):
    page = upload(client, content=csv_file([FIELDS, *rows]))
    assert page.context["plan"].problems == []
    run = ImportRun.objects.latest("pk")
    confirm(client, run)
    run.refresh_from_db()
    assert run.state == "applied"
    return run


def record(number):
    return Recommendation.objects.get(reference=f"CSSR-B9-PR-{number}")


def shown(client):
    return client.get("/recommendations/").context["listing"].count


def test_what_was_public_is_withdrawn_and_the_rest_deleted(client, editor, publisher):
    before, count = snapshot(), shown(client)
    run = imported(editor, *map(row, range(1, 5)))
    act(editor, "submit_for_review", *(record(number) for number in (2, 3, 4)))
    act(publisher, "publish", record(3), record(4))
    act(publisher, "withdraw", record(4))
    assert shown(client) == count + 1

    outlook = publisher.get(address(run)).context["outlook"]
    assert (outlook.deleted, outlook.withdrawn, outlook.restored) == (
        ["CSSR-B9-PR-1", "CSSR-B9-PR-2"],
        ["CSSR-B9-PR-3", "CSSR-B9-PR-4"],
        [],
    )
    page = undo(publisher, run)
    assert messages(page) == ["Taken back: 2 deleted, 2 withdrawn, 0 as before the import."]
    assert page.context["plan"].withdrawn == ["CSSR-B9-PR-3", "CSSR-B9-PR-4"]
    assert shown(client) == count
    assert [client.get(record(n).get_absolute_url()).status_code for n in (3, 4)] == [410, 410]
    assert [record(n).withdrawal_reason for n in (3, 4)] == [REASON, "Superseded"]
    assert client.get("/recommendations/CSSR-B9-PR-2/").status_code == 404
    states = record(3).history.order_by("history_id").values_list("state", "history_user__username")
    assert list(states) == [
        ("draft", "editor"),
        ("in-review", "editor"),
        ("published", "publisher"),
        ("withdrawn", "publisher"),
    ]
    kept = {key for key in snapshot() if key not in before}
    assert {key for key in kept if key[0] == "recommendations.recommendation"} == {
        ("recommendations.recommendation", (f"CSSR-B9-PR-{n}",)) for n in (3, 4)
    }
    assert {key: value for key, value in snapshot().items() if key not in kept} == before


def test_an_editor_leaves_it_to_a_publisher(editor, publisher):
    run = imported(editor, row(1))
    act(editor, "submit_for_review", record(1))
    html = editor.get(address(run)).content.decode()
    assert "a publisher has to take it back" in html
    assert 'id="undo_form"' not in html
    assert messages(undo(editor, run)) == [FOR_PUBLISHERS]
    assert record(1).state == State.IN_REVIEW
    assert 'id="undo_form"' in publisher.get(address(run)).content.decode()
    undo(publisher, run)
    assert not Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()


def test_words_that_became_public_are_a_publishers_to_take_back(editor, publisher):
    imported(editor, row(1))
    second = imported(editor, row(1, text="Better words."))
    act(editor, "submit_for_review", record(1))
    act(publisher, "publish", record(1))
    assert messages(undo(editor, second)) == [FOR_PUBLISHERS]
    undo(publisher, second)
    assert (record(1).text, record(1).state) == ("Text number 1, of its own.", "published")


def test_real_edits_still_stop_it(editor, publisher):
    run = imported(editor, row(1))
    act(editor, "submit_for_review", record(1))
    Recommendation.objects.filter(pk=record(1).pk).update(delivered_by="Somebody")
    assert messages(undo(publisher, run)) == [
        "Not taken back, for this was edited or used since: CSSR-B9-PR-1: delivered by."
    ]


def test_no_public_record_is_left_unfit_for_the_public(editor, publisher):
    imported(editor, row(1, locator="", difference_reason=""))
    second = imported(editor, row(1))
    act(editor, "submit_for_review", record(1))
    act(publisher, "publish", record(1))
    assert messages(undo(publisher, second)) == [
        "Not taken back, for CSSR-B9-PR-1 was published since: Publishing needs the passage that "
        "the text was copied from. Withdraw it first."
    ]
    assert record(1).passage == Passage.objects.get(locator="D1:L53")


@pytest.mark.parametrize("is_public", [True, False])
def test_a_theme_that_it_created_stays_with_what_stays(editor, publisher, is_public):
    upload(editor, content=csv_file([FIELDS, row(1, theme="Mine clearance")]))
    run = ImportRun.objects.get()
    editor.post(address(run), {"question-0": "+"})
    run.refresh_from_db()
    confirm(editor, run)
    theme = Theme.objects.get(slug="mine-clearance")
    act(editor, "submit_for_review", record(1))
    act(publisher, "publish", record(1))
    if is_public:
        act(editor, "submit_for_review", theme)
        act(publisher, "publish", theme)
    undo(publisher, run)
    theme.refresh_from_db()
    assert (record(1).state, theme.state) == ("withdrawn", "withdrawn" if is_public else "draft")


def test_a_theme_that_others_took_up_stops_it(editor, publisher):
    upload(editor, content=csv_file([FIELDS, row(1, theme="Mine clearance")]))
    run = ImportRun.objects.get()
    editor.post(address(run), {"question-0": "+"})
    run.refresh_from_db()
    confirm(editor, run)
    other = Recommendation.objects.get(reference="CSSR-B7-PR-4")
    other.theme_assignments.create(theme=Theme.objects.get(slug="mine-clearance"), position=9)
    with pytest.raises(importing.Refused) as refused:
        importing.undo(run)
    assert str(refused.value).endswith("since: CSSR-B7-PR-4: Mine clearance.")


def test_the_log_names_who_took_it_back(editor, publisher):
    run = imported(editor, row(1))
    undo(publisher, run)
    page = publisher.get(address(Recommendation, "deleted"))
    assert "CSSR-B9-PR-1" in page.content.decode()
    entries = LogEntry.objects.order_by("pk").values_list("user__username", "action_flag")
    assert list(entries) == [("editor", 1), ("publisher", 3)]
