"""Importing: files are read exactly, plans say all, what is applied is what was shown."""

import io
import zipfile

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook, load_workbook

from recommendations import fixtures, importing, models
from recommendations.choices import State
from recommendations.exports import FORMATS, Export
from recommendations.importing import plan as planning
from recommendations.importing import reading, similar
from recommendations.importing.targets import iso_date
from recommendations.models import ImportRun, Recommendation, Theme
from recommendations.search import indexing
from tests.lists import PLACES

pytestmark = pytest.mark.django_db

HEADINGS = ["reference", "kind", "working_group", "number", "text", "meeting", "theme", "sdg"]
NEW = ["CSSR-B9-PR-1", "numbered", "protection-priorities", "41", "A text of its own.", "", "", ""]


def csv_file(rows, encoding="utf-8", delimiter=","):
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    return "\r\n".join(delimiter.join(row) for row in quoted).encode(encoding)


def workbook(rows):
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def started(*rows, place="recommendations", headings=HEADINGS, choices=None):
    """A saved run of these rows, with its plan."""
    run = importing.start(place, "rows.csv", csv_file([headings, *rows]))
    run.choices = choices or {}
    plan = importing.planned(run)
    run.save()
    return run, plan


def applied(*rows, **options):
    run, plan = started(*rows, **options)
    assert told(plan) == []
    assert importing.apply(run, plan.digest) is True
    return run


def told(plan):
    return [(each.row, each.column, each.message) for each in plan.problems]


def counts(plan):
    return len(plan.new), len(plan.changed), plan.unchanged, len(plan.problems)


