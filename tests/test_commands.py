"""Loading never overwrites unasked; staff accounts have a role and a good password."""

import sys
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from recommendations import fixtures
from recommendations.management.commands import create_staff
from recommendations.models import Passage, Recommendation, Theme

User = get_user_model()
PASSWORD = "cedar-lantern-47-river"


def run(command, *arguments):
    """Call a command and return what it prints."""
    out = StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def typed(monkeypatch):
    """A terminal on which these answers are typed."""

    def type_answers(*answers):
        remaining = iter(answers)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: next(remaining))
        monkeypatch.setattr(create_staff, "getpass", lambda question: next(remaining))

    return type_answers


@pytest.fixture
def unattended(monkeypatch):
    """No terminal."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)


@pytest.fixture
def groups(db):
    for name in create_staff.GROUPS.values():
        Group.objects.get_or_create(name=name)


# load_fixtures


def test_an_empty_database_is_filled_without_asking(empty_database, unattended):
    assert run("load_fixtures", "--if-empty") == "Loaded 239 rows.\n"
    assert Recommendation.objects.count() == 23


def test_edits_by_staff_survive_loading_if_empty(collection, unattended):
    Recommendation.objects.filter(reference="CSSR-B7-PR-3").update(text="Edited.", version=2)
    Theme.objects.create(slug="water", name_en="Water")
    before = fixtures.snapshot(fixtures.models())
    assert (
        run("load_fixtures", "--if-empty")
        == "The collection already has records: nothing loaded.\n"
    )
    assert fixtures.snapshot(fixtures.models()) == before


def test_one_row_of_any_table_is_not_an_empty_database(empty_database, unattended):
    Theme.objects.create(slug="water", name_en="Water")
    assert "nothing loaded" in run("load_fixtures", "--if-empty", "--yes")
    assert Theme.objects.count() == 1


def test_nothing_to_change_is_nothing_to_ask(collection, unattended):
    assert run("load_fixtures") == "0 new, 0 changed, 239 untouched, 0 added by staff and kept.\n"


def test_what_would_change_is_said_field_by_field(collection, unattended):
    Recommendation.objects.filter(reference="CSSR-B7-PR-4").update(text="Edited.", version=2)
    Recommendation.objects.get(reference="STJ-G23-2").delete()
    Theme.objects.create(slug="water", name_en="Water")
    assert run("load_fixtures", "--yes").splitlines() == [
        "new      recommendation STJ-G23-2",
        "new      themeassignment STJ-G23-2 return",
        "new      goalassignment STJ-G23-2 10.7",
        "new      recommendationlink CSSR-B7-PR-3 STJ-G23-2 related",
        "changed  recommendation CSSR-B7-PR-4",
        "           version: 2 -> 1",
        "           text: 'Edited.' -> 'Ensuring flexible access to civil documentation "
        "(identity, ownership, travel, etc.)'",
        "kept     1 of recommendations.theme that no fixture has",
        "4 new, 1 changed, 234 untouched, 1 added by staff and kept.",
        "Loaded 239 rows.",
    ]
    found = fixtures.differences()
    assert (found.new, found.changed) == ([], {})
    assert found.kept == [("recommendations.theme", ("water",))]


def test_changed_relations_are_said_too(collection):
    Recommendation.objects.get(reference="CSSR-B7-ALL-1").working_groups.clear()
    fields = fixtures.differences().changed["recommendations.recommendation", ("CSSR-B7-ALL-1",)]
    assert fields.keys() == {"working_groups"}
    assert fields["working_groups"][0] == []


def test_loading_asks(collection, typed):
    Theme.objects.filter(slug="aid").update(name_en="Edited")
    typed("no")
    with pytest.raises(CommandError, match=r"^Nothing loaded\.$"):
        run("load_fixtures")
    assert Theme.objects.get(slug="aid").name_en == "Edited"
    typed("yes")
    assert run("load_fixtures").endswith("Loaded 239 rows.\n")
    assert Theme.objects.get(slug="aid").name_en == "Aid and donor practice"


def test_loading_without_a_terminal_needs_a_yes(empty_database, unattended):
    with pytest.raises(CommandError, match="Give --yes to load all the same"):
        run("load_fixtures")
    assert fixtures.is_empty()


def test_a_record_in_the_way_stops_all_of_it(collection, unattended):
    Theme.objects.filter(slug="aid").update(name_en="Edited")
    Passage.objects.filter(locator="D1:L24").update(locator="D1:L23")
    with pytest.raises(CommandError, match="a record of staff stands in the way"):
        run("load_fixtures", "--yes")
    assert Theme.objects.get(slug="aid").name_en == "Edited"


# create_staff


@pytest.mark.parametrize(
    ("role", "group"), [("editor", "editors"), ("publisher", "publishers"), ("administrator", None)]
)
def test_an_account_is_created_in_its_role(groups, unattended, monkeypatch, role, group):
    monkeypatch.setenv("CSSR_STAFF_PASSWORD", PASSWORD)
    assert run("create_staff", "--username=rana", f"--role={role}") == f"Created rana, {role}.\n"
    user = authenticate(username="rana", password=PASSWORD)
    assert user.is_staff
    assert user.is_superuser == (role == "administrator")
    assert list(user.groups.values_list("name", flat=True)) == ([group] if group else [])


def test_what_is_typed_wrong_is_asked_again(groups, typed):
    User.objects.create_user("omar")
    typed(
        "",
        "omar",
        "rana",
        "king",
        "editor",
        "12345",
        "12345",
        PASSWORD,
        "other",
        PASSWORD,
        PASSWORD,
    )
    said = run("create_staff").splitlines()
    assert said[-1] == "Created rana, editor."
    assert said[:3] == [
        "This field cannot be blank.",
        "A user with that username already exists.",
        "Type one of editor, publisher, administrator.",
    ]
    assert "This password is too short" in said[3]
    assert said[4] == "The two passwords differ."
    assert authenticate(username="rana", password=PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        ([], PASSWORD, "give --username"),
        (["--username=rana"], PASSWORD, "give --role"),
        (["--username=rana", "--role=editor"], None, "give CSSR_STAFF_PASSWORD"),
        (
            ["--username=rana", "--role=editor"],
            "short",
            "CSSR_STAFF_PASSWORD: This password is too",
        ),
        (["--username=ra na", "--role=editor"], PASSWORD, "--username: Enter a valid username"),
        (["--username=omar", "--role=editor"], PASSWORD, "--username: A user with that username"),
        (["--username=rana", "--role=king"], PASSWORD, "invalid choice: 'king'"),
    ],
)
def test_an_unattended_run_says_what_is_wrong(
    groups, unattended, monkeypatch, arguments, password, message
):
    User.objects.create_user("omar")
    if password is None:
        monkeypatch.delenv("CSSR_STAFF_PASSWORD", raising=False)
    else:
        monkeypatch.setenv("CSSR_STAFF_PASSWORD", password)
    with pytest.raises(CommandError, match=message):
        run("create_staff", *arguments)
    assert list(User.objects.values_list("username", flat=True)) == ["omar"]


def test_a_missing_group_is_named(groups, unattended, monkeypatch):
    monkeypatch.setenv("CSSR_STAFF_PASSWORD", PASSWORD)
    Group.objects.filter(name="editors").delete()
    with pytest.raises(CommandError, match="the group “editors” is missing"):
        run("create_staff", "--username=rana", "--role=editor")
    assert not User.objects.exists()


def test_an_interrupted_run_creates_nothing(groups, typed, monkeypatch):
    typed()
    monkeypatch.setattr("builtins.input", lambda question: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(CommandError, match="Nothing created"):
        run("create_staff")
    assert not User.objects.exists()
