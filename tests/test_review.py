"""Nobody publishes their own text; what is public changes with a reason; withdrawn answers 410."""

import pytest

from recommendations.choices import State
from recommendations.models import Recommendation, Theme
from tests.pages import PREFIXES, SITE
from tests.staff import act, address, filled, messages, opened, save, signed_in

pytestmark = pytest.mark.django_db
OWN = "somebody else has to publish it"


@pytest.fixture
def editor(collection):
    return signed_in("editor", "editors")


@pytest.fixture
def publisher(collection):
    return signed_in("publisher", "publishers")


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