# Files


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "عودة اللاجئين إلى ديارهم"),
        ("utf-8-sig", "عودة اللاجئين إلى ديارهم"),
        ("utf-16", "عودة اللاجئين إلى ديارهم"),
        ("utf-16-le", "عودة اللاجئين إلى ديارهم"),
        ("utf-16-be", "عودة اللاجئين إلى ديارهم"),
        ("cp1256", "عودة اللاجئين والنازحين إلى ديارهم"),
        ("cp1252", "Le droit d'être protégé après la conférence"),
        ("cp1252", "a plain “quotation” – nothing else"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_file_is_read_in_its_encoding(encoding, text, delimiter):
    content = csv_file([["reference", "text"], ["A", text]], encoding, delimiter)
    table = reading.read("a.csv", content)
    assert (table.headings, [row.cells for row in table.rows]) == (
        ["reference", "text"],
        [["A", text]],
    )


def test_an_encoding_in_doubt_is_asked_for_and_then_taken():
    content = csv_file([["reference", "text"], ["A", "été قمح"]], "cp1256")
    with pytest.raises(importing.EncodingUnknown):
        reading.read("a.csv", content)
    assert reading.read("a.csv", content, encoding="cp1256").rows[0].cells == ["A", "été قمح"]


def zipped(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def with_part(name, content):
    file = io.BytesIO(workbook([["reference"], ["A"]]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)
    return file.getvalue()


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'


UNREADABLE = [
    ("a.csv", lambda: b"", "The file is empty"),
    ("a.csv", lambda: b"\xef\xbb\xbf\r\n", "The file is empty"),
    ("a.csv", lambda: b"reference,text\r\n", "Below its headings the file has no row"),
    ("a.pdf", lambda: b"%PDF-1.4", "Files ending in “.pdf” are not read"),
    ("a.xlsm", lambda: b"PK\x03\x04", "Files ending in “.xlsm” are not read"),
    ("a.csv", lambda: workbook([["reference"], ["A"]]), "holds something else"),
    ("a.xlsx", lambda: b"reference\nA\n", "holds something else"),
    ("a.xlsx", lambda: b"PK\x03\x04 and no more", "cannot be opened"),
    ("a.xlsx", lambda: zipped(a="b"), "cannot be opened"),
    (
        "a.xlsx",
        lambda: zipped(**{"xl__big.xml": b" " * (51 * 1024 * 1024)}),
        "Unpacked, the workbook",
    ),
    ("a.xlsx", lambda: zipped(**{f"p{number}": "" for number in range(501)}), "has 501 parts"),
    ("a.xlsx", lambda: with_part("xl/vbaProject.bin", b"x"), "holds macros"),
    ("a.xlsx", lambda: with_part("xl/theme/evil.xml", BOMB), "declares XML entities"),
    (
        "a.xlsx",
        lambda: with_part("xl/e.xml", BOMB.decode().encode("utf-16")),
        "declares XML entities",
    ),
    ("a.xlsx", lambda: workbook([["reference"], ["=1+1"]]), "Cell A2 is a formula"),
    ("a.xlsx", lambda: workbook([["reference"], ["#REF!"]]), "Cell A2 is an error (#REF!)"),
    (
        "a.csv",
        lambda: b'reference,text\r\nA,"open\r\n',
        "Row 2 (line 2) has broken quotation marks",
    ),
    (
        "a.csv",
        lambda: b'reference,text\r\n"A"b,c\r\n',
        "Row 2 (line 2) has broken quotation marks",
    ),
    ("a.csv", lambda: b"reference,text\r\nA,b\0c\r\n", "Cell B2 holds the character NUL"),
    ("a.csv", lambda: b"reference,text\r\nA," + b"x" * 32_768, "Cell B2 has 32768 characters"),
    ("a.csv", lambda: b"reference,text\r\nA," + b"x" * 140_000, "the limit is 32767"),
    ("a.csv", lambda: b"a" + b",b" * 100 + b"\r\nA\r\n", "more than 100 columns"),
    ("a.csv", lambda: b"reference\r\n" + b"A\r\n" * 5001, "more than 5000 rows"),
    (
        "a.csv",
        lambda: b"reference\r\n" + b"x" * (5 * 1024 * 1024),
        "The file has 5242891 bytes",
    ),
]


@pytest.mark.parametrize("number", range(len(UNREADABLE)))
def test_what_cannot_be_read_is_named(number):
    name, content, message = UNREADABLE[number]
    with pytest.raises(importing.Unreadable) as refused:
        reading.read(name, content())
    assert message in str(refused.value)


def test_a_workbook_is_read_as_texts_and_its_other_sheet_on_demand():
    book, file = Workbook(), io.BytesIO()
    book.active.title = "Rows"
    for row in [["reference", "number", "text"], ["A", 4, "two\nlines"], [], ["B", 2.0, 1.5]]:
        book.active.append(row)
    book.create_sheet("Words").append(["word"])
    book["Words"].append(["other"])
    book.save(file)
    table = reading.read("a.xlsx", file.getvalue())
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ["A", "4", "two\nlines"]),
        (4, ["B", "2", "1.5"]),
    ]
    assert table.sheets == ["Rows", "Words"]
    assert reading.read("a.xlsx", file.getvalue(), sheet="Words").rows[0].cells == ["other"]


def test_an_empty_sheet_is_passed_over():
    book, file = Workbook(), io.BytesIO()
    book.create_sheet("Rows").append(["reference"])
    book["Rows"].append(["A"])
    book.save(file)
    table = reading.read("a.xlsx", file.getvalue())
    assert (table.sheet, table.rows[0].cells) == ("Rows", ["A"])


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2023", "2023"),
        ("2023-5", "2023-05"),
        ("2023-05-04", "2023-05-04"),
        ("14/05/2023", "2023-05-14"),
        ("5.5.2023", "2023-05-05"),
        ("05/14/2023", "2023-05-14"),
        ("14 May 2023", "2023-05-14"),
        ("May 2023", "2023-05"),
        ("31/02/2023", "“31/02/2023” is no day of the calendar"),
        ("2023-02-31", "“2023-02-31” is no day of the calendar"),
        ("2023-13", "“2023-13” is no day of the calendar"),
        ("05/06/2023", "“05/06/2023” may mean 2023-06-05 or 2023-05-06"),
        ("soon", "“soon” is no date"),
    ],
)
def test_a_date_means_one_thing(cell, date):
    try:
        assert iso_date(cell) == date
    except Exception as problem:
        assert problem.messages[0].startswith(date)


