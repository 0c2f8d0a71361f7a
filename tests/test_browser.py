"""Pages in a real browser: accessible, self-contained, usable without JavaScript and on a phone."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.pages import PREFIXES
from tests.staff import signed_in

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KINDS_OF_PAGE = (
    "/",
    "/recommendations/",
    "/recommendations/?q=local&kind=numbered",
    "/recommendations/?q=donors&working_group=protection-priorities",
    "/recommendations/?theme=educaton",
    "/recommendations/?page=9",
    "/recommendations/CSSR-B7-PR-3/",
    "/recommendations/CSSR-B7-ALL-1/",
    "/recommendations/STJ-G23-1/",
    "/working-groups/",
    "/working-groups/protection-priorities/",
    "/themes/",
    "/themes/education/",
    "/meetings/",
    "/meetings/geneva-2023-05/",
    "/conferences/",
    "/conferences/brussels-2023/",
    "/organisations/",
    "/organisations/stj/",
    "/funders/",
    "/funders/norway/",
    "/sources/",
    "/sources/stj-brussels-2023/",
    "/about/",
    "/no/such/page",
)


@pytest.fixture
def site(live_server, collection):
    """The address of a running site that holds the collection."""
    return live_server.url


@pytest.fixture
def reader(browser):
    """Opens pages as a reader with a screen of some width, until the test ends."""
    contexts = []

    def page(width=1280, **settings):
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": 900}, reduced_motion="reduce", **settings
            )
        )
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def overflow(page):
    """How many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def violations(page, rules=STANDARDS):
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


STAFF_PAGES = ("/admin/", "/admin/recommendations/recommendation/")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", PREFIXES)
def test_no_list_of_staff_breaks_an_accessibility_rule(site, reader, lang, width):
    page = reader(width)
    session = signed_in("root").cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    for address in STAFF_PAGES:
        page.goto(site + PREFIXES[lang] + address)
        found = violations(page)
        assert not found, (address, found)
        assert overflow(page) <= 0, address


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", PREFIXES)
def test_no_kind_of_page_breaks_an_accessibility_rule(site, reader, lang, width):
    page = reader(width)
    for address in KINDS_OF_PAGE:
        page.goto(site + PREFIXES[lang] + address)
        found = violations(page)
        assert not found, (address, found)


def test_contrast_is_enough_in_the_dark_scheme(site, reader):
    page = reader(color_scheme="dark")
    for address in KINDS_OF_PAGE:
        page.goto(site + address)
        found = violations(page, ["color-contrast"])
        assert not found, (address, found)


def test_open_sheets_break_no_accessibility_rule(site, reader):
    page = reader(390)
    page.goto(f"{site}/recommendations/")
    for sheet in ("nav", "filters"):
        page.click(f"[popovertarget={sheet}]:visible")
        assert page.is_visible(f"#{sheet}")
        found = violations(page)
        assert not found, (sheet, found)
        page.keyboard.press("Escape")
        assert not page.is_visible(f"#{sheet}")


@pytest.mark.parametrize("lang", PREFIXES)
def test_no_page_scrolls_sideways_on_a_narrow_screen(site, reader, lang):
    page = reader(320)
    for address in KINDS_OF_PAGE:
        page.goto(site + PREFIXES[lang] + address)
        assert overflow(page) <= 0, address


@pytest.mark.parametrize("lang", PREFIXES)
def test_a_page_asks_no_other_host_and_breaks_no_policy(site, reader, lang):
    page = reader()
    asked, errors = set(), []
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    for address in KINDS_OF_PAGE:
        response = page.goto(site + PREFIXES[lang] + address)
        page.wait_for_load_state("networkidle")
        if response.ok:
            assert not errors, (address, errors)
        errors.clear()  # a page that answers 400 or 404 is itself an error in the console
    assert asked == {urlsplit(site).netloc}


@pytest.mark.parametrize("width", [1280, 390])
def test_a_list_is_filtered_without_javascript(site, reader, width):
    page = reader(width, java_script_enabled=False)
    page.goto(f"{site}/recommendations/")
    if width < 1000:
        page.click("[popovertarget=filters]:visible")
    page.check("input[name=working_group][value=protection-priorities]")
    page.check("input[name=kind][value=numbered]")
    page.click("text=Apply filters")
    address = urlsplit(page.url)
    assert address.query == "working_group=protection-priorities&kind=numbered"
    assert address.fragment == "results"
    assert page.locator("#results").get_attribute("data-total") == "5"
    assert page.locator("[data-key]").count() == 5
    page.click(".chip >> nth=1")
    assert urlsplit(page.url).query == "working_group=protection-priorities"
    assert page.locator("#results").get_attribute("data-total") == "6"


def test_a_file_is_two_clicks_from_the_home_page(site, reader):
    page = reader()
    page.goto(f"{site}/")
    page.click("text=Protection priorities for Syrians")
    with page.expect_download() as download:
        page.click("text=CSV of these 5")
    name = download.value.suggested_filename
    assert name.startswith("cssr-recommendations_working_group-protection-priorities")
    assert name.endswith(".csv")


def test_the_same_list_in_arabic_is_one_click_away(site, reader):
    page = reader()
    page.goto(f"{site}/recommendations/?q=local&theme=education")
    page.click(".lang")
    assert page.url == f"{site}/ar/recommendations/?q=local&theme=education"
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"


def test_what_can_be_clicked_is_large_enough(site, reader):
    """24 pixels each way (WCAG 2.5.8), save links inside a sentence."""
    page = reader(390)
    for address in KINDS_OF_PAGE:
        page.goto(site + address)
        small = page.evaluate(
            """() => [...document.querySelectorAll("a, button, summary, input, label.opt")]
              .filter(each => each.checkVisibility() && !each.closest("p, dd, .skip, .vh"))
              .filter(each => !each.matches(".skip, label input"))
              .filter(each => each.getBoundingClientRect().height < 24)
              .map(each => each.outerHTML)"""
        )
        assert not small, (address, small)


def test_the_first_stop_of_the_keyboard_leads_past_the_filters(site, reader):
    page = reader()
    page.goto(f"{site}/recommendations/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"
