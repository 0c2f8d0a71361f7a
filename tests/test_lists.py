"""A list, its count, its pages and its file are the same rows in the same order."""

import random

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from recommendations import facets, filters
from recommendations.listing import Listing
from recommendations.models import (
    Conference,
    Funder,
    Meeting,
    Organisation,
    Recommendation,
    Source,
    Theme,
    WorkingGroup,
)
from recommendations.views.listings import LISTS
from tests.lists import PLACES, from_csv, from_pages, keys_of

pytestmark = pytest.mark.django_db

WORDS = ("local", "the", "return", "Syria", "لاجئين", "donors", "civil society", "107")
VIEWS = {view.place: view for view in LISTS}


def listing(place, query=""):
    view = VIEWS[place]
    data = QueryDict(query)
    filterset = view.filterset_class(data, queryset=view.model.objects.published())
    return Listing(filterset, f"/{place}/")


def every_filter():
    """Every list with every name of its filters."""
    return [(place, name) for place in PLACES for name in VIEWS[place].filterset_class.base_filters]


def combinations(count, seed=7):
    """Reproducible querystrings of two to four filters of the recommendation list."""
    chance = random.Random(seed)
    index = listing("recommendations").filterset.index
    for _ in range(count):
        names = chance.sample([*index.terms, "q"], chance.randint(2, 4))
        query = QueryDict(mutable=True)
        for name in names:
            values = WORDS if name == "q" else [term.value for term in index.terms[name]]
            chosen = chance.sample(
                values, 1 if name == "q" else min(len(values), chance.randint(1, 3))
            )
            query.setlist(name, chosen)
        query["sort"] = chance.choice(["speech", "newest"])
        yield query.urlencode()


def same_everywhere(client, place, query):
    total, shown = from_pages(client, place, query)
    filed = keys_of(from_csv(client, place, query))
    assert len(shown) == total
    assert filed == shown
    return shown


@pytest.mark.parametrize("place", PLACES)
def test_each_list_shows_all_of_its_rows(client, collection, place):
    shown = same_everywhere(client, place, "")
    assert len(shown) == VIEWS[place].model.objects.published().count() > 0


@pytest.mark.parametrize(("place", "name"), every_filter())
def test_each_value_of_each_filter_gives_its_number_of_rows(client, collection, place, name):
    terms = listing(place).filterset.index.terms.get(name, ())
    facet = {facet.name: facet for facet in listing(place).facets}.get(name)
    for term in terms:
        shown = same_everywhere(client, place, f"{name}={term.value}")
        for value in [*facet.top, *facet.rest]:
            if value.value == term.value:
                assert value.count == len(shown), (place, name, term.value)


def test_two_hundred_combinations_of_filters(client, collection):
    numbers = [
        len(same_everywhere(client, "recommendations", query)) for query in combinations(200)
    ]
    assert len(numbers) == 200
    assert 0 < sum(1 for number in numbers if number) < 200


def test_a_facet_value_counts_the_rows_that_its_link_delivers(client, collection):
    for query in combinations(15, seed=3):
        for facet in listing("recommendations", query).facets:
            for value in facet.values:
                total, _rows = from_pages(client, "recommendations", value.link.partition("?")[2])
                assert value.count == total, (query, facet.name, value.value)


@pytest.mark.parametrize(
    ("query", "references"),
    [
        (
            "working_group=protection-priorities&kind=numbered",
            [f"CSSR-B7-PR-{n}" for n in range(1, 6)],
        ),
        ("kind=own", ["STJ-G23-1", "STJ-G23-2"]),
        ("organisation=stj", ["STJ-G23-1", "STJ-G23-2"]),
        ("kind=cross-cutting", ["CSSR-B7-ALL-1"]),
        ("addressee=ose-syria", ["CSSR-B7-LG-3"]),
        (
            "addressee=external-actors-and-donors&addressee=ose-syria",
            ["CSSR-B7-EC-4", "CSSR-B7-LG-3"],
        ),
        ("instrument=decree-107", ["CSSR-B7-LG-1"]),
        ("theme=return", ["CSSR-B7-PR-3", "STJ-G23-2"]),
        ("theme=women-youth", ["CSSR-B7-ALL-1"]),
        ("sdg=2", ["CSSR-B7-EC-6"]),
        ("sdg=16.7&working_group=local-governance", ["CSSR-B7-LG-1", "CSSR-B7-LG-3"]),
        ("source=stj-geneva-2023", ["STJ-G23-1", "STJ-G23-2"]),
        ("meeting=geneva-2023-05", ["STJ-G23-1", "STJ-G23-2"]),
        ("q=food+sovereignty", ["CSSR-B7-EC-6"]),
        ("theme=food&theme=detainees", ["CSSR-B7-EC-6", "CSSR-B7-PR-2"]),
        ("theme=food&working_group=protection-priorities", []),
    ],
)
def test_known_answers(client, collection, query, references):
    assert same_everywhere(client, "recommendations", query) == references