# What we exported


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("place", PLACES)
def test_our_own_file_changes_nothing(client, collection, place, ending):
    theme = Theme.objects.get(slug="return")
    Theme.objects.filter(pk=theme.pk).update(state=State.DRAFT)
    Recommendation.objects.filter(reference="CSSR-B7-PR-3").update(text="'=1+1\r\n;x")
    content = client.get(f"/{place}.{ending}").getvalue()
    run = importing.start(place, f"{place}.{ending}", content)
    plan = importing.planned(run)
    rows = dict(importing.PLACES)[place].objects.published().count()
    assert (told(plan), counts(plan)) == ([], (0, 0, rows, 0))


OTHERS = sorted(importing.PLACES.keys() - set(PLACES))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("place", OTHERS)
def test_our_own_file_of_any_other_list_changes_nothing(collection, place, ending):
    rows = importing.PLACES[place].objects.all()
    content = b"".join(FORMATS[ending].write(Export(rows, site="https://example.org/")))
    plan = importing.planned(importing.start(place, f"{place}.{ending}", content))
    assert (told(plan), counts(plan)) == ([], (0, 0, len(rows), 0))


@pytest.mark.parametrize(
    ("place", "row"),
    [
        (
            "passages",
            {"locator": "D1:L900", "source": "stj-brussels-2023", "position": "900"}
            | {"kind": "paragraph", "text": "Words."},
        ),
        ("instruments", {"slug": "a-law", "name_en": "A law", "type": "law"}),
        ("addressees", {"slug": "donors", "name_en": "Donors", "organisation": "stj"}),
        ("goals", {"number": "12", "name_en": "Responsible consumption"}),
        (
            "roles",
            {"organisation": "stj", "role": "convenor", "meeting": "geneva-2023-05"}
            | {"locator": "D1:L53", "since": "2023-05"},
        ),
        ("support", {"funder": "norway", "organisation": "stj", "locator": "D1:L53"}),
        (
            "follow-up",
            {"slug": "an-answer", "kind": "response", "organisation": "stj", "text": "Words."}
            | {"recommendation": "CSSR-B7-PR-3; CSSR-B7-PR-4", "date": "2023-06"}
            | {"locator": "D1:L53"},
        ),
    ],
)
def test_a_row_of_any_other_list_is_added_and_taken_back(collection, place, row):
    before = snapshot()
    headings = list(row)
    run = applied(list(row.values()), place=place, headings=headings)
    model = importing.PLACES[place]
    assert model.objects.count() == len([key for key in before if key[0] == _label(model)]) + 1
    changed = {**row, headings[-1]: ""}
    _run, plan = started(list(changed.values()), place=place, headings=headings)
    assert (told(plan), counts(plan)) == ([], (0, 0, 1, 0))
    importing.undo(run)
    assert snapshot() == before


def _label(model):
    return model._meta.label_lower


def test_values_that_stand_together_once_are_named_with_their_row(collection):
    taken = models.Passage.objects.get(locator="D1:L53")
    headings = ["locator", "source", "position", "kind", "text"]
    first = ["D1:L900", taken.source.slug, "900", "paragraph", "Words."]
    second = ["D1:L901", taken.source.slug, "900", "paragraph", "Words."]
    third = ["D1:L902", taken.source.slug, str(taken.position), "paragraph", "Words."]
    _run, plan = started(first, second, third, place="passages", headings=headings)
    message = "Another passage of this source has this position."
    assert told(plan) == [(3, "position", message)]
    assert (plan.problems[0].place, plan.errors) == ("3-4", 2)


