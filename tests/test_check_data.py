"""Every kind of fault is found, named and told how to mend."""

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from recommendations import integrity
from recommendations.models import (
    Addressee,
    Citation,
    Conference,
    FollowUp,
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
    Theme,
    WorkingGroup,
)
from recommendations.search import indexing

pytestmark = pytest.mark.usefixtures("collection")


def problems() -> list[str]:
    return [problem for result in integrity.results() for problem in result.problems]


def changed(model, key, **values):
    """A fault that writes these values past every form and validator."""

    def plant():
        field = model.natural_key_fields[0]
        assert model.objects.filter(**{field: key}).update(**values)

    return plant


def related(reference, field, *slugs):
    """A fault that relates a recommendation to these rows and no other."""

    def plant():
        relation = getattr(Recommendation.objects.get(reference=reference), field)
        relation.set(relation.model.objects.filter(slug__in=slugs))

    return plant


FAULTS = {
    "a fixture row is deleted": (
        lambda: FollowUp.objects.get(slug="stj-endorsement-1").delete(),
        "followup stj-endorsement-1: it is missing; load_fixtures brings it back.",
    ),
    "the file of a source is another": (
        changed(Source, "stj-geneva-2023", sha256="0" * 64),
        "source stj-geneva-2023: SHA-256 000000000000… is not f1db758a09d8…",
    ),
    "a passage is corrected": (
        changed(Passage, "D1:L45", text="The groups held constructive discussions."),
        "passage D1:L45: SHA-256 ",
    ),
    "a recommendation is corrected": (
        changed(Recommendation, "CSSR-B7-PR-3", text="Ensuring safe return."),
        "recommendation CSSR-B7-PR-3: SHA-256 ",
    ),
    "a numbered text is only a part of its passage": (
        changed(Recommendation, "CSSR-B7-PR-3", text="Ensuring the safe and voluntary return"),
        "recommendation CSSR-B7-PR-3: copy the text again from passage D1:L78.",
    ),
    "an organisation's text does not stand in its passage": (
        changed(Recommendation, "STJ-G23-1", text="protecting all citizens"),
        "recommendation STJ-G23-1: copy the text again from passage D2:L22.",
    ),
    "a numbered one has no group": (
        related("CSSR-B7-PR-3", "working_groups"),
        "recommendation CSSR-B7-PR-3: A numbered recommendation needs the working group",
    ),
    "a cross-cutting one has one group": (
        related("CSSR-B7-ALL-1", "working_groups", "local-governance"),
        "recommendation CSSR-B7-ALL-1: A cross-cutting recommendation needs two working groups",
    ),
    "an organisation's own one has a group": (
        related("STJ-G23-1", "working_groups", "local-governance"),
        "recommendation STJ-G23-1: An organisation's own recommendation has no working group.",
    ),
    "a number is given twice in a group and meeting": (
        changed(Recommendation, "CSSR-B7-CS-2", number=1),
        "recommendation CSSR-B7-CS-2: CSSR-B7-CS-1 already has this number",
    ),
    "cited words do not stand in the passage": (
        changed(Citation, "sdgs", words="the SDGs"),
        "citation sdgs D1:L67: “the SDGs” does not stand in D1:L67; correct words or passage.",
    ),
    "the words of a follow-up do not stand in the passage": (
        changed(FollowUp, "stj-endorsement-2", text="STJ agrees."),
        "follow-up stj-endorsement-2: “STJ agrees.” does not stand in D1:L30;",
    ),
    "the words for a meeting do not stand in the passage": (
        changed(Meeting, "geneva-2023-05", words_in_source="a summit"),
        "meeting geneva-2023-05: “a summit” does not stand in D2:L24;",
    ),
    "the conference's title does not stand in the passage": (
        changed(Conference, "brussels-2023", title="Supporting Syria"),
        "conference brussels-2023: “Supporting Syria” does not stand in D1:L26;",
    ),
    "shared words stand in one text only": (
        changed(RecommendationLink, "CSSR-B7-PR-3", shared_words="voluntary return"),
        "link between recommendations CSSR-B7-PR-3 STJ-G23-2 related: “voluntary return” "
        "does not stand in STJ-G23-2;",
    ),
    "an addressee is not named in the text": (
        related("CSSR-B7-CS-1", "addressees", "ose-syria"),
        "recommendation CSSR-B7-CS-1: its text does not name “Office of the Special Envoy for",
    ),
    "an instrument is not cited in the passage": (
        related("CSSR-B7-CS-1", "instruments", "decree-107"),
        "recommendation CSSR-B7-CS-1: its passage does not cite “Local Administration Law,",
    ),
    "a published one has no passage": (
        changed(Recommendation, "CSSR-B7-CS-1", passage=None),
        "recommendation CSSR-B7-CS-1: it is published without a passage; add one or withdraw it.",
    ),
    "a published one has no meeting": (
        changed(Recommendation, "CSSR-B7-CS-1", meeting=None),
        "recommendation CSSR-B7-CS-1: it is published without a meeting; add one or withdraw it.",
    ),
    "the source is withdrawn": (
        changed(Source, "stj-geneva-2023", state="withdrawn"),
        "recommendation STJ-G23-1: source stj-geneva-2023 is not published;",
    ),
    "the meeting is a draft": (
        changed(Meeting, "geneva-2023-05", state="draft"),
        "recommendation STJ-G23-1: meeting geneva-2023-05 is not published;",
    ),
    "the conference is a draft": (
        changed(Conference, "brussels-2023", state="draft"),
        "meeting brussels-2023-dialogue-day: conference brussels-2023 is not published;",
    ),
    "the working group is in review": (
        changed(WorkingGroup, "local-governance", state="in-review"),
        "recommendation CSSR-B7-LG-1: working group local-governance is not published;",
    ),
    "the organisation is a draft": (
        changed(Organisation, "stj", state="draft"),
        "follow-up stj-endorsement-1: organisation stj is not published;",
    ),
    "the addressee is a draft": (
        changed(Addressee, "ose-syria", state="draft"),
        "recommendation CSSR-B7-LG-3: addressee ose-syria is not published;",
    ),
    "the instrument is a draft": (
        changed(Instrument, "sdgs", state="draft"),
        "recommendation CSSR-B7-EC-5: instrument sdgs is not published;",
    ),
    "a date is finer than its precision": (
        changed(Meeting, "geneva-2023-05", date=datetime.date(2023, 5, 14)),
        "meeting geneva-2023-05: date: With this precision, write the first day",
    ),
    "a role begins finer than its precision": (
        lambda: OrganisationRole.objects.filter(role="convenor").update(since="2016-01-05"),
        "organisation's role ose-syria convenor cssr: since: With this precision, write the first",
    ),
    "a target does not exist": (
        lambda: GoalAssignment.objects.filter(code="16.10").update(code="16.99"),
        "SDG link CSSR-B7-CS-1 16.99: code: “16.99” is no goal or target.",
    ),
    "a target belongs to another goal": (
        lambda: GoalAssignment.objects.filter(code="16.10").update(goal=Goal.objects.get(number=4)),
        "SDG link CSSR-B7-CS-1 16.10: goal: The code begins with another goal.",
    ),
    "a value is not in its vocabulary": (
        changed(Organisation, "noref", type="party"),
        "organisation noref: type: Value 'party' is not a valid choice.",
    ),
    "a text hides an override of direction": (
        changed(Source, "stj-geneva-2023", subtitle="\u202eabc"),
        "source stj-geneva-2023: subtitle: Please delete these invisible characters",
    ),
}


