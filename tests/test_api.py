"""The interface for programs: every place, every answer as described, every error as a document."""

from io import StringIO
from urllib.parse import quote

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from recommendations.api import KEYS, WITHOUT_KEY, ReaderThrottle
from recommendations.columns import COLUMNS
from recommendations.filters import LISTED
from recommendations.models import Recommendation
from tests.test_properties import many, selected  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("collection", "unthrottled")]

SITE = "http://testserver"
PROBLEM = "application/problem+json"
WITH_KEY = [place for place in LISTED if place not in WITHOUT_KEY]
CASES = 14  # of each of the 43 operations


@pytest.fixture(scope="module")
def description():
    """The OpenAPI description, in which no object has a key that it does not name."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    for schema in document["components"]["schemas"].values():
        schema["additionalProperties"] = False
    return document


def rows(client, place, query=""):
    return client.get(f"/api/v1/{place}/?size=100&{query}").json()["results"]


def key_of(place, row):
    return row[KEYS.get(place, "slug")]


def fits(description, path, response):
    """Whether an answer is what the description says of its path and status."""
    content = description["paths"][path]["get"]["responses"][str(response.status_code)]["content"]
    ((media_type, described),) = content.items()
    schema = described["schema"] | {"components": description["components"]}
    assert response["Content-Type"] == media_type
    assert list(Draft202012Validator(schema).iter_errors(response.json())) == []


# Every place


@pytest.mark.parametrize("place", LISTED)
def test_a_place_lists_its_public_rows_as_files_do(client, description, place):
    listing = selected(place, "")
    response = client.get(f"/api/v1/{place}/?size=100")
    page = response.json()
    fits(description, f"/api/v1/{place}/", response)
    assert page | {"results": []} == {
        "count": listing.total,
        "total": listing.total,
        "page": 1,
        "pages": max(1, -(-listing.total // 100)),
        "next": page["next"],
        "previous": None,
        "filters": [],
        "results": [],
    }
    assert len(page["results"]) == min(100, listing.total) > 0
    names = [column.name for column in COLUMNS[LISTED[place][0]]]
    assert [list(row) for row in page["results"]] == [[*names, "links"]] * len(page["results"])


@pytest.mark.parametrize("place", LISTED)
def test_every_link_leads_somewhere(client, place):
    links = {
        address
        for row in rows(client, place)
        for value in row["links"].values()
        for address in ([value] if isinstance(value, str) else value)
    }
    assert links
    assert {address: client.get(address).status_code for address in links} == dict.fromkeys(
        links, 200
    )


@pytest.mark.parametrize("place", WITH_KEY)
def test_a_record_is_the_row_of_its_list(client, description, place):
    for row in rows(client, place):
        response = client.get(f"/api/v1/{place}/{quote(str(key_of(place, row)))}/")
        assert response.json() == row
        fits(description, f"/api/v1/{place}/{{id}}/", response)


@pytest.mark.parametrize("place", sorted(WITHOUT_KEY))
def test_rows_without_a_key_have_no_address(client, place):
    assert all("self" not in row["links"] for row in rows(client, place))
    assert client.get(f"/api/v1/{place}/1/").status_code == 404


@pytest.mark.parametrize("code", ["CSSR-B7-PR-3", "cssr-b7-pr-3", "Cssr-b7-Pr-3"])
def test_a_code_is_read_in_any_case(client, code):
    record = client.get(f"/api/v1/recommendations/{code}/").json()
    assert record["reference"] == "CSSR-B7-PR-3"
    assert record["links"]["self"] == f"{SITE}/api/v1/recommendations/CSSR-B7-PR-3/"
    assert record["links"]["page"] == record["url"]
    assert record["links"]["theme"] == [f"{SITE}/api/v1/themes/{slug}/" for slug in record["theme"]]
    assert client.get("/api/v1/passages/d1:l78/").json()["locator"] == "D1:L78"


@pytest.mark.parametrize("place", LISTED)
def test_facets_are_those_of_the_listing(client, description, place):
    for query in (
        "",
        "q=food&theme_not=return&kind=numbered" if place == "recommendations" else "",
    ):
        response = client.get(f"/api/v1/{place}/facets/?{query}")
        fits(description, f"/api/v1/{place}/facets/", response)
        listing = selected(place, query)
        assert response.json()["count"] == listing.count
        assert [
            (facet["name"], [(each["value"], each["count"]) for each in facet["values"]])
            for facet in response.json()["facets"]
        ] == [
            (facet.name, [(each.value, each.count) for each in facet.values])
            for facet in listing.facets
        ]


def test_the_address_of_a_facet_value_gives_its_number_of_rows(client):
    for facet in client.get("/api/v1/recommendations/facets/?q=local&sort=newest").json()["facets"]:
        for value in facet["values"]:
            assert value["address"].startswith(f"{SITE}/api/v1/recommendations/?")
            assert client.get(value["address"]).json()["count"] == value["count"]


@pytest.mark.parametrize(
    "query", ["size=20", "size=20&sort=newest", "size=20&q=the&columns=reference"]
)
def test_a_walk_by_links_meets_every_row_once_there_and_back(client, many, query):  # noqa: F811
    def walk(address, way):
        found = []
        while address:
            page = client.get(address).json()
            found.append([row["reference"] for row in page["results"]])
            last, address = address, page[way]
        return last, found

    last, there = walk(f"{SITE}/api/v1/recommendations/?{query}", "next")
    _first, back = walk(last, "previous")
    assert there == back[::-1]
    everything = [reference for page in there for reference in page]
    assert len(everything) == len(set(everything)) == selected("recommendations", query).count
    assert everything == list(
        selected("recommendations", query).rows.values_list("reference", flat=True)
    )
    assert len(there) > 1 and {len(page) for page in there[:-1]} == {20}


def test_filters_in_use_are_named(client):
    page = client.get("/api/v1/recommendations/?kind_not=own&theme=food&q=food").json()
    assert page["filters"] == [
        {"name": "q", "value": "food", "label": "food"},
        {"name": "theme", "value": "food", "label": "Food sovereignty"},
        {"name": "kind_not", "value": "own", "label": "An organisation's own"},
    ]


def test_nothing_unpublished_is_told(client):
    Recommendation.objects.filter(reference="CSSR-B7-PR-3").update(state="draft")
    assert client.get("/api/v1/recommendations/CSSR-B7-PR-3/").status_code == 404
    assert len(rows(client, "recommendations")) == 22
    passage = client.get("/api/v1/passages/D1:L78/").json()
    assert passage["recommendation"] == []


# Errors


def is_problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == PROBLEM
    document = response.json()
    assert document["status"] == status and document["title"]
    return document


@pytest.mark.parametrize(
    "address",
    [
        *(f"/api/v1/{place}/nothing-of-this-name/" for place in WITH_KEY),
        "/api/v1/recommendations/%00/",
        "/api/v1/recommendations/%F0%9F%98%80/",
        "/api/v1/recommendations/" + "x" * 5000 + "/",
        "/api/v1/goals/0/",
        "/api/v1/goals/" + "9" * 30 + "/",
        "/api/v1/goals/" + "9" * 5000 + "/",
        "/api/v1/goals/-1/",
        "/api/v1/goals/²/",
        "/api/v1/recommendations/?page=9",
        "/api/v1/nothing/",
        "/api/v1/recommendations/CSSR-B7-PR-3/more/",
    ],
)
def test_what_is_not_there_is_a_404_document(client, address):
    is_problem(client.get(address), 404)


@pytest.mark.parametrize(
    "address", ["/api/v1/themes/", "/api/v1/themes/food/", "/api/v1/themes/facets/"]
)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_nothing_can_be_written(client, address, method):
    response = getattr(client, method)(address)
    is_problem(response, 405)
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_too_many_requests_are_asked_to_wait(client, description, monkeypatch):
    monkeypatch.setattr(ReaderThrottle, "rate", "3/min")
    cache.clear()
    answers = [client.get("/api/v1/themes/") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    is_problem(answers[3], 429)
    fits(description, "/api/v1/themes/", answers[3])
    assert 0 < int(answers[3]["Retry-After"]) <= 60
    assert "ETag" not in answers[3]
    assert answers[3]["Access-Control-Allow-Origin"] == "*"
    other = client.get("/api/v1/themes/", REMOTE_ADDR="10.0.0.9")
    assert other.status_code == 200
    known = client.get("/api/v1/themes/", headers={"If-None-Match": answers[0]["ETag"]})
    assert known.status_code == 304


@pytest.mark.parametrize("header", ["1.2.3.4", "5.6.7.8, 1.2.3.4"])
def test_a_forged_address_counts_as_the_real_one(client, monkeypatch, header):
    monkeypatch.setattr(ReaderThrottle, "rate", "1/min")
    cache.clear()
    assert client.get("/api/v1/themes/").status_code == 200
    assert client.get("/api/v1/themes/", headers={"X-Forwarded-For": header}).status_code == 429


# Headers


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/themes/", 200),
        ("/api/v1/themes/food/", 200),
        ("/api/v1/themes/facets/", 200),
        ("/api/v1/themes/nothing/", 404),
        ("/api/v1/themes/?nothing=1", 400),
        ("/api/v1/openapi.json", 200),
    ],
)
def test_scripts_of_every_site_may_read_every_answer(client, address, status):
    for method in (client.get, client.head, client.options):
        response = method(address, headers={"Origin": "https://example.org"})
        assert response.status_code == status or method == client.options
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "If-None-Match" in response["Access-Control-Allow-Headers"]
        assert "ETag" in response["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in response
        assert not response.cookies


def test_a_script_may_read_that_nothing_changed(client):
    tag = client.get("/api/v1/themes/")["ETag"]
    response = client.get("/api/v1/themes/", headers={"If-None-Match": tag})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (304, "*")


@pytest.mark.parametrize(
    "address", ["/api/v1/themes/", "/api/v1/themes/food/", "/api/v1/openapi.json"]
)
def test_head_is_get_without_the_body(client, address):
    get, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers} | {"Content-Length": ""} == {**get.headers} | {"Content-Length": ""}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,*/*;q=0.8"])
def test_json_is_given_to_whoever_takes_it(client, accept):
    response = client.get("/api/v1/themes/", headers={"Accept": accept, "Accept-Language": "ar"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(client):
    response = client.get("/api/v1/themes?page=1")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/themes/?page=1")


# The description


def test_the_description_is_valid_openapi_without_a_warning():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1.")


def test_the_description_is_served(client, description):
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1.")
    assert served["paths"].keys() == description["paths"].keys()


def test_the_description_names_every_place_and_every_parameter(description):
    paths = description["paths"]
    assert paths.keys() == {
        *(f"/api/v1/{place}/" for place in LISTED),
        *(f"/api/v1/{place}/facets/" for place in LISTED),
        *(f"/api/v1/{place}/{{id}}/" for place in WITH_KEY),
    }
    assert {tuple(methods) for methods in paths.values()} == {("get",)}
    for place, (_model, filterset) in LISTED.items():
        for path in (f"/api/v1/{place}/", f"/api/v1/{place}/facets/"):
            named = {each["name"] for each in paths[path]["get"]["parameters"]}
            assert named == set(filterset.base_filters)
            assert all(each["description"] for each in paths[path]["get"]["parameters"])


def test_the_description_names_every_column(description):
    for model, _filterset in LISTED.values():
        record = description["components"]["schemas"][f"{model.__name__}Record"]
        assert [*record["properties"]] == [*(column.name for column in COLUMNS[model]), "links"]


# Cases made from the description


@pytest.fixture
def open_connection():
    """The connection of the test, which outlives a request."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("place", LISTED)
def test_every_answer_is_as_described(open_connection, place):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    operations = [
        operation.ok()
        for operation in schema.get_all_operations()
        if operation.ok().path.startswith(f"/api/v1/{place}/")
    ]
    assert len(operations) == (2 if place in WITHOUT_KEY else 3)
    for operation in operations:
        cases = [operation.as_strategy(GenerationMode.POSITIVE)]
        if operation.query or operation.path_parameters:
            cases.append(operation.as_strategy(GenerationMode.NEGATIVE))

        @seed(1)
        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of(cases))
        def check(case):
            case.call_and_validate(
                checks=[
                    schemathesis.checks.not_a_server_error,
                    checks.status_code_conformance,
                    checks.content_type_conformance,
                    checks.response_headers_conformance,
                    checks.response_schema_conformance,
                ]
            )

        check()