def test_a_key_of_several_columns_needs_them(collection):
    _run, plan = started(["norway"], place="support", headings=["funder"])
    assert told(plan) == [
        (
            1,
            "organisation",
            "No column is “organisation”, which says what record a row is. Choose the column.",
        )
    ]
    _run, plan = started(
        ["norway", ""], ["zz", "stj"], place="support", headings=["funder", "organisation"]
    )
    assert [each[:2] for each in told(plan)] == [
        (2, "organisation"),
        (3, "locator"),
        (3, "funder"),
    ]


def test_what_only_the_site_writes_is_no_column(collection):
    headings = ["slug", "withdrawal_reason", "withdrawn_at", "version", "submitted_by"]
    row = ["return", "Because", "2023-05-14", "9", "1"]
    _run, plan = started(row, place="themes", headings=headings)
    assert [question.word for question in plan.questions] == headings[1:]


# What a plan says


def test_new_changed_and_unchanged_rows(collection):
    old = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    _run, plan = started(
        NEW,
        ["CSSR-B7-PR-3", "", "", "", "", "", "return; documentation", "16.7"],
        ["CSSR-B7-PR-4", "numbered", "", "", "", "", "", ""],
    )
    assert told(plan) == []
    assert counts(plan) == (1, 1, 1, 0)
    assert plan.new[0].values == {
        "kind": ["", "numbered"],
        "working_group": [[], ["protection-priorities"]],
        "number": ["", "41"],
        "text": ["", "A text of its own."],
    }
    assert plan.changed[0].values["sdg"] == [
        [each.code for each in old.goal_assignments.all()],
        ["16.7"],
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"theme": "retrun"}, (2, "theme", "“retrun” is not on record (nearest: ")),
        ({"working_group": "zzz"}, (2, "working_group", "“zzz” is not on record. Correct it")),
        ({"kind": "Numberd"}, (2, "kind", "“Numberd” is not on record (nearest: Numbered")),
        ({"number": "one"}, (2, "number", "“one” is no whole number")),
        ({"number": ""}, (2, "kind", "A numbered recommendation needs its number.")),
        ({"number": "3", "meeting": "brussels-7"}, None),
        ({"text": ""}, (2, "text", "A new record needs this.")),
        ({"text": "a\u202eb"}, (2, "text", "Please delete these invisible characters")),
        ({"sdg": "99"}, (2, "sdg", "“99” is no goal or target.")),
        ({"reference": ""}, (2, "reference", "The cell is empty.")),
        (
            {"working_group": ""},
            (2, "working_group", "A numbered recommendation needs the working"),
        ),
        ({"kind": "own"}, (2, "kind", "Name the organisation for its own recommendation")),
    ],
)
def test_what_is_wrong_is_named_with_its_place(collection, row, problem):
    cells = dict(zip(HEADINGS, NEW, strict=True)) | row
    if "meeting" in row:
        taken = Recommendation.objects.get(reference="CSSR-B7-PR-3")
        cells |= {"meeting": taken.meeting.slug, "number": str(taken.number)}
        problem = (2, "number", "CSSR-B7-PR-3 already has this number in this group and meeting.")
    _run, plan = started(list(cells.values()))
    row, column, message = told(plan)[0]
    assert (row, column, message[: len(problem[2])]) == problem
    assert not plan.is_applicable


def test_a_key_stands_once_and_a_number_too(collection):
    other = [*NEW]
    other[0] = "CSSR-B9-PR-2"
    _run, plan = started(NEW, NEW, other)
    assert told(plan) == [
        (3, "reference", "“CSSR-B9-PR-1” stands in row 2 already. Keep one of the two rows."),
        (4, "number", "CSSR-B9-PR-1 already has this number in this group and meeting."),
    ]


