"""What an index knows of its rows, and how long it remembers it."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from recommendations import facets
from recommendations.filters import RecommendationFilterSet
from recommendations.listing import Listing
from recommendations.models import Goal, GoalAssignment, Recommendation

pytestmark = pytest.mark.django_db


def listing(query):
    rows = Recommendation.objects.published()
    return Listing(RecommendationFilterSet(QueryDict(query), rows), "/recommendations/")


def statements(query):
    """The number of statements that a page of the list needs to find its keys."""
    with CaptureQueriesContext(connection) as queries:
        found = listing(query)
        found.page(lambda keys: dict.fromkeys(keys))
    return len(queries)


@pytest.mark.parametrize("query", ["q=support", "sort=newest", "q=support&sort=newest"])
def test_a_search_and_an_order_are_asked_once_until_the_data_change(collection, query):
    facets._indexes.clear()
    first = statements(query)
    assert statements(query) == statements(f"{query}&kind=numbered") == 1 < first
    Recommendation.objects.filter(reference="CSSR-B7-PR-3").update(number=3)
    assert statements(query) == first


def test_only_so_many_answers_are_kept(collection, monkeypatch):
    monkeypatch.setattr("recommendations.facets.MOST_ANSWERS", 2)
    found = [listing(f"q={word}").count for word in ("support", "return", "water", "support")]
    assert found[0] == found[3] == 21
    assert len(listing("").filterset.index._answers) <= 2


def test_a_value_that_only_drafts_have_is_not_known(collection):
    goal = Goal.objects.get(number=16)
    draft = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    GoalAssignment.objects.create(recommendation=draft, goal=goal, code="16.a")
    assert "16.a" in listing("").filterset.index.bitmaps["sdg"]
    Recommendation.objects.filter(pk=draft.pk).update(state="draft")
    assert "16.a" not in listing("").filterset.index.bitmaps["sdg"]


def test_pages_of_another_order_are_the_rows_of_the_query_in_turn(collection):
    every = listing("sort=newest&kind=numbered")
    expected = list(every.rows.values_list("pk", flat=True))
    found = [every.filterset.keys(every.selected, start, start + 7) for start in range(0, 28, 7)]
    assert [key for page in found for key in page] == expected
