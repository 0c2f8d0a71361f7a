"""Whatever an address holds, the answer is a page, a file or a message, never foreign markup."""

import random
from urllib.parse import quote

import pytest

from recommendations.api import WITHOUT_KEY
from recommendations.exports import FORMATS
from recommendations.filters import LISTED
from recommendations.models import Theme
from tests.lists import PLACES
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("collection", "unthrottled")]

NUMBER = 2_100
PARTS = 6
# The element and attribute that appear in a page if a value is not escaped.
MARKUP = ["<nasty>", "</title><nasty>", '" nasty="', "' nasty='", "--><nasty>", "</script><nasty>"]
LONG = ["x" * 20_000, "%" * 20_000, "é" * 20_000, "(" * 1500, "(" * 1500 + ")" * 1500, '"' * 1500]
LONG += ["a OR " * 4_000, "-" * 20_000, "<nasty>" * 3_000, "1" * 5_000, "٣" * 5_000, "a," * 5_000]
SHORT = [
    # control characters, direction, invisible and impossible characters
    *map(chr, range(0x21)),
    *map(chr, range(0x7F, 0xA1)),
    *"\u200b\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\u2028\u2029\ufeff\u00ad\u0640\u0670\u0301\ufffd\ufffe\uffff\U0001f600\U0010ffff\ud800\udfff",
    "\x00", "a\x00b", "food\x00", "\r\nSet-Cookie: a=b", "\u202etxt.exe", "e\u0301" * 40, "Z̸̢̛͎a̷l̵g̶o̴",
    # numbers
    "-1", "0", "1e9", "1.5", "+1", "0x10", "9" * 19, "9" * 40, "-" + "9" * 40, "NaN", "Infinity",
    "-0", "٣", "۳", "３", "²", "①", "½", "੩", "1_000", "2147483648", "9223372036854775808", "００",
    # databases
    "' OR '1'='1", "'; DROP TABLE recommendations_theme; --", "1; SELECT pg_sleep(9)", "\\", "\\'",
    "%", "_", "%%%", "' UNION SELECT 1 --", "$$", "$1", "?", ":a", "::text", "E'\\x00'", "/*", "*/",
    # the two search engines
    "a & b", "a | b", "!a", "a <-> b", "a:*", "a:A", "'a' & !'b'", "&", "|", "!", "<->", "a AND",
    "NEAR(a b, 2)", "own : a", "{own} : a", "^a", "a*", "a + b", '"a', '"a" "', "a NOT b", "AND OR",
    "- - -", "--a", '-"', "OR OR", "NOT", '""""', "a''b", "rowid:1", "recommendations_searchfts",
    # formats, templates, paths, headers
    "%s%s%n", "%(name)s", "%d", "{}", "{0}", "{value}", "{{ 7*7 }}", "{% debug %}", "${7*7}",
    "../../etc/passwd", "..", ".", "/", "//", "\\\\host", "file:///etc/passwd", "http://[::1",
    "javascript:alert(1)", "data:text/html,x", "=1+1", "@SUM(A1)", "a;b", "a,b", ",", ",,", "a&b",
    "[]", "[0]", "{}", "null", "None", "true", "undefined", '{"a": 1}', "<!--", "]]>", "<![CDATA[",
    *MARKUP,
]  # fmt: skip
# Querystrings that are no proper encoding of anything.
BROKEN = [
    "%",
    "%2",
    "%zz",
    "%u0041",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%f8%88%80%80%80",
    "%00",
    "%ff%fe",
    "a%",
    "+%",
    "%25%",
    "%e2%28%a1",
    "%80",
    "a%0",
    "%%",
    "%C0%80",
    "%fe",
    "=",
    "==",
    "%3D%26",
]
PARAMETERS = {place: list(filterset.base_filters) for place, (_, filterset) in LISTED.items()}


def encoded(text):
    return quote(text, safe="", errors="surrogatepass")


def values():
    """Encoded values, all different: each nasty one alone, then two to four of them together."""
    chance = random.Random(9)
    found = dict.fromkeys([*map(encoded, SHORT + LONG), *BROKEN])
    pieces = [*SHORT, "food", "return", "عودة", "CSSR-B7-PR-3"]
    while len(found) < NUMBER:
        some = chance.choices(pieces, k=chance.randint(2, 4))
        found[encoded(chance.choice(["", " ", "-"]).join(some))] = None
    return list(found)