def test_an_unknown_heading_is_asked_for_and_mapped(collection):
    headings = ["Text of it" if name == "text" else name for name in HEADINGS]
    run, plan = started(NEW, headings=headings)
    assert [question.word for question in plan.questions] == ["Text of it"]
    assert told(plan)[0][:2] == (1, "Text of it")
    run.choices = {"headings": {"Text of it": "text"}}
    assert counts(importing.planned(run)) == (1, 0, 0, 0)
    run.choices = {"headings": {"Text of it": "-"}}
    assert told(importing.planned(run)) == [
        (2, "text", "A new record needs this. Fill in the cell.")
    ]


def test_a_file_without_references_gets_them_by_choice(collection):
    headings = ["No.", "text"]
    rows = [["1", "One text."], ["1", "Quite another sentence."]]
    run, plan = started(*rows, headings=headings)
    assert plan.lacks_key
    run.choices = {
        "headings": {"No.": "-"},
        "prefix": "CSSR-X",
        "constants": {"kind": "cross-cutting", "working_group": "protection-priorities; zz"},
    }
    plan = importing.planned(run)
    assert plan.missing == ["kind", "locator", "meeting", "working_group"]
    assert told(plan)[0][1:] == (
        "working_group",
        "“zz” is not on record. Correct it, or choose what it is.",
    )
    run.choices["constants"] = {"kind": "own", "organisation": "x"}
    run.choices["constants"] = {"kind": "numbered", "working_group": "protection-priorities"}
    run.choices["headings"] = {"No.": "number"}
    assert told(importing.planned(run)) == [
        (3, "number", "CSSR-X-2 already has this number in this group and meeting.")
    ]


def test_a_theme_is_created_or_mapped_by_choice_only(collection):
    row = [*NEW[:6], "Mine clearance; retrun", ""]
    run, plan = started(row)
    assert [(each.word, each.options[0][0]) for each in plan.questions] == [
        ("Mine clearance", "+"),
        ("retrun", "+"),
    ]
    run.choices = {"values": {"theme": {"Mine clearance": "+", "retrun": "return"}}}
    plan = importing.planned(run)
    assert (told(plan), plan.created) == ([], {"mine-clearance": "Mine clearance"})
    run.save()
    assert not Theme.objects.filter(slug="mine-clearance").exists()
    assert importing.apply(run, plan.digest)
    assert Theme.objects.get(slug="mine-clearance").state == State.DRAFT
    record = Recommendation.objects.get(reference="CSSR-B9-PR-1")
    assert [each.theme.slug for each in record.theme_assignments.all()] == [
        "mine-clearance",
        "return",
    ]
    importing.undo(run)
    assert not Theme.objects.filter(slug="mine-clearance").exists()