def test_not_named_in_the_text_is_21_of_23(client, collection):
    assert from_pages(client, "recommendations", "addressee=none")[0] == 21


@pytest.mark.parametrize(
    ("place", "query", "slugs"),
    [
        (
            "meetings",
            "working_group=protection-priorities&year=2023&conference=brussels-2023",
            ["brussels-2023-ministerial-meeting"],
        ),
        ("meetings", "organisation=stj", ["geneva-2023-05"]),
        ("working-groups", "meeting=geneva-2023-05", ["protection-priorities", "local-governance"]),
        ("working-groups", "theme=food", ["economy-recovery"]),
        ("organisations", "role=implementing-partner", ["noref", "swisspeace"]),
        ("organisations", "role=issuer", ["unsc"]),
        ("funders", "supports=cssr", ["switzerland", "norway", "european-union", "sweden"]),
        ("conferences", "year=2023", ["brussels-2023"]),
        ("sources", "q=Lebanon", ["stj-geneva-2023"]),
    ],
)
def test_known_answers_of_other_lists(client, collection, place, query, slugs):
    assert same_everywhere(client, place, query) == slugs


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("theme=econmy", ["econmy", "economy"]),
        ("them=economy", ["them", "theme"]),
        ("sdg=99", ["99"]),
        ("size=30", ["30", "20, 50, 100"]),
        ("sort=best", ["best", "speech, newest"]),
        ("sort=speech&sort=newest", ["sort"]),
        ("page=0", ["page"]),
        ("page=two", ["page"]),
        ("q=" + "x" * 201, ["200"]),
        ("working_group=1", ["1"]),
        ("state=draft", ["state"]),
        ("theme=food&theme=99999999999999999999", ["99999999999999999999"]),
    ],
)
def test_what_is_not_understood_is_named_and_answers_no_row(client, collection, query, words):
    page = client.get(f"/recommendations/?{query}")
    file = client.get(f"/recommendations.csv?{query}")
    assert (page.status_code, file.status_code) == (400, 400)
    assert file["Content-Type"] == "application/problem+json"
    for word in words:
        assert word in page.content.decode()
        assert word in file.content.decode()
    assert "data-key" not in page.content.decode()
    assert "data-total" not in page.content.decode()


def test_a_correction_leads_to_the_list_that_was_meant(collection):
    wrong = listing("recommendations", "them=food&working_group=economy-recovry&kind=numbered")
    links = [link for _problem, link in wrong.corrections]
    assert links == [
        "/recommendations/?working_group=economy-recovry&kind=numbered&theme=food",
        "/recommendations/?working_group=economy-recovery&kind=numbered",
    ]
    assert wrong.without_problems() == "/recommendations/?kind=numbered"


def test_tracking_names_are_ignored_on_pages(client, collection):
    assert from_pages(client, "recommendations", "utm_source=mail&fbclid=x&kind=own")[0] == 2


def test_empty_parameters_are_dropped_by_redirect(client, collection):
    response = client.get("/recommendations/?q=&theme=food&kind=")
    assert (response.status_code, response["Location"]) == (302, "/recommendations/?theme=food")


def test_beyond_the_last_page_is_a_404_that_offers_it(client, collection):
    response = client.get("/recommendations/?page=3")
    assert response.status_code == 404
    assert 'href="/recommendations/?page=2' in response.content.decode()


def test_pages_do_not_overlap_and_sizes_hold(client, collection):
    first = client.get("/recommendations/").content.decode()
    second = client.get("/recommendations/?page=2").content.decode()
    assert (first.count("data-key"), second.count("data-key")) == (20, 3)
    assert client.get("/recommendations/?size=50").content.decode().count("data-key") == 23


def test_a_file_has_all_rows_whatever_page_is_open(client, collection):
    assert len(from_csv(client, "recommendations", "page=2&size=20")) == 23


def test_links_that_change_the_selection_drop_the_page(collection):
    links = listing("recommendations", "page=2&theme=economy&size=50")
    assert links.active[0].link == "/recommendations/?size=50"
    assert links.sorts[1].link == "/recommendations/?theme=economy&sort=newest&size=50"
    assert links.selection == "?theme=economy"


