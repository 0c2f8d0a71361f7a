"""A form left half-filled survives an expired login: typed values come back, and save nothing."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.translation import override

from recommendations.models import Recommendation, Theme
from tests.staff import address, filled, messages, opened, row

pytestmark = pytest.mark.django_db
PASSWORD = "long enough to log in"
WORDS = "عودة آمنة of “refugees” & <others>\r\nsecond line"


@pytest.fixture
def record(collection):
    return Recommendation.objects.get(reference="CSSR-B7-PR-3")


@pytest.fixture
def browser_of_rana(collection):
    """A browser that checks forms as a real one has it, with somebody logged in."""
    for name in ("rana", "sami"):
        User.objects.create_superuser(name, password=PASSWORD)
    client = Client(enforce_csrf_checks=True)
    log_in(client, "/admin/login/?next=/admin/", "rana")
    return client


def log_in(client, path, name):
    """Fill in the page at a login address; what follows."""
    token = client.get(path).context["csrf_token"]
    data = {"csrfmiddlewaretoken": str(token), "username": name, "password": PASSWORD}
    return client.post(path, data, follow=True)


def expire():
    Session.objects.all().delete()


def half_filled(client, record, lang):
    """The form of a record, with words and a row that nobody saved yet."""
    theme = Theme.objects.exclude(recommendations=record).first()
    data = row(opened(client, record, lang), "theme_assignments", theme=theme.pk, position="9")
    return data | {"delivered_by": "رنا", "difference_reason": "Misprint", "text": WORDS}


def same(data):
    """What a form says, without what each showing of it makes anew."""
    left_out = {"csrfmiddlewaretoken", "opened", "opened_by", "_save"}
    return {
        name: [str(each) for each in (values if isinstance(values, list) else [values])]
        for name, values in data.items()
        if name not in left_out and any(values if isinstance(values, list) else [values])
    }


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_changed_record_comes_back_with_its_rows_and_is_saved_by_hand(
    browser_of_rana, record, lang
):
    client, path = browser_of_rana, address(record, lang=lang)
    typed = half_filled(client, record, lang)
    expire()
    response = client.post(path, typed)
    assert response.status_code == 302
    page = client.get(response["Location"])
    assert len(messages(page)) == 1
    assert "رنا" not in page.content.decode()

    page = log_in(client, response["Location"], "rana")
    assert page.redirect_chain == [(path, 302)]
    again = filled(page, record)
    assert same(again) == same(typed)
    assert record.history.count() == 1
    assert page.context["errors"]

    again["change_reason"] = "Misread"
    again["text"] = record.text
    assert client.post(path, again).status_code == 302
    after = Recommendation.objects.get(pk=record.pk)
    assert (after.delivered_by, after.version) == ("رنا", 2)
    assert after.theme_assignments.filter(position=9).count() == 1
    assert "رنا" in client.get(path).content.decode()
    assert opened(client, record)["position"] == [str(record.position)]


def test_a_new_record_comes_back_too(browser_of_rana):
    client, path = browser_of_rana, address(Theme, "add", lang="ar")
    typed = filled(client.get(path), Theme)
    typed |= {"name_en": "Water", "slug": "water", "name_ar": "المياه", "name_ar_origin": "draft"}
    expire()
    page = log_in(client, client.post(path, typed)["Location"], "rana")
    again = filled(page, Theme)
    assert same(again) == same(typed)
    assert not Theme.objects.filter(slug="water").exists()
    assert client.post(path, again).status_code == 302
    assert Theme.objects.get(slug="water").name_ar == "المياه"


def test_nobody_else_gets_it(browser_of_rana, record):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    location = client.post(path, typed)["Location"]
    page = log_in(client, location, "sami")
    assert filled(page, record)["delivered_by"] == [record.delivered_by]
    client.post("/admin/logout/", {"csrfmiddlewaretoken": str(page.context["csrf_token"])})
    page = log_in(client, location, "rana")
    assert filled(page, record)["delivered_by"] == [record.delivered_by]


def test_it_waits_for_its_own_page_and_is_shown_once(browser_of_rana, record):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    client.post(path, typed)
    log_in(client, "/admin/login/?next=/admin/", "rana")
    other = Recommendation.objects.get(reference="CSSR-B7-PR-4")
    assert opened(client, other)["delivered_by"] == [other.delivered_by]
    assert opened(client, record)["delivered_by"] == ["رنا"]
    assert opened(client, record)["delivered_by"] == [record.delivered_by]


def test_what_somebody_else_saved_meanwhile_is_merged(browser_of_rana, record):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    location = client.post(path, typed)["Location"]
    record.number, record.version = 41, 2
    record.save()
    page = log_in(client, location, "rana")
    again = filled(page, record)
    assert (again["number"], again["delivered_by"]) == (["41"], ["رنا"])
    assert len(page.context["conflict"].differences) > 1


def test_a_login_in_another_window_loses_nothing_either(browser_of_rana, record):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    log_in(client, "/admin/login/?next=/admin/", "rana")
    page = client.post(path, typed, follow=True)
    assert page.redirect_chain == [(path, 302)]
    assert filled(page, record)["delivered_by"] == ["رنا"]
    assert record.history.count() == 1


@pytest.mark.parametrize("opened_by", ["", "x", "forged:1xUxuT:signature"])
def test_a_form_that_nobody_opened_is_not_kept(browser_of_rana, record, opened_by):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    assert client.post(path, typed | {"opened_by": opened_by}).status_code == 302
    assert Session.objects.count() == 0
    log_in(client, "/admin/login/?next=/admin/", "rana")
    assert client.post(path, typed | {"opened_by": opened_by}).status_code == 403
    with override("en"):
        assert opened(client, record)["delivered_by"] == [record.delivered_by]


def test_the_form_of_one_person_sent_by_another_is_refused(browser_of_rana, record):
    client, path = browser_of_rana, address(record)
    typed = half_filled(client, record, "en")
    expire()
    log_in(client, "/admin/login/?next=/admin/", "sami")
    assert client.post(path, typed).status_code == 403
    assert opened(client, record)["delivered_by"] == [record.delivered_by]