def test_similar_texts_are_pointed_out(collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    _run, plan = started([*NEW[:4], record.text + " Now.", *NEW[5:]])
    assert [(each.row, each.column) for each in plan.warnings] == [(2, "text")]
    assert "CSSR-B7-PR-3" in plan.warnings[0].message
    assert plan.is_applicable


def test_titles_stand_above_the_headings_and_one_column_is_no_title(collection):
    table = reading.read("a.csv", b"All of them\r\n\r\nreference,text\r\nA,b\r\n")
    assert (table.titles, table.headings) == (["All of them"], ["reference", "text"])
    assert [row.number for row in table.rows] == [4]
    table = reading.read("a.csv", b"reference\r\nA\r\n")
    assert (table.titles, table.headings) == ([], ["reference"])


@pytest.mark.parametrize("cell", ["return; documentation", "return, documentation"])
def test_a_list_stands_between_semicolons_or_commas_or_lines(collection, cell):
    for text in (cell, cell.replace("; ", "\n"), cell.replace(", ", "، ")):
        _run, plan = started([*NEW[:6], text, ""])
        assert plan.new[0].values["theme"] == [[], ["return", "documentation"]]


def test_a_second_column_of_the_same_name_is_asked_about_by_its_letter(collection):
    _run, plan = started([*NEW, "x", "y"], headings=[*HEADINGS, "Note", "Note"])
    assert [question.word for question in plan.questions] == ["Note", "Note (J)"]


def test_rows_of_a_problem_are_told_as_ranges():
    assert planning.Problem([2, 4, 5, 6, 9], "text", "").place == "2, 4-6, 9"


def test_published_words_that_differ_need_their_reason(collection):
    headings = ["reference", "text", "difference_reason"]
    _run, plan = started(["CSSR-B7-PR-3", "Other words.", ""], headings=headings)
    assert [each[:2] for each in told(plan)] == [(2, "text")]
    _run, plan = started(["CSSR-B7-PR-3", "Other words.", "A misprint"], headings=headings)
    assert told(plan) == []


def test_similarity_is_the_share_of_word_sequences():
    texts = {"2": "one two three four five six", "3": "one two three four five six seven"}
    assert similar.nearest(texts, [("X", "nothing of the kind here")]) == {"3": ("2", 80)}


def test_a_date_and_its_precision_agree(collection):
    row = ["brussels-x", "A meeting", "words", "2023-05", "day", "D1:L53"]
    headings = ["slug", "name_en", "words_in_source", "date", "date_precision", "locator"]
    _run, plan = started(row, place="meetings", headings=headings)
    assert told(plan) == [
        (
            2,
            "date_precision",
            "The date “2023-05” is precise to the month. Correct one of the two.",
        )
    ]


def test_nobody_but_publishers_changes_published_words(collection):
    row = ["CSSR-B7-PR-3", "", "", "", "Other words.", "", "", ""]
    table = reading.read("a.csv", csv_file([HEADINGS, row]))
    assert told(planning.make("recommendations", table, may_publish=False))[0][1] == "text"


# What is applied


def snapshot():
    """All rows of what an import may write, but for when and how often it was written."""
    rows = fixtures.snapshot(fixtures.models())
    return {
        key: {n: v for n, v in fields.items() if n not in {"version", "updated_at"}}
        for key, fields in rows.items()
    }


CHANGED = ["CSSR-B7-PR-3", "", "", "", "", "", "documentation", "16.7;1"]


def test_it_is_applied_as_shown_and_taken_back(client, collection):
    before = snapshot()
    run = applied(NEW, CHANGED)
    record = Recommendation.objects.get(reference="CSSR-B9-PR-1")
    assert (record.state, record.version, record.text) == ("draft", 1, "A text of its own.")
    changed = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    assert (changed.state, changed.version) == ("published", 2)
    assert [each.code for each in changed.goal_assignments.all()] == ["16.7", "1"]
    assert not any(indexing.stale(model) for model in indexing.searchable_models())
    importing.undo(run)
    assert snapshot() == before
    assert not any(indexing.stale(model) for model in indexing.searchable_models())
    assert (run.state, bytes(run.content)) == ("undone", b"")


def test_it_is_one_version_of_each_record_with_its_relations(collection):
    applied([*NEW[:6], "return", "16.7"], CHANGED)
    added = Recommendation.objects.get(reference=NEW[0])
    changed = Recommendation.objects.get(reference=CHANGED[0])
    rows = [added.history.get(), changed.history.latest("history_id")]
    assert [(row.history_type, row.origin, row.history_change_reason) for row in rows] == [
        ("+", "import", "Import of rows.csv"),
        ("~", "import", "Import of rows.csv"),
    ]
    assert rows[0].change == rows[1].change
    assert [each.workinggroup.slug for each in rows[0].working_groups.all()] == [
        "protection-priorities"
    ]
    themes = models.ThemeAssignment.history.filter(change=rows[0].change, history_type="+")
    assert themes.filter(recommendation=added).get().theme.slug == "return"


def test_the_same_file_a_second_time_changes_nothing(collection):
    applied(NEW, CHANGED)
    _run, plan = started(NEW, CHANGED)
    assert counts(plan) == (0, 0, 2, 0)


def test_it_is_confirmed_once(collection):
    run = applied(NEW)
    with pytest.raises(importing.Refused):
        importing.apply(run, run.digest)
    assert Recommendation.objects.filter(reference="CSSR-B9-PR-1").count() == 1


def test_another_plan_than_the_shown_one_is_refused(collection):
    run, _plan = started(NEW)
    with pytest.raises(importing.Refused):
        importing.apply(run, "0" * 64)


def test_data_that_changed_meanwhile_is_shown_again(collection):
    run, plan = started(NEW, CHANGED)
    Recommendation.objects.get(reference="CSSR-B7-PR-4").save()
    assert importing.apply(run, plan.digest) is True

    importing.undo(run)
    run, plan = started(NEW, CHANGED)
    models.GoalAssignment.objects.filter(recommendation__reference="CSSR-B7-PR-3").delete()
    assert importing.apply(run, plan.digest) is False
    run.refresh_from_db()
    assert (run.state, Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()) == (
        "previewed",
        False,
    )
    assert importing.apply(run, run.digest) is True


def test_an_undo_stops_at_later_edits(collection):
    run = applied(NEW, CHANGED)
    before = snapshot()
    assignment = models.GoalAssignment.objects.get(
        recommendation__reference="CSSR-B7-PR-3", code="1"
    )
    assignment.delete()
    with pytest.raises(importing.Refused) as refused:
        importing.undo(run)
    assert "CSSR-B7-PR-3" in str(refused.value)
    assignment.save()
    assert snapshot() == before
    record = Recommendation.objects.get(reference="CSSR-B9-PR-1")
    link = models.RecommendationLink.objects.create(
        recommendation=Recommendation.objects.get(reference="CSSR-B7-PR-4"),
        other=record,
        reason_en="for the test",
    )
    with pytest.raises(importing.Refused):
        importing.undo(run)
    link.delete()
    importing.undo(run)
    assert not Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()


def test_an_undone_edit_is_no_edit(collection):
    first = applied(NEW)
    second = applied([NEW[0], "", "", "", "Corrected.", "", "return", ""])
    with pytest.raises(importing.Refused) as refused:
        importing.undo(first)
    assert str(refused.value).endswith("since: CSSR-B9-PR-1: text.")
    importing.undo(second)
    importing.undo(first)
    assert not Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()


def test_a_failure_on_the_way_leaves_nothing(collection, monkeypatch):
    before = snapshot()
    run, plan = started(NEW, CHANGED)

    def broken(entries):
        yield entries[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        importing.apply(run, plan.digest, progress=broken)
    assert snapshot() == before
    assert ImportRun.objects.get(pk=run.pk).state == "previewed"


# The command


def command(capsys, file, *options):
    call_command("import_records", str(file), *options)
    return capsys.readouterr().out


def test_the_command_imports_and_says_what(collection, capsys, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_file([HEADINGS, NEW]))
    with pytest.raises(CommandError, match="no terminal to ask on"):
        command(capsys, file)
    assert "Imported: 1 new, 0 changed." in command(capsys, file, "--yes")
    assert "0 new, 0 changed, 1 unchanged, 0 errors." in command(capsys, file, "--yes")


def test_the_command_refuses_the_whole_file(collection, capsys, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(csv_file([HEADINGS, NEW, ["CSSR-B9-PR-2", *NEW[1:6], "zz", ""]]))
    with pytest.raises(CommandError, match="Nothing imported"):
        command(capsys, file, "--yes")
    assert "error    row 3, theme: “zz” is not on record" in capsys.readouterr().out
    assert not Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()
    with pytest.raises(CommandError, match="No such file"):
        command(capsys, tmp_path / "none.csv")


def test_a_workbook_of_ours_is_changed_and_comes_back(client, collection):
    content = client.get("/recommendations.xlsx").getvalue()
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(2, headings.index("delivered_by") + 1).value = "Somebody"
    file = io.BytesIO()
    book.save(file)
    plan = importing.planned(importing.start("recommendations", "a.xlsx", file.getvalue()))
    assert [entry.values.keys() for entry in plan.entries] == [{"delivered_by"}]