def test_the_fixtures_have_no_problem():
    results = {result.label: result.rows for result in integrity.results()}
    assert problems() == []
    assert results["Fixture rows are present"] == 239
    assert results["Recommendations stand in their passages"] == 23
    assert all(results.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    plant, line = FAULTS[fault]
    plant()
    assert [problem for problem in problems() if problem.startswith(line)]


def test_a_draft_may_lack_what_the_public_needs():
    Recommendation.objects.filter(reference="CSSR-B7-CS-1").update(
        state="draft", passage=None, meeting=None
    )
    indexing.rebuild()
    assert problems() == []


def test_a_record_of_staff_is_looked_at_like_any_other():
    Theme.objects.create(slug="water", name_en="")
    assert problems() == ["theme water: name_en: This field cannot be blank."]


def test_the_command_prints_a_table():
    out = StringIO()
    call_command("check_data", stdout=out)
    assert [line.rsplit(maxsplit=2) for line in out.getvalue().splitlines()][:2] == [
        ["check", "rows", "problems"],
        ["Fixture rows are present", "239", "0"],
    ]


def test_the_command_fails_on_a_problem():
    out = StringIO()
    Passage.objects.filter(locator="D1:L45").update(text="Other words.")
    with pytest.raises(CommandError, match=r"^Problems found: 3\. Each line above") as failure:
        call_command("check_data", stdout=out)
    assert failure.value.returncode == 1
    assert "- passage D1:L45: SHA-256 " in out.getvalue()
    assert "search document is outdated: run reindex." in out.getvalue()


def test_the_queries_do_not_grow_with_the_rows(django_assert_num_queries):
    with django_assert_num_queries(137):
        integrity.results()
    group = WorkingGroup.objects.get(code="CS")
    for number in range(6, 12):
        Recommendation.objects.create(
            reference=f"CSSR-B7-CS-{number}", kind="numbered", number=number, text="Words."
        ).working_groups.add(group)
    with django_assert_num_queries(137):
        integrity.results()
