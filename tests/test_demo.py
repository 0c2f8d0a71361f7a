"""Synthetic records are marked, lawful, repeatable, and leave nothing behind."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from recommendations import demo, fixtures, integrity
from recommendations.choices import State
from recommendations.models import Meeting, Recommendation, ThemeAssignment, WorkingGroup
from recommendations.search import documents, parse, search
from recommendations.search.indexing import searchable_models

pytestmark = pytest.mark.django_db

ROWS = 300


def run(*arguments):
    """Call the command and return what it prints."""
    out = StringIO()
    call_command("make_demo_data", *arguments, stdout=out)
    return out.getvalue()


def held():
    """Every record and every search document, without keys and without times of writing."""
    records = {
        key: {name: value for name, value in fields.items() if name != "updated_at"}
        for key, fields in fixtures.snapshot(fixtures.models()).items()
    }
    words = {
        model: set(documents(model).values_list("own", "names", "words"))
        for model in searchable_models()
    }
    return records, words


def test_as_many_as_asked_for_are_published_behind_the_last(collection):
    last = Recommendation.objects.latest("position").position
    assert run("--rows", ROWS, "--seed", 1) == "Made 300 synthetic recommendations.\n"
    made = demo.synthetic(Recommendation).filter(state=State.PUBLISHED).order_by("position")
    references = [f"DEMO-{number:06}" for number in range(1, ROWS + 1)]
    assert list(made.values_list("reference", flat=True)) == references
    assert made.first().position == last + 1
    for model, (number, *_names) in demo.NAMED.items():
        assert demo.synthetic(model).filter(name_en__startswith="Synthetic ").count() == number
    assert WorkingGroup.objects.count() == 40
    assert 1.5 < ThemeAssignment.objects.filter(recommendation__in=made).count() / ROWS < 2.5
    assert 0.1 < made.exclude(text_ar="").count() / ROWS < 0.2
    assert 0.2 < search(made, parse(demo.FREQUENT)).count() / ROWS < 0.4


def test_each_record_says_that_it_is_synthetic(collection):
    before = {model: model._base_manager.count() for model in demo.PATHS}
    demo.make(ROWS, seed=1)
    for model, count in before.items():
        assert demo.synthetic(model).count() == model._base_manager.count() - count > 0, model
    texts = demo.synthetic(Recommendation).values_list("text", flat=True)
    assert all(text.startswith("Synthetic recommendation ") for text in texts)


def test_they_pass_every_check_of_the_data(collection):
    demo.make(ROWS, seed=1)
    assert [problem for result in integrity.results() for problem in result.problems] == []


def test_the_same_seed_makes_the_same_records(collection):
    found = []
    for seed in (1, 1, 2):
        demo.make(50, seed)
        found.append(held())
        demo.remove()
    assert found[0] == found[1] != found[2]


def test_a_database_without_records_is_filled_too(empty_database):
    demo.make(20, seed=1)
    assert Recommendation.objects.published().count() == 20


def test_removal_leaves_the_collection_as_it_was(collection):
    before = held()
    demo.make(ROWS, seed=1)
    assert run("--remove") == "Removed 300 synthetic recommendations.\n"
    assert held() == before


@pytest.mark.engine("postgresql")
def test_what_a_record_of_staff_leans_on_is_not_removed(collection):
    demo.make(20, seed=1)
    connection.check_constraints()  # the transaction of a test never ends, so none was checked yet
    Recommendation.objects.filter(reference="CSSR-B7-PR-1").update(
        meeting=Meeting.objects.get(slug="demo-meeting-001")
    )
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(CommandError, match="Nothing removed"):
        run("--remove")
    assert demo.synthetic(Recommendation).count() == 20


def test_they_are_made_once(collection):
    demo.make(20, seed=1)
    with pytest.raises(CommandError, match="already there"):
        run("--rows", 20)


@override_settings(PRODUCTION=True)
def test_production_refuses(collection):
    with pytest.raises(CommandError, match="production"):
        run("--rows", 20)
    assert Recommendation.objects.count() == 23
