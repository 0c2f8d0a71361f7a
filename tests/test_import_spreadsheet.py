"""A spreadsheet of 2,000 rows that somebody else made: named, mapped on screen, imported."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recommendations.models import FollowUp, Recommendation
from tests import spreadsheet
from tests.spreadsheet import ROWS, place, workbook
from tests.staff import address, messages
from tests.test_import_admin import ADD, confirm, told

pytestmark = pytest.mark.django_db

SECONDS = 20  # of processor time, for a preview
WORDS = {
    "Protection": "protection-priorities",
    "economy & recovery": "economy-recovery",
    "Local governance": "local-governance",
    "Civil society": "civil-society-space",
    "Return": "return",
    "documentation": "documentation",
    "Women + youth": "women-youth",
    "Schools": "+",
    "Donors": "external-actors-and-donors",
}
COLUMNS = {
    "Rec. No.": "number",
    "Text of recommendation": "text",
    "Date": "-",
    "Theme(s)": "theme",
    "Group": "working_group",
    "Who": "addressee",
    "(G)": "-",
}
NOT_KNOWN = "“{}” is no column of ours"


def within(call, *args, **options):
    """What a call gives, where it needs no more processor time than a preview may."""
    begun = time.process_time()
    found = call(*args, **options)
    assert time.process_time() - begun < SECONDS
    return found


def upload(client, rows, where="recommendations"):
    file = SimpleUploadedFile("theirs.xlsx", workbook(rows))
    return within(client.post, ADD, {"place": where, "file": file}, follow=True)


def settle(client, page, answers, **fields):
    """Answer on screen what is asked, and look again."""
    asked = {
        f"question-{n}": answers[each.word] for n, each in enumerate(page.context["form"].asked)
    }
    return within(client.post, address(page.context["run"]), asked | fields, follow=True)


def planted():
    """The rows with a fault of every kind, each in a row of its own."""
    rows = list(spreadsheet.rows())
    rows[10][0] = rows[6][0]  # the same number in the same group
    rows[20][0] = "21a"
    rows[30][1] = None
    rows[40][3] = "Retrun"
    rows[50][1] = "hidden\u202e"
    return rows


def test_it_is_named_mapped_on_screen_corrected_and_imported(editor):
    page = upload(editor, planted())
    assert page.context["plan"].notes == [
        "Not read, for it stands above the headings: Recommendations, as of June"
    ]
    assert [(row, column) for row, column, _message in told(page)] == [
        *((1, heading) for heading in COLUMNS),
        (1, "reference"),
    ]
    page = settle(editor, page, COLUMNS, prefix="theirs")
    assert {column for _row, column, _message in told(page)} == {
        "kind",
        "number",
        "text",
        "theme",
        "working_group",
        "addressee",
    }
    asked = {*WORDS, "Retrun"} - {"documentation"}  # which is the slug itself
    assert {each.word for each in page.context["plan"].questions} == asked
    constants = {"constant-kind": "numbered", "constant-meeting": "geneva-2023-05"}
    page = settle(editor, page, WORDS | {"Retrun": ""}, prefix="theirs", **constants)
    shown = [(row, column, message.partition(".")[0]) for row, column, message in told(page)]
    taken = f"THEIRS-{place(7)} already has this number in this group and meeting"
    assert shown == [
        (place(11), "number", taken),
        (place(21), "number", "“21a” is no whole number"),
        (place(31), "text", "A new record needs this"),
        (place(41), "theme", shown[3][2]),
        (place(51), "text", shown[4][2]),
    ]
    assert shown[3][2].startswith("“Retrun” is not on record (nearest: ")
    assert shown[4][2].startswith("Please delete these invisible characters")

    page = upload(editor, spreadsheet.rows())
    assert "What you settled for “theirs.xlsx” is used again." in page.context["plan"].notes
    assert (told(page), page.context["summary"]) == ([], f"{ROWS} new, 0 changed, 0 unchanged")
    spaces = [place(number) for number in range(500, ROWS + 1, 500)]
    warnings = page.context["plan"].warnings
    assert (spaces, "text") in [(each.rows, each.column) for each in warnings]

    confirm(editor, page.context["run"])
    record = Recommendation.objects.get(reference=f"THEIRS-{place(1999)}")
    assert (record.number, record.state, record.meeting.slug) == (1999, "draft", "geneva-2023-05")
    assert record.text.startswith("1999: ")
    assert record.text.count("\n") == 1
    assert [group.slug for group in record.working_groups.all()] == ["civil-society-space"]
    assert [each.slug for each in record.addressees.all()] == ["external-actors-and-donors"]
    assert record.theme_assignments.count() == 2
    assert Recommendation.objects.filter(reference__startswith="THEIRS-").count() == ROWS


def test_dates_of_every_form_are_read_or_named(editor):
    rows = list(spreadsheet.rows(50))
    for number, text in {20: "31/02/2023", 21: "05/06/2023", 22: "soon"}.items():
        rows[number - 1][2] = text
    page = upload(editor, rows, "follow-up")
    names = dict.fromkeys(COLUMNS, "-") | {"Text of recommendation": "text", "Date": "date"}
    page = settle(editor, page, names, prefix="answer")
    constants = {"constant-kind": "response", "constant-organisation": "stj"}
    constants["constant-locator"] = "D1:L53"
    page = settle(editor, page, {}, prefix="answer", **constants)
    assert told(page) == [
        (
            place(20),
            "date",
            "“31/02/2023” is no day of the calendar. Look it up in the source and correct it.",
        ),
        (
            place(21),
            "date",
            "“05/06/2023” may mean 2023-06-05 or 2023-05-06. Write the one that is meant.",
        ),
        (place(22), "date", "“soon” is no date. Write 2023, 2023-05 or 2023-05-14."),
    ]
    page = upload(editor, spreadsheet.rows(50), "follow-up")
    assert messages(confirm(editor, page.context["run"])) == [
        "Imported: 50 new, 0 changed, 0 unchanged."
    ]
    found = [FollowUp.objects.get(slug=f"answer-{place(n)}").date_iso for n in range(6, 12)]
    assert found == ["2023-07-19", "2023-08-20", "2023-09", "2023-10-22", "2023-11-23", "2023"]
