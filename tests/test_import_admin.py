"""The import room, as staff use it: upload, preview, settle, confirm, report, undo."""

from threading import Thread

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext, override

from recommendations import importing
from recommendations.models import ImportRun, Recommendation, Theme
from tests.staff import address, messages, signed_in
from tests.test_importing import CHANGED, HEADINGS, NEW, UNREADABLE, csv_file, snapshot

pytestmark = pytest.mark.django_db
ADD = "/admin/recommendations/importrun/add/"


def upload(client, *rows, name="rows.csv", content=None, place="recommendations", **fields):
    content = csv_file([HEADINGS, *rows]) if content is None else content
    data = {"place": place, "file": SimpleUploadedFile(name, content)} | fields
    return client.post(ADD, data, follow=True)


def confirm(client, run, digest=None):
    path = reverse("admin:recommendations_importrun_apply", args=[run.pk])
    return client.post(path, {"digest": digest or run.digest}, follow=True)


def undo(client, run):
    return client.post(reverse("admin:recommendations_importrun_undo", args=[run.pk]), follow=True)


def the_run():
    return ImportRun.objects.get()


def test_from_upload_to_undo(editor):
    before = snapshot()
    page = upload(editor, NEW, CHANGED)
    run = the_run()
    assert page.redirect_chain == [(address(run), 302)]
    assert page.context["summary"] == "1 new, 1 changed, 0 unchanged"
    html = page.content.decode()
    assert '<td dir="auto" class="typed">' in html
    assert 'id="apply_form"' in html
    assert snapshot() == before

    page = confirm(editor, run)
    assert messages(page) == ["Imported: 1 new, 1 changed, 0 unchanged."]
    record = Recommendation.objects.get(reference="CSSR-B9-PR-1")
    assert (record.state, record.text) == ("draft", "A text of its own.")
    assert list(
        LogEntry.objects.order_by("pk").values_list("object_repr", "user__username", "action_flag")
    ) == [("CSSR-B9-PR-1", "editor", 1), ("CSSR-B7-PR-3", "editor", 2)]

    assert messages(undo(editor, run)) == [
        "Taken back: 1 deleted, 0 withdrawn, 1 as before the import."
    ]
    assert snapshot() == before
    assert messages(undo(editor, run)) == ["This import is not applied, or was taken back already."]


def test_a_second_click_changes_nothing(editor):
    upload(editor, NEW)
    run = the_run()
    confirm(editor, run)
    assert messages(confirm(editor, run)) == [
        "This import was applied already. Nothing was changed again."
    ]
    page = upload(editor, NEW)
    assert page.context["summary"] == "0 new, 0 changed, 1 unchanged"
    assert 'id="apply_form"' not in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one(editor):
    upload(editor, NEW)
    run, told = the_run(), []

    def click():
        try:
            told.append(importing.apply(ImportRun.objects.get(pk=run.pk), run.digest))
        except importing.Refused as reason:
            told.append(str(reason))
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told, key=str) == [
        "This import was applied already. Nothing was changed again.",
        True,
    ]
    assert Recommendation.objects.filter(reference="CSSR-B9-PR-1").count() == 1


def test_what_is_unclear_is_settled_on_screen(editor):
    headings = ["Ref", *HEADINGS[1:]]
    row = [*NEW[:6], "retrun; Mine clearance", ""]
    page = upload(editor, content=csv_file([headings, row]))
    assert [each[:2] for each in told(page)] == [
        (1, "Ref"),
        (1, "reference"),
        (2, "theme"),
        (2, "theme"),
    ]
    run = the_run()
    page = editor.post(address(run), {"question-0": "reference"}, follow=True)
    assert [each[:2] for each in told(page)] == [(2, "theme"), (2, "theme")]
    assert 'id="apply_form"' not in page.content.decode()
    page = editor.post(address(run), {"question-0": "return", "question-1": "+"}, follow=True)
    assert (told(page), page.context["summary"]) == ([], "1 new, 0 changed, 0 unchanged")
    run.refresh_from_db()
    confirm(editor, run)
    record = Recommendation.objects.get(reference="CSSR-B9-PR-1")
    themes = [each.theme.slug for each in record.theme_assignments.all()]
    assert themes == ["return", "mine-clearance"]
    assert Theme.objects.get(slug="mine-clearance").state == "draft"