def addresses(value, chance):
    """A page or its file, an answer of the interface, and a record, that hold the value."""

    def query(place):
        name = chance.choice([*PARAMETERS[place], "q", "q", "q"])
        if chance.random() < 0.1:
            return f"{value}=food"
        return f"{name}={value}" + chance.choice(["", "", f"&{name}={value}", f"&{name}[]={value}"])

    prefix, page, place = (chance.choice(some) for some in (["", "/ar"], PLACES, list(LISTED)))
    record = chance.choice([each for each in LISTED if each not in WITHOUT_KEY])
    suffix = chance.choice(["/", "/", *(f".{suffix}" for suffix in FORMATS)])
    yield f"{prefix}/{page}{suffix}?{query(page)}"
    yield f"/api/v1/{place}/{chance.choice(['', 'facets/'])}?{query(place)}"
    yield chance.choice(
        [
            f"{prefix}/{page}/{value}/",
            f"{prefix}/recommendations/CSSR-B7-PR-3/?q={value}",
            f"/api/v1/{record}/{value}/",
        ]
    )


def is_blank(name, value):
    return not (value.replace(",", "") if name == "columns" else value).strip()


def is_page(value):
    try:
        return 1 <= int(value) <= 10**6
    except ValueError:
        return False


def is_answered(client, address):
    """What every answer must be."""
    response = client.get(address)
    status, kind = response.status_code, response["Content-Type"].partition(";")[0]
    assert status in {200, 302, 400, 404}, (status, address)
    if kind == "text/html" and status != 302:
        html = response.content.decode()
        assert "<nasty" not in html and '"nasty' not in html and "'nasty" not in html, address
        if "nasty" in address and len(address) < 1_000:
            page = Page(response)
            assert not page.all("nasty")
            assert not any("nasty" in each.attributes for each in page.elements)
        if status != 200:
            assert "<h1" in html
    elif status in {400, 404}:
        assert kind == "application/problem+json", address
        assert response.json()["title"] and response.json()["status"] == status
    else:
        response.getvalue()
    return response


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_breaks_a_page_a_file_the_interface_or_a_record(client, part):
    chance = random.Random(part)
    for value in values()[part::PARTS]:
        for address in addresses(value, chance):
            is_answered(client, address)


def test_there_are_two_thousand_values():
    assert len(set(values())) == NUMBER >= 2_000


@pytest.mark.parametrize("place", LISTED)
def test_a_value_that_no_vocabulary_has_is_a_400_that_names_it(client, place):
    chance = random.Random(3)
    names = [name for name in PARAMETERS[place] if name != "q" and not name.endswith("_find")]
    for name in names:
        for value in chance.sample(SHORT, 12):
            if not is_blank(name, value) and not (name == "page" and is_page(value)):
                response = is_answered(client, f"/api/v1/{place}/?{name}={encoded(value)}")
                (error, *_) = response.json()["errors"]
                assert (response.status_code, error["parameter"]) == (400, name), (name, value)
                assert error["message"]


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["theme=food"] * 1_500),
        "&".join(f"theme={number}" for number in range(1_500)),
        "&".join(f"x{number}=1" for number in range(1_500)),
        "&".join(["q=a"] * 6_000),
        "q[]=a&theme[$ne]=food&theme[0]=food",
        "theme=food;kind=own",
        "&&&===&=&",
        "?q=a",
    ],
)
def test_many_and_odd_parameters_are_answered(client, query):
    for address in ("/recommendations/", "/recommendations.csv", "/api/v1/recommendations/"):
        response = is_answered(client, f"{address}?{query}")
        is_fine = query == "&".join(["theme=food"] * 1_500)
        assert response.status_code == (200 if is_fine else 400)


@pytest.mark.parametrize(
    "header",
    ["If-None-Match", "If-Modified-Since", "Accept", "Accept-Language", "Range", "X-Forwarded-For"],
)
def test_no_header_breaks_an_answer(client, header):
    for value in [*random.Random(header).sample(SHORT, 40), *LONG]:
        sent = value.encode("utf-8", "replace").decode("latin-1").translate({10: None, 13: None})
        for address in ("/about/", "/themes.json", "/api/v1/themes/"):
            response = client.get(address, headers={header: sent})
            assert response.status_code in {200, 304, 406}, (header, value)


@pytest.mark.parametrize("host", ["evil.example", "a b", "[::1", "<nasty>", ""])
def test_a_strange_host_is_refused_or_ignored(client, host):
    for address in ("/themes/", "/themes.json", "/api/v1/themes/"):
        response = client.get(address, headers={"Host": host})
        assert response.status_code == 400
        assert b"<nasty" not in response.content


def test_stored_markup_is_escaped_in_every_page(client):
    Theme.objects.filter(slug="food").update(
        name_en=f"Food {' '.join(MARKUP)}", name_ar="", name_ar_origin="", scope_en=" ".join(MARKUP)
    )
    for address in ("/", "/themes/", "/themes/food/", "/recommendations/?theme=food"):
        page = Page(client.get(address))
        assert not page.all("nasty")
        assert not any("nasty" in each.attributes for each in page.elements)
        assert address == "/" or "<nasty>" in "".join(text for text, _ in page.texts)
