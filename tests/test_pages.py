"""Every page is whole: its structure, its language, its numbers, its links, its errors."""

import re
from itertools import pairwise
from urllib.parse import urldefrag, urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from recommendations.choices import Kind
from recommendations.models import Goal, Recommendation
from recommendations.views.listings import LISTS
from recommendations.views.site import SEARCHES
from tests.pages import MODELS, PREFIXES, SITE, Page, every_address, lists, records

pytestmark = pytest.mark.django_db

BUDGET = 12


@pytest.fixture(params=PREFIXES)
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def kept():
    """Pages that are only read, by language."""
    return {}


@pytest.fixture
def pages(client, collection, lang, kept):
    """Every public page in one language, by its address."""
    if lang not in kept:
        found = {}
        for address in every_address():
            address = PREFIXES[lang] + address
            response = client.get(address)
            assert response.status_code == 200, address
            found[address] = Page(response)
        kept[lang] = found
    return kept[lang]


def number(text):
    return int(re.search(r"\d+", text).group())


def total(client, address):
    """How many rows a list says it has."""
    response = client.get(address)
    assert response.status_code == 200, address
    return int(Page(response).one("h2", id="results")["data-total"])


def test_each_page_says_its_language_and_direction(pages, lang):
    for address, page in pages.items():
        html = page.one("html")
        assert (html["lang"], html["dir"]) == (lang, "rtl" if lang == "ar" else "ltr"), address


def test_each_page_has_one_h1_and_skips_no_heading_level(pages):
    for address, page in pages.items():
        levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1, address
        assert all(after <= before + 1 for before, after in pairwise([0, *levels])), address
        assert all(each.text for each in page.all("h1", "h2", "h3")), address


def test_no_two_pages_have_the_same_title(pages):
    titles = {page.all("title")[0].text: address for address, page in pages.items()}
    assert len(titles) == len(pages)


def test_ids_are_unique_and_what_points_to_them_finds_them(pages):
    for address, page in pages.items():
        ids = [each["id"] for each in page.elements if each["id"]]
        assert len(ids) == len(set(ids)), (address, sorted(ids))
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget"):
            for each in page.elements:
                for target in (each[name] or "").split():
                    assert target in ids, (address, name, target)


def test_no_page_holds_inline_style_or_script(pages):
    for address, page in pages.items():
        assert not page.all("style"), address
        assert all(each["src"] for each in page.all("script")), address
        for each in page.elements:
            refused = [name for name in each.attributes if name == "style" or name[:2] == "on"]
            assert not refused, (address, each.tag, refused)


def test_what_is_on_record_in_english_only_is_marked_on_arabic_pages(pages, lang):
    names = [*MODELS, Goal]
    english = {
        row.name_en for model in names if hasattr(model, "name_en") for row in model.objects.all()
    }
    english |= set(Recommendation.objects.values_list("text", flat=True))
    for address, page in pages.items():
        for text, element in page.texts:
            if text in english and "code" not in (element["class"] or "").split():
                assert (element.lang, element.dir) == ("en", "ltr"), (address, text)


def test_a_page_asks_the_database_few_questions(client, collection):
    for address in every_address():
        client.get(address)  # the facets' index is made once
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) <= BUDGET, (address, len(queries))


def test_every_link_leads_somewhere_and_every_record_is_reached(client, collection, lang):
    home = f"{PREFIXES[lang]}/"
    waiting, seen, targets = [home], {}, {}
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        response = client.get(address)
        assert response.status_code == 200, (address, targets.get(address))
        if not response["Content-Type"].startswith("text/html"):
            seen[address] = None
            continue
        seen[address] = page = Page(response)
        if urlsplit(address).query:
            continue  # a list in another state: it need not be followed
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.netloc, (address, link)
            other = parts.path.startswith("/ar/") != (lang == "ar")
            itself = parts.path == urlsplit(address).path  # the same list, filtered or sorted
            if parts.path and not other and not itself:
                targets.setdefault(urldefrag(link).url, address)
                waiting.append(urldefrag(link).url)
    for page in [page for page in seen.values() if page]:
        ids = {each["id"] for each in page.elements}
        for link in page.links:
            path, fragment = urldefrag(link)
            held = seen.get(path) if path else page
            if fragment and held:
                known = {each["id"] for each in held.elements} if path else ids
                assert fragment in known, link
    expected = {PREFIXES[lang] + address for address in every_address()}
    assert expected <= set(seen)


def test_each_page_names_its_address_in_every_language(client, collection, lang):
    for address in ("/", "/themes/education/", "/recommendations/?theme=education"):
        page = Page(client.get(PREFIXES[lang] + address))
        assert page.one("link", rel="canonical")["href"] == SITE + PREFIXES[lang] + address
        alternates = {
            each["hreflang"]: each["href"]
            for each in page.all("link", rel="alternate")
            if each["hreflang"]
        }
        assert alternates == {
            "en": SITE + address,
            "ar": f"{SITE}/ar{address}",
            "x-default": SITE + address,
        }


def test_the_language_link_keeps_page_and_query(client, collection):
    address = "/recommendations/?working_group=local-governance&q=local"
    english, arabic = Page(client.get(address)), Page(client.get(f"/ar{address}"))
    assert english.one("a", hreflang="ar")["href"] == f"/ar{address}"
    assert arabic.one("a", hreflang="en")["href"] == address