def told(page):
    return [(each.row, each.column, each.message) for each in page.context["plan"].problems]


def test_what_was_settled_can_be_forgotten(editor):
    upload(editor, content=csv_file([["Ref", *HEADINGS[1:]], NEW]))
    run = the_run()
    page = editor.post(address(run), {"question-0": "-", "prefix": "cssr-b9"}, follow=True)
    assert [entry.key for entry in page.context["plan"].entries] == ["CSSR-B9-2"]
    page = editor.post(address(run), {"forget": "on"}, follow=True)
    assert [each[:2] for each in told(page)] == [(1, "Ref"), (1, "reference")]


def test_a_plan_with_errors_cannot_be_confirmed(editor):
    upload(editor, [*NEW[:6], "zz", ""])
    assert messages(confirm(editor, the_run())) == [
        "The file has problems, or changes nothing. Nothing was changed."
    ]
    assert not Recommendation.objects.filter(reference="CSSR-B9-PR-1").exists()


@pytest.mark.parametrize("number", range(len(UNREADABLE)))
def test_an_unreadable_file_is_told_beside_its_field(editor, number):
    name, content, message = UNREADABLE[number]
    page = upload(editor, name=name, content=content())
    assert page.status_code == 200
    shown = str(page.context["form"].errors)
    assert message in shown.replace("&#x27;", "'") or "The submitted file is empty" in shown
    assert not ImportRun.objects.exists()


def test_an_unknown_encoding_is_asked_for(editor):
    content = csv_file([HEADINGS, [*NEW[:4], "été قمح", *NEW[5:]]], "cp1256")
    page = upload(editor, content=content)
    assert list(page.context["form"].errors) == ["encoding"]
    page = upload(editor, content=content, encoding="cp1256")
    assert page.context["plan"].new[0].values["text"] == ["", "été قمح"]


def test_words_of_a_file_are_text_and_nothing_else(editor):
    row = ["<script>alert(1)</script>", *NEW[1:4], "<b>bold</b>", *NEW[5:]]
    html = upload(editor, row).content.decode()
    assert "<script>alert(1)" not in html
    assert "<b>bold" not in html


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_pages_answer_in_both_languages(editor, lang):
    upload(editor, NEW, CHANGED)
    run = the_run()
    for page in ("changelist", "add"):
        assert editor.get(address(ImportRun, page, lang)).status_code == 200
    assert editor.get(address(run, lang=lang)).status_code == 200
    assert editor.get(f"{address(run, lang=lang)}?page=x").status_code == 200
    confirm(editor, run)
    assert editor.get(address(run, lang=lang)).status_code == 200


def test_a_preview_speaks_the_language_of_its_reader(editor):
    upload(editor, [*NEW[:6], "zz", ""])
    run = the_run()
    assert run.plan["language"] == "en"
    page = editor.get(address(run, lang="ar"))
    problem = page.context["plan"].problems[0]
    assert (problem.place, problem.column) == ("2", "theme")
    with override("ar"):
        assert problem.message == gettext(
            "“%(word)s” is not on record%(hint)s. Correct it, or choose what it is."
        ) % {"word": "zz", "hint": ""}
    assert page.context["run"].digest == the_run().digest
    assert the_run().plan["language"] == "en"  # reading writes nothing


def test_the_upload_names_the_columns_that_are_read(editor):
    guide = editor.get(ADD).context["guide"]
    names = [str(model._meta.verbose_name_plural) for model in importing.PLACES.values()]
    assert [str(label) for label in guide] == names
    columns = {name: is_needed for name, _label, is_needed in guide["recommendations"]}
    assert {name for name, is_needed in columns.items() if is_needed} == {
        "reference",
        "kind",
        "text",
    }
    assert "difference_reason" in columns
    assert "state" not in columns