def multiply(model, count):
    """Copies of one row with new natural keys, public like it."""
    for number in range(count):
        row = model.objects.published().order_by("-pk").first()
        many = {
            field.name: list(getattr(row, field.name).all())
            for field in model._meta.many_to_many
            if field.remote_field.through._meta.auto_created
        }
        row.pk = None
        for field, value in {
            "slug": f"copy-{number}",
            "reference": f"COPY-{number}",
            "code": f"C{number}",
            "position": 1000 + number,
            "number": 100 + number,
        }.items():
            if hasattr(row, field):
                setattr(row, field, value)
        row.save(force_insert=True)
        for name, values in many.items():
            getattr(row, name).set(values)


@pytest.mark.parametrize(
    "model",
    [Recommendation, Meeting, Conference, WorkingGroup, Organisation, Funder, Theme, Source],
)
def test_a_list_takes_the_same_queries_with_one_row_and_with_thirty(client, collection, model):
    place = next(view.place for view in LISTS if view.model is model)

    def queries():
        facets._indexes.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(f"/{place}/?size=50")
        assert response.status_code == 200
        return len(captured), response.content.decode().count("data-key")

    keep = model.objects.published().order_by("-pk").first()
    model.objects.exclude(pk=keep.pk).update(state="draft")
    few, one = queries()
    multiply(model, 29)
    many, thirty = queries()
    assert (one, thirty) == (1, 30)
    assert few == many <= 12


def test_a_draft_is_in_no_list_count_facet_or_file(client, collection):
    Recommendation.objects.filter(reference="CSSR-B7-EC-6").update(state="draft")
    Theme.objects.filter(slug="economy").update(state="withdrawn")
    total, shown = from_pages(client, "recommendations")
    assert total == 22
    assert "CSSR-B7-EC-6" not in shown
    assert client.get("/recommendations/?theme=economy").status_code == 400
    counts = {
        facet.name: {value.value: value.count for value in [*facet.top, *facet.rest]}
        for facet in listing("recommendations").facets
    }
    assert counts["theme"]["food"] == 0
    assert "economy" not in counts["theme"]
    rows = from_csv(client, "recommendations")
    assert len(rows) == 22
    assert not any("economy" in row["theme"].split("; ") for row in rows)


def test_an_index_follows_every_change_of_the_data(collection):
    def recorded():
        filterset = filters.RecommendationFilterSet(
            QueryDict(), queryset=Recommendation.objects.published()
        )
        return filterset.index.total

    assert recorded() == 23
    Recommendation.objects.filter(kind="own").update(state="draft")
    assert recorded() == 21
    Recommendation.objects.filter(kind="own").delete()
    assert recorded() == 21
    Recommendation.objects.bulk_create(
        [
            Recommendation(
                reference="X-1", kind="numbered", number=1, text="x", state="published", position=99
            )
        ]
    )
    assert recorded() == 22


def test_what_a_public_record_leans_on_is_not_named_while_it_is_a_draft(client, collection):
    secret = "Secretname"
    for model, slug in [
        (Meeting, "geneva-2023-05"),
        (Organisation, "stj"),
        (Organisation, "cssr"),
        (Conference, "brussels-2023"),
        (WorkingGroup, "economy-recovery"),
        (Theme, "economy"),
        (Source, "stj-geneva-2023"),
    ]:
        fields = {"title": secret} if model is Source else {"name_en": secret, "name_ar": ""}
        if "name_ar_origin" in {field.name for field in model._meta.fields}:
            fields["name_ar_origin"] = ""
        model.objects.filter(slug=slug).update(state="draft", **fields)
    Organisation.objects.filter(slug="stj").update(short_name=secret)
    addresses = ["/", *(f"/{place}/" for place in PLACES), "/recommendations/?page=2"]
    addresses += [f"/{place}.{suffix}" for place in PLACES for suffix in ("csv", "json", "atom")]
    addresses += [f"/api/v1/{place}/" for place in PLACES]
    for recommendation in Recommendation.objects.published():
        addresses.append(recommendation.get_absolute_url())
    for model in (Meeting, Conference, Organisation, Funder, Source, Theme, WorkingGroup):
        addresses += [record.get_absolute_url() for record in model.objects.published()]
    told = []
    for address in addresses:
        response = client.get(address)
        content = response.getvalue() if response.streaming else response.content
        if response.status_code != 200 or secret in content.decode():
            told.append((address, response.status_code))
    assert told == []