def test_each_list_states_the_number_of_its_rows(client, collection):
    for view in LISTS:
        assert total(client, f"/{view.place}/") == view.model.objects.published().count()


def test_each_number_on_the_home_page_is_what_its_link_delivers(client, collection):
    page = Page(client.get("/"))
    assert number(page.one(**{"class": "room", "href": _room("protection-priorities")}).text) == 5
    shown = [each for each in page.all("a") if each["class"] == "room"]
    shown += [each for each in page.all("a") if each.parent["class"] == "court"]
    shown += [each for each in page.all("a") if "?theme=" in each["href"]]
    assert len(shown) > 10
    for link in shown:
        assert number(link.text) == total(client, link["href"]), link["href"]
    files = [each for each in page.all("a") if ".csv" in each["href"]]
    assert files
    for link in files:
        rows = client.get(link["href"]).getvalue().count(b"\r\n") - 1
        assert number(link.text) == rows, link["href"]


def _room(slug):
    return f"/recommendations/?working_group={slug}&kind=numbered"


def test_the_home_page_counts_the_numbered_ones_alone(client, collection):
    numbered = Recommendation.objects.published().filter(kind=Kind.NUMBERED).count()
    page = Page(client.get("/"))
    court = next(each for each in page.all("div") if each["class"] == "court")
    assert number(court.text) == numbered
    Recommendation.objects.filter(reference="CSSR-B7-PR-3").update(state="withdrawn")
    page = Page(client.get("/"))
    court = next(each for each in page.all("div") if each["class"] == "court")
    assert number(court.text) == numbered - 1


def test_each_search_that_the_home_page_offers_finds_something(client, collection):
    page = Page(client.get("/"))
    offered = [each for each in page.all("a") if "?q=" in each["href"]]
    assert [each.text for each in offered] == list(SEARCHES)
    for link in offered:
        assert total(client, link["href"]) > 0, link["href"]


def test_an_empty_collection_has_whole_pages_too(client, db):
    for address in ("/", *lists()):
        assert Page(client.get(address)).one("h1"), address


def test_an_empty_result_names_each_filter_and_the_way_without_it(client, collection):
    page = Page(client.get("/recommendations/?q=donors&working_group=protection-priorities"))
    assert page.one("h2", id="results")["data-total"] == "0"
    assert "/recommendations/?q=donors#results" in page.links
    assert "/recommendations/?working_group=protection-priorities#results" in page.links
    assert not [link for link in page.links if ".csv" in link]


def test_the_form_keeps_order_size_and_search(client, collection):
    page = Page(client.get("/recommendations/?q=local&sort=newest&size=50&theme=education"))
    hidden = {each["name"]: each["value"] for each in page.all("input", type="hidden")}
    assert hidden == {"sort": "newest", "size": "50"}
    assert page.one("input", id="q")["value"] == "local"
    ticked = [each["value"] for each in page.all("input") if "checked" in each.attributes]
    assert ticked == ["education"]


def test_a_bad_address_is_explained_and_shows_no_row(client, collection):
    response = client.get("/recommendations/?theme=educaton&q=local&wrong=1")
    page = Page(response)
    assert response.status_code == 400
    assert page.one("title").text.startswith("Error:")
    alert = page.one(role="alert")
    assert alert["tabindex"] == "-1"
    assert "educaton" in alert.text and "wrong" in alert.text
    assert next(each for each in page.elements if each.tag in {"h1", "h2"}).parent is alert
    assert not [each for each in page.elements if each["data-key"] or each["data-total"]]
    assert not [link for link in page.links if ".csv" in link]
    assert page.one("input", id="q")["value"] == "local"
    assert "/recommendations/?q=local#results" in page.links


def test_the_corrected_link_of_a_bad_address_works(client, collection):
    page = Page(client.get("/recommendations/?theme=educaton"))
    assert "/recommendations/?theme=education#results" in page.links
    assert total(client, "/recommendations/?theme=education") == 2


def test_a_page_beyond_the_last_offers_the_last(client, collection):
    response = client.get("/recommendations/?page=9&kind=numbered&size=20")
    assert response.status_code == 404
    assert "/recommendations/?kind=numbered#results" in Page(response).links


def test_error_pages_need_no_database(client, lang, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(f"{PREFIXES[lang]}/no/such/page")
    page = Page(response)
    assert response.status_code == 404
    assert page.one("html")["lang"] == lang
    assert page.one("form", role="search")["action"] == f"{PREFIXES[lang]}/recommendations/"
    assert set(lists()) <= {link.removeprefix(PREFIXES[lang]) for link in page.links}


def test_an_error_page_needs_no_request():
    html = render_to_string(
        "recommendations/error.html", {"status": 500, "title": "Broken", "advice": "Wait."}
    )
    assert "<h1>Broken</h1>" in html


def test_a_foreign_host_name_gets_an_error_page(client):
    response = client.get("/", headers={"host": "example.org"})
    assert response.status_code == 400
    assert Page(response).one("h1")


def test_a_record_that_is_not_public_has_no_page(client, collection):
    addresses = records()
    for model in MODELS:
        model.objects.update(state="draft")
    for address in addresses:
        assert client.get(address).status_code == 404, address