def test_an_upload_says_what_it_lacks(editor):
    page = editor.post(ADD, {"encoding": ""})
    errors = page.context["form"].errors
    assert {name: list(found) for name, found in errors.items()} == {
        "place": ["This field is required."],
        "file": ["This field is required."],
    }


def test_what_was_settled_serves_the_corrected_file(editor):
    headings = ["Ref", *HEADINGS[1:]]
    upload(editor, content=csv_file([headings, [*NEW[:6], "Mine clearance", ""]]))
    first = the_run()
    editor.post(address(first), {"question-0": "reference"})
    editor.post(address(first), {"question-0": "return"})
    page = upload(editor, content=csv_file([headings, [*NEW[:4], "Corrected.", *NEW[5:]]]))
    second = page.context["run"]
    assert (told(page), second.choices["earlier"]) == ([], "rows.csv")
    assert page.context["plan"].notes == ["What you settled for “rows.csv” is used again."]
    other = upload(signed_in("other", "editors"), content=csv_file([headings, NEW]))
    assert [each[:2] for each in told(other)] == [(1, "Ref"), (1, "reference")]


def test_a_word_is_left_out_by_choice(editor):
    upload(editor, [*NEW[:6], "return; n/a", ""], ["CSSR-B7-PR-3", "", "", "", "", "", "n/a", ""])
    run = the_run()
    page = editor.post(address(run), {"question-0": "-"}, follow=True)
    assert (told(page), page.context["summary"]) == ([], "1 new, 0 changed, 1 unchanged")
    assert page.context["plan"].new[0].values["theme"] == [[], ["return"]]


def test_a_report_leads_to_the_drafts(editor):
    upload(editor, NEW)
    run = the_run()
    assert "state__exact=draft" not in editor.get(address(run)).content.decode()
    page = confirm(editor, run).content.decode()
    assert "/admin/recommendations/recommendation/?state__exact=draft" in page


def test_each_list_leads_to_its_import(editor):
    page = editor.get(address(Theme, "changelist"))
    assert f'href="{ADD}?place=themes"' in page.content.decode()


def reader(*permissions):
    client = signed_in("reader", "editors")
    user = User.objects.get(username="reader")
    user.groups.clear()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return client


def test_who_may_edit_may_import_and_nobody_else(collection):
    client = reader("view_recommendation", "change_recommendation")
    page = client.get(ADD)
    assert [value for value, _label in page.context["form"].fields["place"].choices] == [
        "recommendations"
    ]
    assert "place" in upload(client, place="themes", name="a.csv").context["form"].errors
    upload(client, NEW)
    assert confirm(client, the_run()).status_code == 403
    other = signed_in("other", "editors")
    assert confirm(other, the_run()).status_code == 403
    assert other.post(address(the_run()), {}).status_code == 403


def test_who_may_edit_nothing_sees_no_import(collection):
    client = reader("view_recommendation")
    assert client.get(ADD).status_code == 403
    assert client.get(address(ImportRun, "changelist")).status_code == 403
    assert ADD not in client.get(address(Recommendation, "changelist")).content.decode()


def test_an_import_is_taken_back_by_its_owner_or_a_publisher(editor):
    upload(editor, NEW)
    run = the_run()
    confirm(editor, run)
    assert undo(signed_in("other", "editors"), run).status_code == 403
    page = undo(signed_in("publisher", "publishers"), run)
    assert messages(page) == ["Taken back: 1 deleted, 0 withdrawn, 0 as before the import."]


def test_addresses_that_lead_nowhere(editor):
    base = "/admin/recommendations/importrun"
    assert editor.get(f"{base}/999/change/").status_code == 404
    assert editor.get(f"{base}/{'9' * 30}/change/").status_code == 404
    assert editor.get(f"{base}/x/change/").status_code == 404
    assert editor.post(f"{base}/999/apply/").status_code == 404
    assert editor.get(f"{base}/999/apply/").status_code == 405
    assert editor.post(f"{base}/{'9' * 30}/undo/").status_code == 404
