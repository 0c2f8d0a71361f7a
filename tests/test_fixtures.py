"""The fixtures hold what the source documents print: no row more, no word changed."""

import json
from collections import Counter
from hashlib import sha256

import pytest
from django.core.management import call_command

from recommendations import fixtures
from recommendations.choices import Kind, State
from recommendations.models import (
    Citation,
    Conference,
    FollowUp,
    Funder,
    Goal,
    GoalAssignment,
    Instrument,
    Meeting,
    Organisation,
    OrganisationRole,
    Passage,
    Recommendation,
    RecommendationLink,
    Source,
    Support,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from recommendations.search import indexing

pytestmark = pytest.mark.usefixtures("collection")

SOURCES = {
    "D1": "d29e0f1f26fbae234add946487759860a908f4040bf831981cc95123d8c54c61",
    "D2": "f1db758a09d864961c5ffce2212d7de184fe7ce2c50dc2d60254049e57bfabce",
}
# Passage and SHA-256 of the text, as determined from the documents.
PUBLISHED = {
    "CSSR-B7-CS-1": ("D1:L53", "7d988735f88e605fed4b7dcd9ca088af3627704f663fcbe3a66df46773d0b3fc"),
    "CSSR-B7-CS-2": ("D1:L54", "5c1641a933163146c29861ff6576e65159c9f53a594d80e50421ada6dc13d5df"),
    "CSSR-B7-CS-3": ("D1:L55", "10fd057c1c7752df0c41f469f30d5e89a4b68b108bc3be535509ade730f322c5"),
    "CSSR-B7-CS-4": ("D1:L56", "60e0d0a2d0b9de92a23c01414567594e70cac9df8266c3bb2e491f61b9df9b01"),
    "CSSR-B7-CS-5": ("D1:L57", "177d2b72d1ea52f2bc562de97cb7aa8760da72f151408083aa29182b31b28457"),
    "CSSR-B7-EC-1": ("D1:L63", "3225eeed9f052406768f512a245d8933596dfe1309a4328f3880ee3d5be2e21c"),
    "CSSR-B7-EC-2": ("D1:L64", "284a0817bb1e1239449808e1a990f873d11feb6d41fe35b7fcb9c3b511187476"),
    "CSSR-B7-EC-3": ("D1:L65", "fe679abfe89f918e129171506bfe8031a723a520b06ab3bb474eebb6b3abfd1a"),
    "CSSR-B7-EC-4": ("D1:L66", "e1858ef0e0d9ad82576a427dfbffa10ad55da49e4abe702d2e8d81678fcdfc74"),
    "CSSR-B7-EC-5": ("D1:L67", "13f73702bf9e25416207291e37c1a791a319fc9d6871825b6b74a18504029ca8"),
    "CSSR-B7-EC-6": ("D1:L68", "a66ffdc5f14f3579994f3ec04df9cda1d2d97270f70c37a629ea2351c56958ec"),
    "CSSR-B7-PR-1": ("D1:L76", "b27138baee363cbbf7e6106e110730f88aac4cd8680611d3f0e0db30a29d077d"),
    "CSSR-B7-PR-2": ("D1:L77", "a869136e3dc3e37c0b1ab8e0adccd114817df290ad11a61b8f6308e43bf0964c"),
    "CSSR-B7-PR-3": ("D1:L78", "0df431c00659fe932d8e1b7c31fcf31e083e3c8a786b5d45108dc27c250d760a"),
    "CSSR-B7-PR-4": ("D1:L79", "d4d7a1f6e47df2eda5e651b2239f297f1bf7b26e33cb6237bffa02e504212819"),
    "CSSR-B7-PR-5": ("D1:L80", "f157b2db26e7ab2bedb71a4f40cc2cb46417a34d448830a055658c8bf29d6088"),
    "CSSR-B7-LG-1": ("D1:L86", "61e5a7194725611697e11c96c158e4706683e3213f63da921e34c55ef7a38fea"),
    "CSSR-B7-LG-2": ("D1:L87", "719b8921cbe3b58d76294bd680c1f13704695d592ae94eced718eb145c3a0ab0"),
    "CSSR-B7-LG-3": ("D1:L88", "2d39e0521fa3bd1cb85d62cf3476d64accf986466aaaafe6ac31f3fd2674865a"),
    "CSSR-B7-LG-4": ("D1:L89", "c0a94b60cfbdb2dc0c0fac6095bc06ffdb080fdf4b12780bc80cb44a58b8fca4"),
    "STJ-G23-1": ("D2:L22", "bf52bcffda47085e87bbe1287b01d613597522d968342d61aaef8eec85fbb724"),
    "STJ-G23-2": ("D2:L22", "8440ac8eb85969799a90a3d85f5e8683f48a27dd018524caf9bc200cb7e17cf3"),
}
ROWS = {
    Citation: 7,
    Conference: 1,
    FollowUp: 2,
    Funder: 4,
    Goal: 10,
    Instrument: 4,
    Meeting: 3,
    Organisation: 6,
    OrganisationRole: 12,
    Passage: 59,
    Recommendation: 23,
    RecommendationLink: 7,
    Source: 2,
    Support: 4,
    Theme: 16,
    WorkingGroup: 4,
}
THEMES = {
    "civic-space": 1,
    "citizenship": 1,
    "accountability": 2,
    "participation": 4,
    "education": 2,
    "economy": 5,
    "recovery": 4,
    "aid": 2,
    "food": 1,
    "safe-environment": 3,
    "detainees": 1,
    "return": 1,
    "documentation": 2,
    "decentralization": 4,
    "political-process": 1,
    "women-youth": 0,
}
GOALS = {1: 1, 2: 1, 4: 2, 5: 0, 8: 4, 9: 1, 10: 3, 11: 1, 16: 13, 17: 5}
RELATED = {
    ("CSSR-B7-CS-3", "CSSR-B7-EC-5", "accountability"),
    ("CSSR-B7-EC-3", "CSSR-B7-PR-5", "early recovery"),
    ("CSSR-B7-CS-4", "CSSR-B7-EC-4", "local communities"),
    ("CSSR-B7-CS-4", "CSSR-B7-LG-2", "local communities"),
    ("CSSR-B7-EC-4", "CSSR-B7-LG-2", "local communities"),
    ("CSSR-B7-PR-3", "STJ-G23-2", "refugees"),
    ("CSSR-B7-CS-2", "CSSR-B7-CS-5", "education"),
}

numbered = Recommendation.objects.filter(kind=Kind.NUMBERED)


@pytest.mark.parametrize(
    ("model", "count"), ROWS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_every_row_of_the_data_sheet_is_there_and_no_other(model, count):
    assert model.objects.count() == count


def test_recommendations_are_counted_by_kind_and_group():
    kinds = Counter(Recommendation.objects.values_list("kind", flat=True))
    groups = Counter(numbered.values_list("working_groups__code", flat=True))
    assert kinds == {"numbered": 20, "cross-cutting": 1, "own": 2}
    assert groups == {"CS": 5, "EC": 6, "PR": 5, "LG": 4}


def test_the_cross_cutting_one_belongs_to_all_four_groups():
    recommendation = Recommendation.objects.get(kind=Kind.CROSS_CUTTING)
    assert recommendation.passage.locator == "D1:L91"
    assert recommendation.number is None
    assert recommendation.working_groups.count() == 4


def test_own_ones_are_those_of_stj_at_geneva():
    own = Recommendation.objects.filter(kind=Kind.OWN).values_list(
        "organisation__slug", "meeting__slug", "number", "delivered_by", "working_groups"
    )
    assert list(own) == [("stj", "geneva-2023-05", number, "", None) for number in (1, 2)]


def test_they_stand_in_the_order_of_delivery():
    references = list(Recommendation.objects.values_list("reference", flat=True))
    assert references == [*list(PUBLISHED)[:20], "CSSR-B7-ALL-1", "STJ-G23-1", "STJ-G23-2"]


@pytest.mark.parametrize("reference", PUBLISHED)
def test_a_text_is_the_published_one_and_stands_in_its_passage(reference):
    recommendation = Recommendation.objects.get(reference=reference)
    locator, published = PUBLISHED[reference]
    assert sha256(recommendation.text.encode()).hexdigest() == published
    assert recommendation.passage.locator == locator
    assert recommendation.is_verified
    assert recommendation.is_excerpt == (recommendation.kind == Kind.OWN)


def test_checksums_are_those_of_the_documents_and_of_every_text():
    sums = fixtures.checksums()
    assert sums["sources"] == SOURCES == dict(Source.objects.values_list("code", "sha256"))
    assert (
        sums["recommendations"].items() >= {key: sum for key, (_, sum) in PUBLISHED.items()}.items()
    )
    assert sums["recommendations"].keys() == set(
        Recommendation.objects.values_list("reference", flat=True)
    )
    assert sums["passages"].keys() == set(Passage.objects.values_list("locator", flat=True))


def test_passages_follow_the_lines_of_their_document():
    for source in Source.objects.all():
        lines = [int(passage.anchor[1:]) for passage in source.passages.order_by("position")]
        assert lines == sorted(lines)
    kinds = Counter(Passage.objects.values_list("source__code", "kind"))
    assert kinds == {
        ("D1", "subtitle"): 1,
        ("D1", "heading"): 4,
        ("D1", "paragraph"): 21,
        ("D1", "item"): 24,
        ("D2", "subtitle"): 1,
        ("D2", "paragraph"): 8,
    }
    assert (
        Passage.objects.exclude(paragraph="").values("source", "paragraph").distinct().count() == 30
    )


def test_numbered_items_carry_the_number_of_their_recommendation():
    assert all(item.passage.number == item.number for item in numbered.select_related("passage"))
    assert Passage.objects.filter(number__isnull=False).count() == 20


def test_themes_are_those_of_the_data_sheet():
    links = Counter(
        ThemeAssignment.objects.filter(recommendation__kind=Kind.NUMBERED).values_list(
            "theme__slug", flat=True
        )
    )
    assert links.total() == 34
    assert {slug: links[slug] for slug in Theme.objects.values_list("slug", flat=True)} == THEMES
    assert list(
        Recommendation.objects.get(reference="CSSR-B7-ALL-1").themes.values_list("slug")
    ) == [("women-youth",)]


def test_goals_are_those_of_the_data_sheet():
    pairs = GoalAssignment.objects.filter(recommendation__kind=Kind.NUMBERED)
    goals = Counter(goal for goal, _ in set(pairs.values_list("goal__number", "recommendation")))
    assert {
        number: goals[number] for number in Goal.objects.values_list("number", flat=True)
    } == GOALS


def test_related_pairs_are_those_of_the_data_sheet():
    links = RecommendationLink.objects.values_list(
        "recommendation__reference", "other__reference", "shared_words", "kind"
    )
    assert set(links) == {(*pair, "related") for pair in RELATED}


def test_addressee_and_instrument_are_recorded_only_where_the_text_names_them():
    addressees = Recommendation.objects.filter(addressees__isnull=False)
    instruments = Recommendation.objects.filter(instruments__isnull=False)
    assert set(addressees.values_list("reference", "addressees__slug")) == {
        ("CSSR-B7-EC-4", "external-actors-and-donors"),
        ("CSSR-B7-LG-3", "ose-syria"),
    }
    assert set(instruments.values_list("reference", "instruments__slug")) == {
        ("CSSR-B7-EC-5", "sdgs"),
        ("CSSR-B7-EC-6", "development-convergence-centers"),
        ("CSSR-B7-LG-1", "decree-107"),
    }


def test_dates_are_no_finer_than_the_sources():
    dated = [*Conference.objects.all(), *Meeting.objects.all(), *Source.objects.all()]
    assert {row.slug: (row.date_iso, row.date_qualifier) for row in dated} == {
        "brussels-2023": ("2023", ""),
        "brussels-2023-ministerial-meeting": ("2023", ""),
        "brussels-2023-dialogue-day": ("2023", ""),
        "geneva-2023-05": ("2023-05", "early"),
        "stj-brussels-2023": ("2023-06", ""),
        "stj-geneva-2023": ("2023-05", ""),
    }


def test_what_the_sources_do_not_say_stays_empty():
    assert not Meeting.objects.get(slug="geneva-2023-05").conference
    assert set(Support.objects.values_list("organisation__slug", "amount", "since", "until")) == {
        ("cssr", "", None, None)
    }
    assert not Recommendation.objects.exclude(text_ar="").exists()
    assert set(Source.objects.values_list("url", flat=True)) == {""}


def test_stj_endorses_the_twenty_and_nothing_else_followed():
    for follow_up in FollowUp.objects.all():
        assert (follow_up.kind, follow_up.organisation.slug) == ("endorsement", "stj")
        assert set(follow_up.recommendations.all()) == set(numbered)


def test_arabic_names_say_where_they_come_from():
    origins = {
        model: Counter(model.objects.exclude(name_ar="").values_list("name_ar_origin", flat=True))
        for model in fixtures.models()
        if hasattr(model, "name_ar")
    }
    assert {model: count for model, count in origins.items() if count} == {
        WorkingGroup: {"draft": 2, "external": 2},
        Theme: {"draft": 16},
        Goal: {"draft": 10},
        Organisation: {"source": 1},
    }


def test_no_file_holds_a_database_id_or_a_contact():
    for name in fixtures.NAMES:
        text = (fixtures.FOLDER / f"{name}.json").read_text(encoding="utf-8")
        assert all(row.keys() == {"model", "fields"} for row in json.loads(text))
        assert "@" not in text


def test_every_record_is_published_in_its_first_version():
    rows = fixtures.snapshot(fixtures.models()).values()
    states = {(row["state"], row["version"], row["updated_at"]) for row in rows if "state" in row}
    assert states == {(State.PUBLISHED, 1, "2026-11-22T00:00:00Z")}


def test_loading_twice_changes_nothing():
    before = fixtures.snapshot(fixtures.models())
    fixtures.load()
    assert fixtures.snapshot(fixtures.models()) == before
    found = fixtures.differences()
    assert (found.new, found.changed, found.kept) == ([], {}, [])
    assert len(found.same) == len(before)


def test_the_database_survives_dump_and_load(tmp_path):
    before, file = fixtures.snapshot(fixtures.models()), tmp_path / "dump.json"
    natural = {"use_natural_primary_keys": True, "use_natural_foreign_keys": True}
    call_command("dumpdata", "recommendations", output=str(file), verbosity=0, **natural)
    wanted = {model._meta.label_lower for model in fixtures.models()}
    assert {row["model"] for row in json.loads(file.read_text())} <= wanted
    for model in reversed(fixtures.models()):
        model.objects.all().delete()
    assert fixtures.is_empty()
    call_command("loaddata", file, verbosity=0)
    assert fixtures.snapshot(fixtures.models()) == before
    assert fixtures.differences().same


def test_a_dump_with_primary_keys_brings_the_versions_back(tmp_path):
    recommendation = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    recommendation.delivered_by = "Somebody"
    recommendation.save()
    fields = ("history_id", "history_type", "reference", "delivered_by", "change")
    versions = list(Recommendation.history.order_by("history_id").values(*fields))
    file = tmp_path / "dump.json"
    call_command("dumpdata", "recommendations", output=str(file), verbosity=0)
    for model in reversed(fixtures.models()):
        model.objects.all().delete()
    for model in fixtures.models():
        model.history.all().delete()
    call_command("loaddata", file, verbosity=0)
    assert list(Recommendation.history.order_by("history_id").values(*fields)) == versions
    assert indexing.stale(Recommendation) == set()


@pytest.mark.parametrize("model", fixtures.models())
def test_no_two_rows_have_the_same_place_in_the_order(model):
    names = {name.lstrip("-") for name in model._meta.ordering}
    keys = [{"pk"}, *({field.name} for field in model._meta.fields if field.unique)]
    constraints = model._meta.total_unique_constraints
    keys += [set(each.fields) for each in constraints]
    assert [key for key in keys if key <= names] != []


def test_the_comparison_takes_the_same_queries_whatever_the_number_of_rows(
    django_assert_max_num_queries,
):
    with django_assert_max_num_queries(24):
        fixtures.differences()
