"""Nobody publishes their own text; what is public changes with a reason; withdrawn answers 410."""

from contextlib import suppress
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from recommendations.choices import State
from recommendations.models import (
    FollowUp,
    ImportRun,
    Organisation,
    Passage,
    Recommendation,
    Source,
    Theme,
)
from tests.pages import PREFIXES, SITE
from tests.staff import act, address, delete, filled, messages, opened, save, signed_in

pytestmark = pytest.mark.django_db
OWN = "somebody else has to publish it"


@pytest.fixture
def draft(collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    Recommendation.objects.filter(pk=record.pk).update(state=State.DRAFT)
    record.refresh_from_db()
    return record


def state_of(record):
    return type(record).objects.values_list("state", flat=True).get(pk=record.pk)


def test_a_text_goes_from_its_author_to_somebody_else(editor, publisher, draft):
    assert (
        save(editor, draft, opened(editor, draft), text=draft.passage.text[:8]).status_code == 302
    )
    act(editor, "submit_for_review", draft)
    draft.refresh_from_db()
    assert (draft.state, draft.submitted_by.username) == (State.IN_REVIEW, "editor")
    act(publisher, "publish", draft)
    assert state_of(draft) == State.PUBLISHED


@pytest.mark.parametrize("way", ["action", "form"])
def test_nobody_publishes_what_they_submitted(publisher, draft, way):
    act(publisher, "submit_for_review", draft)
    if way == "action":
        assert OWN in "".join(messages(act(publisher, "publish", draft)))
    else:
        response = save(publisher, draft, opened(publisher, draft), state="published")
        assert OWN in response.content.decode()
    assert state_of(draft) == State.IN_REVIEW


@pytest.mark.parametrize("way", ["action", "form"])
def test_nobody_publishes_what_they_changed(publisher, draft, way):
    words = draft.passage.text[:8]
    if way == "action":
        save(publisher, draft, opened(publisher, draft), text=words)
        assert OWN in "".join(messages(act(publisher, "publish", draft)))
    else:
        data = opened(publisher, draft)
        response = save(publisher, draft, data, text=words, state="published")
        assert OWN in response.content.decode()
    assert state_of(draft) == State.DRAFT


def test_after_a_change_of_other_facts_one_may_still_publish(publisher, draft):
    save(publisher, draft, opened(publisher, draft), delivered_by="Somebody")
    act(publisher, "publish", draft)
    assert state_of(draft) == State.PUBLISHED


def test_nobody_adds_a_published_record(publisher, collection):
    data = filled(publisher.get(address(Theme, "add")), Theme)
    data |= {"name_en": "New", "slug": "new", "state": "published", "change_reason": "Needed"}
    assert OWN in publisher.post(address(Theme, "add"), data).content.decode()
    assert not Theme.objects.filter(slug="new").exists()


def test_an_administrator_publishes_their_own_text_with_a_reason_only(draft):
    root = signed_in("root")
    act(root, "submit_for_review", draft)
    said = messages(act(root, "publish", draft))
    assert "say in its form why you publish it yourself" in said[1]
    data = opened(root, draft) | {"state": "published"}
    assert save(root, draft, data, change_reason="").status_code == 200
    assert save(root, draft, data, change_reason="Nobody else is here").status_code == 302
    assert state_of(draft) == State.PUBLISHED
    newest = draft.history.first()
    assert (newest.state, newest.history_change_reason) == ("published", "Nobody else is here")


def test_a_text_that_differs_is_published_with_its_reason(publisher, draft):
    changes = {"text": "Words that stand nowhere", "difference_reason": ""}
    Recommendation.objects.filter(pk=draft.pk).update(**changes)
    assert "does not stand" in messages(act(publisher, "publish", draft))[1]
    Recommendation.objects.filter(pk=draft.pk).update(difference_reason="A misprint")
    act(publisher, "publish", draft)
    assert state_of(draft) == State.PUBLISHED


@pytest.mark.parametrize("name", ["text", "delivered_by"])
def test_what_is_public_changes_with_a_reason_only(publisher, collection, name):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    words = record.passage.text[:8]
    data = opened(publisher, record) | {name: words}
    response = save(publisher, record, data, change_reason="")
    assert "say why it changes" in response.content.decode()
    assert save(publisher, record, data, change_reason="Misread").status_code == 302
    record.refresh_from_db()
    assert getattr(record, name) == words


def test_rows_that_state_facts_change_with_a_reason_only(publisher, collection):
    record = Recommendation.objects.first().passage.source
    data = opened(publisher, record) | {"passages-0-paragraph": "S99"}
    assert save(publisher, record, data, change_reason="").status_code == 200
    assert save(publisher, record, data).status_code == 302


def test_opinions_of_editors_need_no_reason(editor, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    data = opened(editor, record) | {"theme_assignments-0-position": "7"}
    assert save(editor, record, data, change_reason="").status_code == 302


# Ways around it


def way(client, record, state, **changes):
    """Bring a record into a state by its form; the states that the form offers."""
    page = client.get(address(record))
    choices = page.context["adminform"].form.fields["state"].choices
    save(client, record, filled(page, record), state=state, **changes)
    return [value for value, _label in choices]


def test_what_readers_saw_is_withdrawn_and_never_a_draft_again(publisher, draft):
    assert way(publisher, draft, "withdrawn") == ["draft", "in-review", "published"]
    assert state_of(draft) == State.DRAFT
    assert way(publisher, draft, "published") == ["draft", "in-review", "published"]
    for hidden in ("draft", "in-review"):
        assert way(publisher, draft, hidden) == ["published", "withdrawn"]
        assert state_of(draft) == State.PUBLISHED
    way(publisher, draft, "withdrawn")
    assert way(publisher, draft, "draft") == ["published", "withdrawn"]
    assert state_of(draft) == State.WITHDRAWN


def test_nobody_publishes_again_what_they_changed_while_it_was_withdrawn(client, publisher, draft):
    other = signed_in("other", "publishers")
    words = draft.passage.text[:8]
    act(publisher, "publish", draft)
    act(publisher, "withdraw", draft)
    data = opened(publisher, draft) | {"text": words}
    response = save(publisher, draft, data, change_reason="")
    assert "Readers have seen this record: say why it changes." in response.content.decode()
    assert save(publisher, draft, data, change_reason="Misread twice").status_code == 302
    assert OWN in "".join(messages(act(publisher, "publish", draft)))
    assert state_of(draft) == State.WITHDRAWN
    act(other, "publish", draft)
    assert state_of(draft) == State.PUBLISHED
    page = client.get(draft.get_absolute_url()).content.decode()
    assert "Text corrected: <bdi>Misread twice</bdi>" in " ".join(page.split())


def test_nobody_publishes_what_they_restored(publisher, draft):
    editor = signed_in("editor", "editors")
    save(editor, draft, opened(editor, draft), text=draft.passage.text[:8])
    first = draft.history.order_by("history_id").first()
    publisher.post(f"{address(draft, 'history')}{first.pk}/", {"reason": "It was right"})
    draft.refresh_from_db()
    assert draft.text == first.text
    assert OWN in "".join(messages(act(publisher, "publish", draft)))
    assert state_of(draft) == State.DRAFT


@pytest.mark.parametrize("name", ["publisher", None])
def test_nobody_publishes_what_they_imported(publisher, draft, tmp_path, name):
    file = tmp_path / "rows.csv"
    file.write_text(f"reference,text\n{draft.reference},{draft.passage.text[:8]}\n")
    call_command("import_records", file, yes=True, user=name, stdout=StringIO())
    act(publisher, "publish", draft)
    assert state_of(draft) == (State.DRAFT if name else State.PUBLISHED)


def test_who_is_no_publisher_any_more_imports_no_public_words(publisher, collection, tmp_path):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    file = tmp_path / "rows.csv"
    file.write_text(f"reference,text\n{record.reference},{record.passage.text[:8]}\n")
    with file.open("rb") as content:
        data = {"place": "recommendations", "file": content}
        publisher.post("/admin/recommendations/importrun/add/", data)
    run = ImportRun.objects.get()
    run.created_by.groups.set(Group.objects.filter(name="editors"))
    path = f"/admin/recommendations/importrun/{run.pk}/apply/"
    said = messages(publisher.post(path, {"digest": run.digest, "reason": "Shorter"}, follow=True))
    assert said == ["The file corrects words that readers see: a publisher imports it."]
    assert Recommendation.objects.get(pk=record.pk).text == record.text


def test_an_import_corrects_public_words_with_a_reason_only(publisher, collection, tmp_path):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    file, words = tmp_path / "rows.csv", record.passage.text[:8]
    file.write_text(f"reference,text\n{record.reference},{words}\n")
    with file.open("rb") as content:
        data = {"place": "recommendations", "file": content}
        publisher.post("/admin/recommendations/importrun/add/", data)
    run = ImportRun.objects.get()
    path = f"/admin/recommendations/importrun/{run.pk}/apply/"
    said = messages(publisher.post(path, {"digest": run.digest, "reason": " "}, follow=True))
    assert said == ["The file corrects words that readers see. Say why, then confirm."]
    assert Recommendation.objects.get(pk=record.pk).text == record.text
    publisher.post(path, {"digest": run.digest, "reason": "Misread"})
    newest = record.history.first()
    assert (newest.text, newest.history_change_reason) == (words, "Misread")


def test_editors_import_no_public_words_and_no_state(collection, tmp_path):
    signed_in("editor", "editors")
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    file = tmp_path / "rows.csv"
    for heading, value in {"text": record.passage.text[:8], "state": "draft"}.items():
        file.write_text(f"reference,{heading}\n{record.reference},{value}\n")
        options = {"yes": True, "user": "editor", "reason": "x", "stdout": StringIO()}
        with suppress(CommandError):
            call_command("import_records", file, **options)
    after = Recommendation.objects.get(pk=record.pk)
    assert (after.text, after.state, after.version) == (record.text, State.PUBLISHED, 1)


def test_nobody_publishes_a_source_with_passages_of_their_own(publisher, collection):
    other = signed_in("other", "publishers")
    source = Source.objects.first()
    Source.objects.filter(pk=source.pk).update(state=State.DRAFT)
    data = opened(publisher, source) | {"passages-0-text": "My words"}
    response = save(publisher, source, data, state="published")
    assert "Save these rows first, then publish the record." in response.content.decode()
    assert save(publisher, source, data).status_code == 302
    assert OWN in "".join(messages(act(publisher, "publish", source)))
    assert state_of(source) == State.DRAFT
    act(other, "publish", source)
    assert state_of(source) == State.PUBLISHED


def test_the_words_of_a_public_source_are_corrected_by_publishers(editor, publisher, collection):
    passage = Passage.objects.first()
    refused = save(
        editor, passage.source, opened(editor, passage.source) | {"passages-0-text": "x"}
    )
    assert "corrected by publishers" in refused.content.decode()
    assert save(editor, passage, opened(editor, passage), text="x").status_code == 302
    first = passage.history.first()
    path = f"{address(passage, 'history')}{first.pk}/"
    assert editor.get(path).status_code == 403
    assert Passage.objects.get(pk=passage.pk).text == passage.text
    assert save(publisher, passage, opened(publisher, passage), text="x").status_code == 302
    assert Passage.objects.get(pk=passage.pk).text == "x"


def test_the_words_of_published_follow_up_are_corrected_by_publishers(editor, collection):
    passage = Passage.objects.first()
    fact = FollowUp.objects.create(
        slug="answer",
        kind="response",
        organisation=Organisation.objects.first(),
        text=passage.text,
        passage=passage,
        state=State.PUBLISHED,
    )
    fact.recommendations.add(Recommendation.objects.first())
    save(editor, fact, opened(editor, fact), text=passage.text[:8])
    fact.refresh_from_db()
    assert fact.text == passage.text


def test_a_restored_deletion_is_a_draft_that_somebody_else_publishes(draft):
    root, other = signed_in("root"), signed_in("other", "publishers")
    act(root, "submit_for_review", draft)
    act(other, "publish", draft)
    last = draft.history.first()
    delete(root, draft)
    path = f"{address(draft, 'history')}{last.pk}/"
    assert root.post(path, {"reason": "Deleted by mistake"}).status_code == 302
    assert state_of(draft) == State.DRAFT


# Withdrawn


def test_withdrawing_asks_why(publisher, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    path, data = address(Recommendation, "changelist"), {"_selected_action": [record.pk]}
    page = publisher.post(path, data | {"action": "withdraw", "index": 0})
    assert record.reference in page.content.decode() and 'name="reason"' in page.content.decode()
    response = publisher.post(path, data | {"action": "withdraw", "confirmed": "yes", "reason": ""})
    assert (response.status_code, state_of(record)) == (200, State.PUBLISHED)
    act(publisher, "withdraw", record)
    assert state_of(record) == State.WITHDRAWN
    assert record.history.first().history_change_reason == "Superseded"


def test_withdrawing_by_the_form_asks_why(publisher, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    data = opened(publisher, record) | {"state": "withdrawn"}
    assert save(publisher, record, data, change_reason="").status_code == 200
    assert save(publisher, record, data, change_reason="Said twice").status_code == 302
    record.refresh_from_db()
    assert (record.state, record.withdrawal_reason) == (State.WITHDRAWN, "Said twice")


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_a_withdrawn_record_answers_with_code_date_and_reason(
    client, publisher, collection, prefix
):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    act(publisher, "withdraw", record)
    record.refresh_from_db()
    day = record.withdrawn_at.date().isoformat()
    for suffix in ("", "?v=1"):
        response = client.get(f"{prefix}/recommendations/CSSR-B7-PR-3/{suffix}")
        page = response.content.decode()
        assert response.status_code == 410
        assert all(words in page for words in ("CSSR-B7-PR-3", day, "Superseded", "noindex"))
        assert record.text not in page
    listed = client.get(f"{prefix}/recommendations/").content.decode()
    assert "/recommendations/CSSR-B7-PR-3/" not in listed.replace(SITE, "")


def test_the_interface_answers_410_too(client, publisher, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    act(publisher, "withdraw", record)
    response = client.get("/api/v1/recommendations/CSSR-B7-PR-3/")
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["status"]) == (410, 410)
    assert (response.json()["code"], response.json()["detail"]) == ("CSSR-B7-PR-3", "Superseded")
    assert client.get("/api/v1/recommendations/?page=1").json()["count"] == 22


def test_what_is_published_again_is_no_longer_withdrawn(client, publisher, collection):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    act(publisher, "withdraw", record)
    act(publisher, "publish", record)
    record.refresh_from_db()
    assert (record.withdrawn_at, record.withdrawal_reason) == (None, "")
    assert client.get(record.get_absolute_url()).status_code == 200
