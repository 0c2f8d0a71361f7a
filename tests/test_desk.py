"""The first page of staff: each number is a list, what came in can go back, changes are told."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from recommendations.choices import Origin, State
from recommendations.models import (
    Addressee,
    ImportRun,
    Meeting,
    Recommendation,
    RecommendationLink,
    StaffDocument,
    Theme,
    ThemeAssignment,
)
from recommendations.models.history import recorded_as
from recommendations.search import indexing, staff
from tests.staff import act, address, messages, opened, save, signed_in
from tests.test_importing import HEADINGS, NEW, csv_file

pytestmark = pytest.mark.django_db
ROLES = {"editors": "Submitted by others", "publishers": "Waiting for your decision"}


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


def test_the_filter_counts_what_the_desk_counts(planted, publisher):
    for query in ("", "themes__isnull=False"):
        page = listed(publisher, query).content.decode()
        assert "Differs from its passage, without a reason (2)" in page or query
        assert f"Has no theme ({0 if query else 2})" in page
        assert f"not linked to it ({1 if query else 2})" in page


def test_texts_that_are_linked_are_no_longer_taken_for_one(planted, publisher):
    other = Recommendation.objects.get(reference="CSSR-B9-1")
    same = Recommendation.objects.get(reference="CSSR-B7-LG-1")
    twins = ("Needs attention", "Says the same as another one, not linked to it", "Recommendations")
    for one, two in [(other, same), (same, other)]:
        link = RecommendationLink.objects.create(recommendation=one, other=two, reason_en="Again")
        assert twins not in numbers(publisher)
        link.delete()
    elsewhere = Recommendation.objects.get(reference="CSSR-B7-EC-1")
    RecommendationLink.objects.create(recommendation=same, other=elsewhere, reason_en="Near")
    assert counts(publisher)[twins] == 2
    act(publisher, "withdraw", same)
    assert twins not in numbers(publisher)


def test_who_may_see_one_model_is_told_of_no_other(planted):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_meeting"))
    with recorded_as(Origin.COMMAND):
        Theme.objects.first().save()
    client = Client()
    client.force_login(user)
    assert set(counts(client)) == {("In review", "Submitted by others", "Meetings")}
    assert desk(client).imports == []
    for deed in desk(client).changes:
        assert {kind for kind, _name, _url in deed.named} <= {"Meeting"}
        assert {number.records for number in deed.numbers} <= {"Meetings"}
    stranger = User.objects.create_user("stranger", is_staff=True)
    client.force_login(stranger)
    assert (counts(client), desk(client).changes) == ({}, [])


def test_the_lists_of_who_submitted_are_offered_in_review_only(publisher):
    def titles(query):
        page = publisher.get(f"{address(Theme, 'changelist')}?{query}")
        return [str(each.title) for each in page.context["cl"].filter_specs]

    assert "submitted by" in titles("state__exact=in-review")
    assert "submitted by" not in titles("state__exact=draft")
    assert "change" not in titles("")


@pytest.mark.parametrize("value", ["", "x", "2026-13-45T00:00:00", "9" * 50])
def test_a_moment_that_is_none_is_that_of_no_change(publisher, value):
    page = publisher.get(address(Theme, "changelist"), {"changed": value})
    assert page.context["cl"].result_count == (Theme.objects.count() if not value else 0)


# What came in, what changed


def test_the_last_imports_can_be_taken_back_by_whoever_may(editor, publisher):
    file = SimpleUploadedFile("rows.csv", csv_file([HEADINGS, NEW]))
    editor.post(address(ImportRun, "add"), {"place": "recommendations", "file": file})
    run = ImportRun.objects.get()
    assert [(each.pk, each.may_undo) for each in desk(editor).imports] == [(run.pk, False)]
    editor.post(f"/admin/recommendations/importrun/{run.pk}/apply/", {"digest": run.digest})
    signed_in("other", "editors")
    other = Client()
    other.force_login(User.objects.get(username="other"))
    for client, may_undo in [(editor, True), (publisher, True), (other, False)]:
        link = f'href="{address(run)}#undo"'
        assert (link in client.get("/admin/").content.decode()) == may_undo
    publisher.post(f"/admin/recommendations/importrun/{run.pk}/undo/")
    run.refresh_from_db()
    assert run.state == "undone"
    assert [each.may_undo for each in desk(editor).imports] == [False]


def test_a_change_is_told_with_who_what_when_and_why(publisher):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    save(publisher, record, opened(publisher, record), delivered_by="A speaker")
    deed = desk(publisher).changes[0]
    assert (deed.user, deed.origin, deed.reason) == ("publisher", "Form", "Misread")
    assert deed.moment == record.history.first().history_date
    assert deed.named == [("Recommendation", "CSSR-B7-PR-3", address(record, "history"))]
    page = publisher.get("/ar/admin/").content.decode()
    assert "Misread" in page and 'href="/ar/admin/recommendations/recommendation/' in page


def test_a_change_of_many_records_is_one_line_with_links_to_them(publisher):
    drafts = [change(f"CSSR-B7-CS-{number}", state=State.DRAFT) for number in range(1, 5)]
    act(publisher, "submit_for_review", *drafts)
    deed = desk(publisher).changes[0]
    (number,) = deed.numbers
    assert (deed.named, number.records, number.count) == ([], "Recommendations", 4)
    assert rows(publisher, number) == [draft.reference for draft in drafts]
    drafts[0].delete()
    (number,) = desk(publisher).changes[1].numbers
    assert rows(publisher, number) == [draft.reference for draft in drafts[1:]]
    assert number.count == 3


def test_a_deleted_record_is_told_with_its_versions(publisher):
    theme = Theme.objects.create(slug="new", name_en="New")
    path = address(theme, "history")
    theme.delete()
    assert desk(publisher).changes[0].named == [("Theme", "theme that is deleted", path)]
    assert publisher.get(path).status_code == 200


def test_ten_changes_are_told_newest_first(publisher):
    for theme in Theme.objects.all()[:12]:
        theme.name_ar += "."
        theme.save()
    expected = [theme.name_en for theme in Theme.objects.all()[:12]][:1:-1]
    assert [deed.named[0][1] for deed in desk(publisher).changes] == expected


def test_the_desk_takes_the_same_queries_for_one_and_for_many_rows(planted, publisher):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            publisher.get("/admin/")
        return len(captured)

    for record in Recommendation.objects.all()[:12]:
        record.delivered_by = "Somebody else"
        record.save()
    queries()
    few = queries()
    for number in range(30):
        record = Recommendation.objects.create(
            reference=f"CSSR-B9-X-{number}", kind="cross-cutting", text="Words"
        )
        record.move(State.IN_REVIEW)
        record.save()
    assert queries() == few


# Actions


def add(client, action, record, *records, **data):
    """Choose an action for some records and answer what it asks; the page that follows."""
    data = {
        "action": action,
        "_selected_action": [record.pk for record in records],
        "confirmed": "yes",
        "added": record.pk,
        "change_reason": "",
    } | data
    return client.post(address(Recommendation, "changelist"), data, follow=True)


def themes(record):
    return [each.theme.slug for each in record.theme_assignments.select_related("theme")]


def versions(*records):
    return [
        (record.history.count(), type(record).objects.get(pk=record.pk).version)
        for record in records
    ]


@pytest.fixture
def three(collection):
    """Public recommendations: the first has the theme and the addressee of the other two not."""
    records = list(Recommendation.objects.order_by("position")[:3])
    theme, addressee = Theme.objects.create(slug="x", name_en="X"), Addressee.objects.first()
    ThemeAssignment.objects.create(recommendation=records[0], theme=theme, position=7)
    for record in records:
        record.addressees.set([])
    records[0].addressees.add(addressee)
    return records, theme, addressee


def test_a_theme_is_added_to_those_that_lack_it(editor, three):
    records, theme, _addressee = three
    before, had = versions(*records), [themes(each) for each in records]
    said = messages(add(editor, "add_theme", theme, *records))
    assert said == [
        "“X” was added to 2 records.",
        f"Not changed: <bdi>{records[0]}</bdi> (it has this already).",
    ]
    assert [themes(each) for each in records] == [had[0], *([*each, "x"] for each in had[1:])]
    (old, first), *others = before
    assert versions(*records) == [(old, first), *((a + 1, b + 1) for a, b in others)]
    assert records[0].theme_assignments.get(theme=theme).position == 7
    entries = LogEntry.objects.filter(object_id__in=[str(each.pk) for each in records])
    assert {entry.object_id for entry in entries} == {str(each.pk) for each in records[1:]}
    assert {entry.get_change_message() for entry in entries} == {"Changed theme."}
    rows = [each.history.first() for each in records[1:]]
    rows += ThemeAssignment.history.filter(theme=theme, recommendation__in=records[1:])
    assert len({row.change for row in rows}) == 1 and len(rows) == 4
    assert {(row.origin, row.history_user.username) for row in rows} == {("form", "editor")}
    found = staff.find(Recommendation.objects.all(), records[1].reference)
    assert records[1] in found


def test_a_first_theme_is_the_main_one(editor, three):
    (_first, record, _third), theme, _addressee = three
    record.theme_assignments.all().delete()
    add(editor, "add_theme", theme, record)
    assert record.theme_assignments.get().position == 1


def test_an_addressee_of_public_records_is_added_with_a_reason_only(editor, three):
    records, _theme, addressee = three
    before = versions(*records)
    response = add(editor, "add_addressee", addressee, *records)
    assert "Some of these records are public" in response.content.decode()
    assert versions(*records) == before
    said = messages(
        add(editor, "add_addressee", addressee, *records, change_reason="The text names it")
    )
    assert said[0] == f"“{addressee}” was added to 2 records."
    assert [list(each.addressees.all()) for each in records] == [[addressee]] * 3
    (old, first), *others = before
    assert versions(*records) == [(old, first), *((a + 1, b + 1) for a, b in others)]
    newest = [each.history.first() for each in records[1:]]
    assert {row.history_change_reason for row in newest} == {"The text names it"}
    assert len({row.change for row in newest}) == 1


def test_no_reason_is_needed_where_nothing_public_changes(editor, three):
    (has_it, record, _third), _theme, addressee = three
    change(record.reference, state=State.DRAFT)
    said = messages(add(editor, "add_addressee", addressee, has_it, record))
    assert said[0] == f"“{addressee}” was added to 1 record."


def test_an_addition_is_asked_for_first(editor, three):
    records, _theme, addressee = three
    for action in ["add_theme", "add_addressee"]:
        page = act(editor, action, *records).content.decode()
        assert all(record.reference in page for record in records)
        assert 'name="added"' in page and 'name="change_reason"' in page
    before = versions(*records)
    response = add(editor, "add_addressee", addressee, *records, added="", change_reason="Why")
    assert response.context["form"].has_error("added")
    assert versions(*records) == before


def test_an_addition_to_too_many_records_is_refused(editor, three, monkeypatch):
    records, theme, _addressee = three
    monkeypatch.setattr("recommendations.admin.additions.MOST", 2)
    assert messages(add(editor, "add_theme", theme, *records)) == ["Choose 2 records at most."]
    assert not records[1].themes.filter(pk=theme.pk).exists()


def test_who_may_not_assign_themes_is_not_offered_it(three):
    records, theme, _addressee = three
    user = User.objects.create_user("reader", is_staff=True)
    rights = ["view_recommendation", "change_recommendation", "view_theme"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    add(client, "add_theme", theme, *records)
    assert not records[1].themes.filter(pk=theme.pk).exists()
    user.user_permissions.add(Permission.objects.get(codename="add_themeassignment"))
    add(client, "add_theme", theme, *records)
    assert records[1].themes.filter(pk=theme.pk).exists()


# Lists


def listed(client, query=""):
    return client.get(f"{address(Recommendation, 'changelist')}?{query}")


def test_long_lists_count_their_filters_when_asked(publisher, monkeypatch):
    assert "Published (23)" in listed(publisher).content.decode()
    monkeypatch.setattr("recommendations.admin.base.COUNTED_AT_ONCE", 22)
    page = listed(publisher).content.decode()
    assert "Published (23)" not in page and "?_facets=True" in page
    assert "Published (23)" in listed(publisher, "_facets=True").content.decode()


def test_the_pages_of_a_list_hold_each_row_once_in_order(publisher, monkeypatch):
    expected = list(Recommendation.objects.order_by("-reference"))
    monkeypatch.setattr(admin.site._registry[Recommendation], "list_per_page", 10)
    pages = [listed(publisher, f"o=-1&p={number}").context["cl"] for number in (1, 2, 3)]
    assert [len(page.result_list) for page in pages] == [10, 10, 3]
    assert [record for page in pages for record in page.result_list] == expected
    assert listed(publisher, "o=-1&all=").context["cl"].result_list == expected


# What staff find records by


def found(text, model=Recommendation):
    return {str(record) for record in staff.find(model.objects.all(), text)}


def test_a_record_is_found_by_what_it_says_now(collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    record.passage.locator = "D9:L1"
    record.passage.save()
    assert found("D9:L1") == {"CSSR-B7-PR-3"}
    assert found("D1:L78") == set()
    record.reference = "CSSR-B7-PR-33"
    record.save()
    assert found("CSSR-B7-PR-33") == {"CSSR-B7-PR-33"}
    record.delete()
    assert found("CSSR-B7-PR-33") == set()
    assert indexing.stale(Recommendation) == set()


def test_migrating_makes_records_findable_that_were_there_before(collection):
    StaffDocument.objects.all().delete()
    assert found("CSSR-B7-PR-3") == set()
    assert indexing.stale(Theme) == set(Theme.objects.values_list("pk", flat=True))
    call_command("migrate", verbosity=0)
    assert found("CSSR-B7-PR-3") == {"CSSR-B7-PR-3"}
    assert not any(indexing.stale(model) for model in indexing.findable_models())


def test_what_staff_find_is_not_found_by_the_public(client, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    record.move(State.DRAFT)
    record.save()
    assert found("volunt return") == {"CSSR-B7-PR-3"}
    page = client.get("/recommendations/?q=voluntary+return").content.decode()
    assert "CSSR-B7-PR-3" not in page
