"""Fifty rows with two errors, from the file to the public and back, as two people do it."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, User

from recommendations.models import Passage
from tests.pages import PREFIXES
from tests.test_browser import reader, site, violations  # noqa: F401
from tests.test_import_undo import FIELDS, row

ROWS = 50
PASSWORD = "only-for-this-test"
DRAFTS, IN_REVIEW = "state__exact=draft", "state__exact=in-review"


@pytest.fixture
def person(site, reader):  # noqa: F811
    """Signs somebody in, in a browser of their own, in a language."""

    def signed_in(name, group, lang):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        page = reader()
        page.goto(f"{site}{PREFIXES[lang]}/admin/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        press(page, "#login-form [type=submit]")
        return page

    return signed_in


def rows():
    """Texts cut from their passage, and texts that differ from it for a reason."""
    passage = Passage.objects.get(locator="D1:L53").text
    cut = {"difference_reason": ""}
    return [
        row(n, **(cut | {"text": passage[: 40 + n]} if n % 2 else {}), theme="return")
        for n in range(1, ROWS + 1)
    ]


def press(page, selector):
    """Click, and wait for the page that follows."""
    with page.expect_navigation():
        page.click(selector)


def upload(page, lines):
    """Follow the link of the list to the import, and give it a file."""
    file = io.StringIO()
    csv.writer(file).writerows([FIELDS, *lines])
    content = {"name": "rows.csv", "mimeType": "text/csv", "buffer": file.getvalue().encode()}
    press(page, "#site-name a")
    press(page, "a[href$='/recommendations/recommendation/'] >> nth=0")
    press(page, "a[href*='importrun/add/']")
    assert violations(page) == []
    page.set_input_files("[name=file]", content)
    press(page, "#import_form [type=submit]")


def problems(page):
    """Row and column of each problem that the preview names."""
    cells = page.locator("[aria-labelledby=problems] tbody tr")
    return [tuple(each.locator("td").all_inner_texts()[:2]) for each in cells.all()]


def act(page, query, action):
    """Choose an action for every row of a filtered list."""
    press(page, "#site-name a")
    press(page, "a[href$='/recommendations/recommendation/'] >> nth=0")
    press(page, f"#changelist-filter a[href*='{query}']")
    page.check("#action-toggle")
    page.select_option("[name=action]", action)
    press(page, "[name=index]")
    assert page.locator(".messagelist .success").count() == 1


def total(page, address):
    page.goto(address)
    return int(page.locator("#results").get_attribute("data-total"))


@pytest.mark.parametrize("lang", PREFIXES)
def test_fifty_rows_are_corrected_published_and_taken_back(site, reader, person, lang):  # noqa: F811
    public, visitor = f"{site}{PREFIXES[lang]}/recommendations/", reader()
    before = total(visitor, public)
    lines = rows()
    lines[6][FIELDS.index("text")] = ""
    lines[9][FIELDS.index("theme")] = "Returnn"

    editor = person("editor", "editors", lang)
    upload(editor, lines)
    assert problems(editor) == [("8", "text"), ("11", "theme")]
    assert violations(editor) == []
    lines[6] = rows()[6]
    upload(editor, lines)
    assert problems(editor) == [("11", "theme")]
    editor.select_option("#choices_form select", "return")
    press(editor, "#choices_form [type=submit]")
    assert problems(editor) == []
    assert violations(editor) == []
    assert editor.locator("#entries ~ table tbody tr th").count() == ROWS
    assert total(visitor, public) == before
    press(editor, "#apply_form [type=submit]")
    assert editor.locator(".messagelist .success").count() == 1
    assert violations(editor) == []
    run = editor.url
    act(editor, DRAFTS, "submit_for_review")
    assert total(visitor, public) == before

    publisher = person("publisher", "publishers", lang)
    act(publisher, IN_REVIEW, "publish")
    assert total(visitor, public) == before + ROWS
    editor.goto(run)
    assert editor.locator("#undo_form").count() == 0

    press(publisher, "#site-name a")
    press(publisher, "a[href$='/recommendations/importrun/'] >> nth=0")
    press(publisher, "#result_list tbody th a >> nth=0")
    assert publisher.url == run
    assert publisher.locator("[aria-labelledby=undo] li").count() == ROWS
    assert violations(publisher) == []
    press(publisher, "#undo_form [type=submit]")
    assert publisher.locator(".messagelist .success").count() == 1
    assert violations(publisher) == []
    assert total(visitor, public) == before
    assert visitor.goto(f"{public}CSSR-B9-PR-1/").status == 410
