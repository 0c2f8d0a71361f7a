"""Two people at one record: the second is told, and nothing that anybody typed is lost."""

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations import fixtures
from recommendations.choices import State
from recommendations.models import (
    Meeting,
    Organisation,
    OrganisationRole,
    Passage,
    Recommendation,
    Source,
    Theme,
)
from tests.staff import MODELS, act, address, delete, filled, opened, row, save, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rana(collection):
    return signed_in("rana")


@pytest.fixture
def sami(collection):
    return signed_in("sami")


@pytest.fixture
def record(collection):
    return Recommendation.objects.get(reference="CSSR-B7-PR-3")


def differences(response):
    """What a refused form says: a label, what is stored, what was typed."""
    found = response.context["conflict"].differences
    return {(each.label, each.stored, each.typed) for each in found}


def verdicts(response):
    return {each.label: str(each.verdict) for each in response.context["conflict"].differences}


# Fields


def test_the_second_is_told_who_saved_what_and_when(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    response = save(sami, record, data, delivered_by="From Sami")
    page = response.content.decode()
    entry = LogEntry.objects.get(object_id=str(record.pk))
    assert response.status_code == 200
    assert "Not saved yet" in page
    assert "<bdi>rana</bdi>" in page
    assert entry.action_time.strftime("%Y-%m-%dT%H:%M") in page
    assert "Changed delivered by." in page
    assert differences(response) == {("Delivered by", "From Rana", "From Sami")}
    record.refresh_from_db()
    assert record.delivered_by == "From Rana"


def test_the_typed_text_stays_in_the_form_and_is_saved_the_second_time(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    response = save(sami, record, data, delivered_by="From Sami")
    again = filled(response, record)
    assert again["delivered_by"] == ["From Sami"]
    assert save(sami, record, again).status_code == 302
    record.refresh_from_db()
    assert (record.delivered_by, record.version) == ("From Sami", 3)


def test_changes_of_different_fields_are_both_kept(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    response = save(sami, record, data, number="9")
    assert verdicts(response) == {
        "Delivered by": "Changed by the other person; your form now has the stored value.",
        "Number": "Changed by you only.",
    }
    assert save(sami, record, filled(response, record)).status_code == 302
    record.refresh_from_db()
    assert (record.delivered_by, record.number) == ("From Rana", 9)


def test_a_third_save_meanwhile_is_told_again(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="First")
    again = filled(save(sami, record, data, delivered_by="Mine"), record)
    save(rana, record, opened(rana, record), delivered_by="Second")
    response = save(sami, record, again)
    assert differences(response) == {("Delivered by", "Second", "Mine")}
    assert len(response.context["conflict"].entries) == 1


def test_relations_to_many_are_compared_and_merged(rana, sami, record):
    data = opened(sami, record)
    pks = list(map(str, record.working_groups.model.objects.values_list("pk", flat=True)[:3]))
    mine = opened(rana, record)
    save(rana, record, mine, working_groups=pks, kind="cross-cutting", number="")
    response = save(sami, record, data, delivered_by="Mine")
    assert {"Working group", "Kind", "Number"} <= verdicts(response).keys()
    again = filled(response, record)
    assert sorted(again["working_groups"]) == sorted(pks)
    assert save(sami, record, again).status_code == 302
    assert record.working_groups.count() == 3


def test_a_form_without_its_notes_is_compared_value_by_value(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    del data["opened"]
    response = save(sami, record, data, number="9")
    assert {label for label, *_ in differences(response)} == {"Delivered by", "Number"}
    renewed = data | {"version": ["2"], "number": "9"}
    assert save(sami, record, renewed).status_code == 302
    record.refresh_from_db()
    assert (record.delivered_by, record.number) == (data["delivered_by"][0], 9)


@pytest.mark.parametrize("version", ["", "x", "99999999999999999999", "-1"])
@pytest.mark.parametrize("notes", ["", "x", "forged:1xUxuT:signature"])
def test_a_form_with_a_wrong_version_saves_nothing(sami, record, version, notes):
    data = opened(sami, record) | {"version": version, "opened": notes}
    assert save(sami, record, data, delivered_by="Mine").status_code == 200
    after = Recommendation.objects.get(pk=record.pk)
    assert (after.delivered_by, after.version) == (record.delivered_by, 1)


def test_the_same_form_sent_twice_is_saved_and_nothing_is_double(sami, record):
    theme = Theme.objects.exclude(recommendations=record).first()
    data = row(opened(sami, record), "theme_assignments", theme=theme.pk, position="9")
    assert save(sami, record, data, delivered_by="Mine").status_code == 302
    number = record.theme_assignments.count()
    assert save(sami, record, data, delivered_by="Mine").status_code == 302
    assert record.theme_assignments.count() == number


def test_a_mistake_in_the_form_does_not_renew_its_version(rana, sami, record):
    data = opened(sami, record)
    refused = filled(save(sami, record, data, reference=""), record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    response = save(sami, record, refused, reference="CSSR-B7-PR-3", delivered_by="Mine")
    assert differences(response) == {("Delivered by", "From Rana", "Mine")}


def test_no_page_of_any_model_loses_the_first_of_two_saves(rana, sami):
    names = ["delivered_by", "date_as_printed", "name_ar", "facts", "paragraph", "text"]
    for model in MODELS:
        subject = model.objects.first()
        name = next(each for each in names if each in {field.name for field in model._meta.fields})
        extra = {"name_ar_origin": "draft"} if name == "name_ar" else {}
        data = opened(sami, subject)
        assert save(rana, subject, opened(rana, subject), **{name: "R"}, **extra).status_code == 302
        response = save(sami, subject, data, **{name: "S"}, **extra)
        assert response.status_code == 200, model
        assert ("R", "S") in {(stored, typed) for _label, stored, typed in differences(response)}
        subject.refresh_from_db()
        assert getattr(subject, name) == "R", model
        assert save(sami, subject, filled(response, subject)).status_code == 302, model
        subject.refresh_from_db()
        assert getattr(subject, name) == "S", model


def test_a_change_past_the_staff_pages_is_noticed_too(sami, record):
    data = opened(sami, record)
    Recommendation.objects.filter(pk=record.pk).update(delivered_by="By a command")
    response = save(sami, record, data, delivered_by="Mine")
    assert differences(response) == {("Delivered by", "By a command", "Mine")}
    assert "its history does not say by whom" in response.content.decode()


def test_the_page_is_told_in_arabic(rana, sami, record):
    data = opened(sami, record, lang="ar")
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    response = sami.post(address(record, lang="ar"), data | {"delivered_by": "From Sami"})
    assert 'dir="rtl"' in response.content.decode()
    assert len(differences(response)) == 1


def test_words_typed_while_the_record_was_published_are_shown(collection, record):
    Recommendation.objects.filter(pk=record.pk).update(state=State.DRAFT)
    editor, publisher = signed_in("editor", "editors"), signed_in("publisher", "publishers")
    data = opened(editor, record)
    act(publisher, "publish", record)
    response = save(editor, record, data, text="My better words", state="in-review")
    assert {("Text", record.text, "My better words")} <= differences(response)
    assert "Can no longer be changed here" in verdicts(response)["Text"]
    record.refresh_from_db()
    assert (record.state, record.version) == (State.PUBLISHED, 2)


# Rows


def test_a_change_of_rows_alone_gives_the_record_a_new_version(rana, record):
    theme = Theme.objects.exclude(recommendations=record).first()
    data = row(opened(rana, record), "theme_assignments", theme=theme.pk, position="9")
    save(rana, record, data)
    record.refresh_from_db()
    assert record.version == 2


def test_rows_that_others_added_appear_beside_mine(rana, sami, record):
    hers, his = Theme.objects.exclude(recommendations=record)[:2]
    data = row(opened(sami, record), "theme_assignments", theme=his.pk, position="8")
    save(rana, record, row(opened(rana, record), "theme_assignments", theme=hers.pk, position="9"))
    response = save(sami, record, data)
    assert sorted(str(each.verdict) for each in response.context["conflict"].differences) == [
        "Added by the other person; your form now has it.",
        "Changed by you only.",
    ]
    assert save(sami, record, filled(response, record)).status_code == 302
    assert {hers, his} <= set(record.themes.all())


def removed(data, prefix, number=0):
    return data | {f"{prefix}-{number}-DELETE": "on"}


def test_a_row_that_others_removed_leaves_my_form(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, removed(opened(rana, record), "theme_assignments"))
    response = save(sami, record, data, delivered_by="Mine")
    assert "Removed by the other person" in "".join(verdicts(response).values())
    assert save(sami, record, filled(response, record)).status_code == 302
    record.refresh_from_db()
    assert record.delivered_by == "Mine"
    assert record.theme_assignments.count() == int(data["theme_assignments-TOTAL_FORMS"][0]) - 1


def test_a_row_that_others_removed_and_i_changed_comes_back(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, removed(opened(rana, record), "theme_assignments"))
    response = save(sami, record, data, **{"theme_assignments-0-position": "7"})
    assert "saving adds yours anew" in "".join(verdicts(response).values())
    assert save(sami, record, filled(response, record)).status_code == 302
    assert record.theme_assignments.filter(position=7).exists()


def test_a_row_that_i_removed_and_others_changed_is_shown_to_me(rana, sami, record):
    data = removed(opened(sami, record), "theme_assignments")
    number = record.theme_assignments.count()
    save(rana, record, opened(rana, record), **{"theme_assignments-0-position": "7"})
    response = save(sami, record, data)
    assert "Changed by both" in "".join(verdicts(response).values())
    assert record.theme_assignments.count() == number


def test_rows_that_both_changed_keep_mine_in_the_form(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), **{"theme_assignments-0-position": "7"})
    response = save(sami, record, data, **{"theme_assignments-0-position": "8"})
    assert "Changed by both" in "".join(verdicts(response).values())
    again = filled(response, record)
    assert again["theme_assignments-0-position"] == ["8"]
    assert save(sami, record, again).status_code == 302
    assert record.theme_assignments.filter(position=8).exists()


def test_rows_that_only_others_changed_are_not_set_back(rana, sami, record):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), **{"theme_assignments-0-position": "7"})
    response = save(sami, record, data, delivered_by="Mine")
    assert save(sami, record, filled(response, record)).status_code == 302
    assert record.theme_assignments.filter(position=7).exists()


@pytest.mark.parametrize("total", ["x", "", "-1"])
def test_a_broken_number_of_rows_breaks_nothing(rana, sami, record, total):
    data = opened(sami, record)
    save(rana, record, opened(rana, record), delivered_by="From Rana")
    changes = {"theme_assignments-TOTAL_FORMS": total, "delivered_by": "Mine"}
    assert save(sami, record, data, **changes).status_code == 200


def test_a_role_edited_with_its_meeting_is_new_on_the_page_of_its_organisation(rana, sami):
    role = OrganisationRole.objects.filter(meeting__isnull=False).first()
    meeting, organisation = role.meeting, role.organisation
    data = opened(sami, organisation)
    rows = opened(rana, meeting)
    number = next(n for n in range(9) if rows.get(f"roles-{n}-id") == [str(role.pk)])
    assert save(rana, meeting, rows, **{f"roles-{number}-role": "contributor"}).status_code == 302
    assert Organisation.objects.get(pk=organisation.pk).version == 2
    assert Meeting.objects.get(pk=meeting.pk).version == 2
    response = save(sami, organisation, data, facts="Mine")
    assert "rana" in response.content.decode()
    assert save(sami, organisation, filled(response, organisation)).status_code == 302
    role.refresh_from_db()
    assert role.role == "contributor"


def test_a_passage_edited_on_its_own_is_new_on_the_page_of_its_source(rana, sami):
    passage = Passage.objects.select_related("source").first()
    data = opened(sami, passage.source)
    save(rana, passage, opened(rana, passage), paragraph="S99")
    assert Source.objects.get(pk=passage.source_id).version == 2
    response = save(sami, passage.source, data, subtitle="Mine")
    assert save(sami, passage.source, filled(response, passage.source)).status_code == 302
    passage.refresh_from_db()
    assert passage.paragraph == "S99"


def test_a_passage_deleted_on_its_own_leaves_the_form_of_its_source(rana, sami):
    source = Source.objects.first()
    passage = source.passages.create(locator="X:1", position=999, kind="item", text="x")
    data = opened(sami, source)
    delete(rana, passage)
    response = save(sami, source, data, subtitle="Mine")
    assert save(sami, source, filled(response, source)).status_code == 302
    assert not Passage.objects.filter(locator="X:1").exists()


# Selections


def test_an_action_meets_the_open_form_of_somebody_else(rana, sami, record):
    data = opened(sami, record)
    act(rana, "withdraw", record)
    record.refresh_from_db()
    assert record.version == 2
    response = save(sami, record, data, delivered_by="Mine")
    assert "Changed publication state." in response.content.decode()
    assert save(sami, record, filled(response, record)).status_code == 302
    record.refresh_from_db()
    assert (record.state, record.delivered_by) == (State.WITHDRAWN, "Mine")


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_of_saves_at_the_same_moment_one_is_saved_and_the_others_are_told():
    fixtures.load()
    subject = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    clients = [signed_in(f"editor {number}") for number in range(4)]
    forms = [opened(client, subject) for client in clients]
    start, answers = threading.Barrier(4), {}

    def send(number):
        start.wait()
        try:
            response = save(clients[number], subject, forms[number], delivered_by=f"By {number}")
            answers[number] = response.status_code
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, 200, 200, 302]
    subject.refresh_from_db()
    saved = next(number for number, status in answers.items() if status == 302)
    assert (subject.version, subject.delivered_by) == (2, f"By {saved}")


@pytest.mark.engine("postgresql")
def test_staff_saves_take_turns_on_one_row(sami, record):
    data = opened(sami, record)
    with CaptureQueriesContext(connection) as queries:
        save(sami, record, data)
    locks = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert "dataversion" in locks[0]
