"""Every change is kept: who, when, why, from where; and any state comes back as a new version."""

from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from recommendations import fixtures
from recommendations.choices import Origin, State
from recommendations.models import (
    FollowUp,
    ImportRun,
    Instrument,
    Organisation,
    Recommendation,
    SearchDocument,
    Support,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from recommendations.models.base import NaturalKeyModel
from recommendations.models.history import is_history, recorded_as, related_then
from recommendations.versions import timeline, word_changes
from tests.pages import PREFIXES, Page
from tests.staff import MODELS, act, address, delete, opened, row, save, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(collection):
    return Recommendation.objects.get(reference="CSSR-B7-PR-3")


@pytest.fixture
def root(collection):
    return signed_in("root")


def rows(record):
    return list(record.history.order_by("history_id"))


def versions():
    return {model: model.history.count() for model in fixtures.models()}


# What is recorded


def test_every_record_of_the_fixtures_begins_with_one_version_by_a_command(collection):
    for model in fixtures.models():
        assert issubclass(model, NaturalKeyModel)
        found = model.history.values_list("history_type", "origin", "history_change_reason")
        assert set(found) == {("+", Origin.COMMAND, "Loaded from the fixtures")}, model
        assert len(found) == model.objects.count(), model


def test_loading_again_adds_no_version(collection):
    before = versions()
    fixtures.load()
    assert versions() == before


def test_loading_over_an_edited_record_adds_one(record):
    before = versions()
    Recommendation.objects.filter(pk=record.pk).update(text="Edited")
    record.working_groups.clear()
    fixtures.load()
    after = versions()
    assert {model for model in after if after[model] != before[model]} == {Recommendation}
    assert rows(record)[-1].text == record.text
    assert rows(record)[-1].working_groups.count() == 1


def test_a_form_is_one_version_with_who_why_and_from_where(root, record):
    theme = Theme.objects.exclude(recommendations=record).first()
    groups = [str(group.pk) for group in WorkingGroup.objects.all()[:2]]
    data = row(opened(root, record), "theme_assignments", theme=theme.pk, position="9")
    changes = {"kind": "cross-cutting", "number": "", "working_groups": groups}
    assert save(root, record, data, change_reason="Said for two", **changes).status_code == 302
    first, last = rows(record)
    assignment = theme.assignments.get(recommendation=record).history.get()
    assert (last.version, last.kind, last.working_groups.count()) == (2, "cross-cutting", 2)
    assert (last.history_user.username, last.origin) == ("root", Origin.FORM)
    assert last.history_change_reason == assignment.history_change_reason == "Said for two"
    assert (last.change, last.history_date) == (assignment.change, assignment.history_date)
    assert first.change != last.change


def test_a_write_past_the_forms_is_a_version_by_a_command(record):
    record.delivered_by = "Somebody"
    record.save()
    last = rows(record)[-1]
    assert (last.origin, last.history_user, last.delivered_by) == (
        Origin.COMMAND,
        None,
        "Somebody",
    )


def test_many_saves_within_one_change_are_one_version(record):
    with recorded_as(Origin.IMPORT, "From a list"):
        for name in ("One", "Two"):
            record.delivered_by = name
            record.save()
        record.working_groups.clear()
    last = rows(record)[-1]
    assert len(rows(record)) == 2
    assert (last.delivered_by, last.origin, last.history_change_reason) == (
        "Two",
        Origin.IMPORT,
        "From a list",
    )
    assert last.working_groups.count() == 0


def test_relations_are_recorded_with_the_record_that_has_them(record):
    group = WorkingGroup.objects.exclude(recommendations=record).first()
    group.recommendations.add(record)
    assert rows(record)[-1].working_groups.count() == 2
    group.recommendations.clear()
    assert rows(record)[-1].working_groups.count() == 1
    assert group.history.count() == 1


def test_what_was_never_recorded_is_kept_before_its_first_change(collection):
    Theme.objects.bulk_create([Theme(slug="water", name_en="Water")])
    theme = Theme.objects.get(slug="water")
    theme.name_en = "Water and sanitation"
    theme.save()
    assert [each.name_en for each in rows(theme)] == ["Water", "Water and sanitation"]


def test_what_was_never_recorded_comes_before_the_change_that_records_it(collection):
    theme, record = Theme.objects.first(), Recommendation.objects.first()
    ThemeAssignment.objects.filter(recommendation=record, theme=theme).delete()
    ThemeAssignment.objects.bulk_create(
        [ThemeAssignment(recommendation=record, theme=theme, position=8)]
    )
    assignment = ThemeAssignment.objects.get(recommendation=record, theme=theme)
    with recorded_as(Origin.FORM):
        assignment.position = 9
        assignment.save()
    assert [each.position for each in assignment.history.order_by("history_date")] == [8, 9]


# What is no change


def test_saving_what_is_stored_makes_no_version(collection):
    before = versions()
    for model in fixtures.models():
        for record in model.objects.all():
            record.save()
    assert versions() == before


def test_giving_a_record_the_relations_that_it_has_makes_no_version(collection):
    before = versions()
    for model in fixtures.models():
        for field in model.history.model._history_m2m_fields:
            for record in model.objects.all():
                relation = getattr(record, field.name)
                relation.set(relation.all())
                relation.add(*relation.all())
    assert versions() == before


def test_loading_after_a_save_that_changed_nothing_adds_no_version(record):
    record.save()
    before = versions()
    fixtures.load()
    assert versions() == before


def test_a_form_that_is_saved_as_it_was_opened_makes_no_version(root):
    before, entries = versions(), LogEntry.objects.count()
    for model in MODELS:
        record = model.objects.first()
        assert save(root, record, opened(root, record)).status_code == 302, model
        after = model.objects.get(pk=record.pk)
        assert getattr(after, "version", 1) == 1, model
        assert getattr(after, "updated_at", 0) == getattr(record, "updated_at", 0), model
    assert (versions(), LogEntry.objects.count()) == (before, entries)


def test_a_state_that_is_the_newest_already_is_not_restored(root, record):
    for name in ("Somebody", record.delivered_by):
        record.delivered_by = name
        record.save()
    before = versions()
    response = restore(root, record, rows(record)[0])
    assert "It says the same as the newest version." in response.content.decode()
    assert versions() == before
    assert Recommendation.objects.get(pk=record.pk).version == 1


# Every way of writing


def newest(record):
    """Who, why and from where the last version of a record is, and how many it has."""
    row = record.history.first()
    who = row.history_user.get_username() if row.history_user else None
    return who, row.history_change_reason, row.origin, record.history.count()


def test_every_way_of_writing_says_who_why_and_from_where(record, tmp_path):
    rana, sami = signed_in("rana", "publishers"), signed_in("sami", "publishers")
    root = signed_in("root")

    data = opened(rana, record)
    position = int(data["theme_assignments-0-position"][0]) + 5
    changes = {"delivered_by": "One", "theme_assignments-0-position": position}
    save(rana, record, data, **changes)
    assignment = ThemeAssignment.objects.get(pk=data["theme_assignments-0-id"][0])
    assert newest(record) == ("rana", "Misread", "form", 2)
    assert newest(assignment) == ("rana", "Misread", "form", 2)
    assert record.history.first().history_date == assignment.history.first().history_date

    act(rana, "withdraw", record)
    assert newest(record) == ("rana", "Superseded", "form", 3)
    act(sami, "publish", record)
    assert newest(record) == ("sami", "", "form", 4)
    restore(sami, record, rows(record)[0])
    assert newest(record) == ("sami", "It was right", "form", 5)

    file = tmp_path / "rows.csv"
    file.write_text(f"reference,delivered_by\n{record.reference},Two\n")
    call_command("import_records", file, yes=True, user="rana", stdout=StringIO())
    assert newest(record) == ("rana", "Import of rows.csv", "import", 6)
    file.write_text(f"reference,delivered_by\n{record.reference},Three\n")
    call_command("import_records", file, yes=True, reason="Read again", stdout=StringIO())
    assert newest(record) == (None, "Read again", "import", 7)
    run = ImportRun.objects.order_by("pk").last()
    rana.post(reverse("admin:recommendations_importrun_undo", args=[run.pk]))
    assert newest(record) == ("rana", "Import of rows.csv taken back", "import", 8)

    call_command("load_fixtures", yes=True, stdout=StringIO())
    assert newest(record) == (None, "Loaded from the fixtures", "command", 9)
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "recommendations.recommendation", output=dump)
    Recommendation.objects.filter(pk=record.pk).update(delivered_by="Past all signals")
    call_command("loaddata", dump, verbosity=0)
    assert newest(record) == (None, "Loaded from the fixtures", "command", 9)
    record.refresh_from_db()
    record.delivered_by, record._change_reason = "In a shell", "Tried out"
    record.save()
    assert newest(record) == (None, "Tried out", "command", 10)

    key = record.pk
    delete(root, record)
    record.pk = key
    assert newest(record) == ("root", "Recorded twice", "form", 11)
    assert record.history.first().history_type == "-"
    assert newest(assignment)[:3] == ("root", "Recorded twice", "form")


def test_the_form_of_every_model_makes_one_version_of_its_record(root):
    names = ["delivered_by", "date_as_printed", "name_ar", "facts", "paragraph", "text"]
    for model in MODELS:
        record = model.objects.first()
        name = next(each for each in names if each in {field.name for field in model._meta.fields})
        extra = {"name_ar_origin": "draft"} if name == "name_ar" else {}
        data = opened(root, record, lang="ar")
        assert save(root, record, data, **{name: "كلمة"}, **extra).status_code == 302, model
        assert newest(record) == ("root", "Misread", "form", 2), model
        assert getattr(record.history.first(), name) == "كلمة", model


def test_history_makes_no_search_document_and_no_index_anew(collection):
    kinds = set(SearchDocument.objects.values_list("kind", flat=True))
    assert not {kind for kind in kinds if kind.startswith("historical")}
    assert is_history(Recommendation.history.model) and not is_history(Recommendation)


# As it was


def test_the_collection_of_a_moment_has_its_texts_and_its_relations(record):
    themes, group = {each.slug for each in record.themes.all()}, record.working_groups.get()
    text, moment = record.text, timezone.now()
    record.text = "Other words"
    record.save()
    record.working_groups.clear()
    record.theme_assignments.all().delete()
    group.name_en = "Renamed"
    group.save()
    Recommendation.objects.get(reference="STJ-G23-1").delete()

    found = {each.reference: each for each in Recommendation.objects.as_of(moment)}
    then = found["CSSR-B7-PR-3"]
    assert len(found) == 23
    assert then.text == text
    assert [each.name_en for each in related_then(then, "working_groups")] != ["Renamed"]
    assert [each.pk for each in related_then(then, "working_groups")] == [group.pk]
    assert {each.slug for each in related_then(then, "themes")} == themes
    assert [each.pk for each in related_then(then, "meeting")] == [record.meeting_id]
    now = Recommendation.objects.as_of(timezone.now())
    assert {each.reference: each.text for each in now} == dict(
        Recommendation.objects.values_list("reference", "text")
    )


def then(record, moment, name):
    """The relation of a record at a moment, told by the keys that people know."""
    found = related_then(type(record).history.as_of(moment).get(pk=record.pk), name)
    return [each.natural_key() for each in found]


def test_every_relation_of_every_record_is_as_it_is_now(collection):
    moment = timezone.now()
    asked = set()
    for model in fixtures.models():
        relations = [each for each in model._meta.get_fields() if each.is_relation]
        for each in relations:
            if not hasattr(each.related_model, "history") or each.name.endswith("+"):
                continue
            name = each.name if each.concrete else each.get_accessor_name()
            for record in model.objects.all():
                value = getattr(record, name)
                now = set(value.all()) if hasattr(value, "all") else {value} - {None}
                past = related_then(model.history.as_of(moment).get(pk=record.pk), each.name)
                assert set(past) == now, (record, each.name)
            asked.add((model._meta.model_name, each.name))
    assert {
        ("recommendation", "goal_assignments"),
        ("recommendation", "links_back"),
        ("recommendation", "follow_ups"),
        ("organisation", "recommendations"),
        ("instrument", "citations"),
        ("workinggroup", "meetings"),
        ("theme", "recommendations"),
        ("funder", "support"),
        ("meeting", "roles"),
    } <= asked


def test_three_moments_have_each_their_relations(root, record):
    """Edited by forms: goals, links, follow-up, instruments; roles, groups and support."""
    moments = [timezone.now()]
    instrument = Instrument.objects.exclude(recommendations=record).first()
    link, follow_up = (
        record.links.first(),
        FollowUp.objects.create(
            slug="answer",
            kind="response",
            organisation=Organisation.objects.first(),
            text="x",
            passage=record.passage,
        ),
    )
    theme = record.theme_assignments.first().theme
    own = Recommendation.objects.filter(organisation__isnull=False).first()
    body = Organisation.objects.exclude(pk=own.organisation_id).first()
    support, meeting = Support.objects.first(), record.meeting
    group = meeting.working_groups.first()
    asked = {
        "goals": (record, "goal_assignments"),
        "links": (record, "links"),
        "back": (link.other, "links_back"),
        "follow-up": (record, "follow_ups"),
        "followed": (follow_up, "recommendations"),
        "instruments": (record, "instruments"),
        "cited": (instrument, "recommendations"),
        "theme": (theme, "recommendations"),
        "own": (own.organisation, "recommendations"),
        "owned": (body, "recommendations"),
        "roles": (meeting, "roles"),
        "groups": (meeting, "working_groups"),
        "met": (group, "meetings"),
        "support": (support.funder, "support"),
    }

    def now():
        found = {}
        for key, (each, name) in asked.items():
            rows = getattr(type(each).objects.get(pk=each.pk), name).all()
            found[key] = sorted(row.natural_key() for row in rows)
        return found

    states = [now()]
    follow_up.recommendations.add(record)
    instruments = [str(each.pk) for each in [*record.instruments.all(), instrument]]
    data = opened(root, record) | {"links-0-DELETE": "on", "instruments": instruments}
    data |= {"theme_assignments-0-DELETE": "on", "goal_assignments-0-DELETE": "on"}
    assert save(root, record, data).status_code == 302
    data = opened(root, own) | {"organisation": str(body.pk)}
    assert save(root, own, data).status_code == 302
    moments.append(timezone.now())
    states.append(now())

    groups = [str(each.pk) for each in meeting.working_groups.exclude(pk=group.pk)]
    data = opened(root, meeting) | {"roles-0-DELETE": "on", "working_groups": groups}
    assert save(root, meeting, data).status_code == 302
    data = opened(root, support.funder) | {"support-0-DELETE": "on"}
    assert save(root, support.funder, data).status_code == 302
    follow_up.recommendations.clear()
    record.instruments.clear()
    moments.append(timezone.now())
    states.append(now())

    assert {key for key in asked if states[0][key] != states[1][key]} == {
        "goals", "links", "back", "follow-up", "followed", "instruments", "cited", "theme", "own",
        "owned",
    }  # fmt: skip
    assert {key for key in asked if states[1][key] != states[2][key]} == {
        "roles", "groups", "met", "support", "follow-up", "followed", "instruments", "cited",
    }  # fmt: skip
    for moment, state in zip(moments, states, strict=True):
        for key, (each, name) in asked.items():
            if key == "followed" and moment == moments[0]:
                continue  # recorded a little later
            assert sorted(then(each, moment, name)) == state[key], (key, moments.index(moment))


def test_the_collection_of_a_moment_leaves_out_what_was_not_public(record):
    record.move(State.WITHDRAWN, reason="Wrong")
    record.save()
    moment = timezone.now()
    record.move(State.PUBLISHED)
    record.save()
    assert Recommendation.objects.as_of(moment).filter(reference=record.reference).count() == 0
    assert Recommendation.objects.as_of(timezone.now()).count() == 23


# The staff pages


def test_the_page_of_versions_tells_each_difference(root, record):
    save(root, record, opened(root, record), delivered_by="عودة", change_reason="Read again")
    page = root.get(address(record, "history")).content.decode()
    assert '<del dir="auto">' in page and '<ins dir="auto">عودة</ins>' in page
    assert "Read again" in page and "root" in page and "Version 2" in page
    newest = timeline(Recommendation, record.pk)[0]
    assert [(each.label, each.new) for each in newest.differences] == [("Delivered by", "عودة")]


def test_a_row_that_changed_says_which_one_it_is(root, record):
    data = opened(root, record) | {"theme_assignments-0-position": "7"}
    assert save(root, record, data).status_code == 302
    assignment = record.theme_assignments.get(position=7)
    (told,) = timeline(Recommendation, record.pk, [(ThemeAssignment, "recommendation")])[
        0
    ].differences
    assert (told.old, told.new) == (
        f"Theme: {assignment.theme}, Position: 1",
        f"Theme: {assignment.theme}, Position: 7",
    )


def test_the_queries_of_the_page_do_not_grow_with_the_versions(
    root, record, django_assert_max_num_queries
):
    for number in range(30):
        record.delivered_by = str(number)
        record.meeting = None if number % 2 else record.meeting
        record.save()
    with django_assert_max_num_queries(40):
        root.get(address(record, "history"))


def restore(client, record, version, **data):
    path = f"{address(record, 'history')}{version.pk}/"
    assert client.get(path).status_code == 200
    return client.post(path, {"reason": "It was right"} | data)


def test_an_earlier_state_comes_back_as_a_new_version(root, record):
    first, groups = rows(record)[0], set(record.working_groups.all())
    save(root, record, opened(root, record), delivered_by="Wrong", change_reason="Mistake")
    record.working_groups.clear()
    assert restore(root, record, first).status_code == 302
    after = Recommendation.objects.get(pk=record.pk)
    assert (after.delivered_by, after.version, after.state) == (
        record.delivered_by,
        3,
        State.PUBLISHED,
    )
    assert set(after.working_groups.all()) == groups
    assert [each.version for each in rows(record)] == [1, 2, 2, 3]
    assert rows(record)[-1].history_change_reason == "It was right"


def test_restoring_needs_a_reason_and_the_right(root, record):
    first = rows(record)[0]
    save(root, record, opened(root, record), delivered_by="Wrong")
    assert restore(root, record, first, reason="").status_code == 200
    path = f"{address(record, 'history')}{first.pk}/"
    assert signed_in("editor", "editors").post(path, {"reason": "x"}).status_code == 403
    record.refresh_from_db()
    assert (record.delivered_by, record.version) == ("Wrong", 2)


def test_a_deleted_record_keeps_its_history_and_comes_back_as_a_draft(root, record):
    first, groups = rows(record)[0], set(record.working_groups.all())
    themes, links = set(record.themes.all()), record.links.count()
    facts = set(record.follow_ups.all())
    assert len(facts) == 2
    delete(root, record)
    page = root.get(f"{address(Recommendation, 'changelist')}deleted/").content.decode()
    assert record.reference in page
    assert "This record is deleted" in root.get(address(record, "history")).content.decode()
    assert restore(root, record, first).status_code == 302
    after = Recommendation.objects.get(pk=record.pk)
    assert (after.text, after.state, after.version) == (record.text, State.DRAFT, 2)
    assert set(after.working_groups.all()) == groups
    assert (set(after.themes.all()), after.links.count()) == (themes, links)
    assert set(after.follow_ups.all()) == facts


def test_deleting_asks_why(root, record):
    page = root.get(address(record, "delete")).content.decode()
    assert 'name="reason"' in page
    for reason in ("", "  ", "x" * 301):
        assert delete(root, record, reason).status_code == 200
        assert Recommendation.objects.filter(pk=record.pk).exists()
    assert delete(root, record, "Recorded twice").status_code == 302
    last = Recommendation.history.filter(id=record.pk).first()
    assert (last.history_type, last.history_change_reason) == ("-", "Recorded twice")


def test_no_selection_is_deleted_without_a_reason(root, record):
    act(root, "delete_selected", record)
    data = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
    root.post(address(Recommendation, "changelist"), data)
    assert Recommendation.objects.filter(pk=record.pk).exists()


def test_a_state_that_breaks_a_rule_of_now_is_not_restored(root, record):
    first = rows(record)[0]
    Recommendation.objects.filter(pk=record.pk).update(reference="X-1")
    twin = Recommendation.objects.get(reference="CSSR-B7-PR-4")
    twin.reference = "CSSR-B7-PR-3"
    twin.save()
    record.refresh_from_db()
    response = restore(root, record, first)
    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_a_public_record_is_not_restored_to_what_could_not_be_published(root, record):
    words = record.text
    for text in ("Words that stand nowhere", words):
        record.text = text
        record.save()
    response = restore(root, record, rows(record)[1])
    assert "does not stand in its passage" in response.content.decode()
    assert Recommendation.objects.get(pk=record.pk).text == words


# The public pages


def corrected(root, record, text="Ensuring return", reason="A word was missing"):
    changes = {"text": text, "difference_reason": "Misprint", "change_reason": reason}
    assert save(root, record, opened(root, record), **changes).status_code == 302


def test_the_first_version_says_that_its_text_is_unchanged(client, record):
    page = Page(client.get(record.get_absolute_url()))
    text = page.one("section", **{"aria-labelledby": "permanent"}).text
    day = record.history.get().history_date.date().isoformat()
    assert f"Version 1, recorded {day}. Text unchanged since it was first recorded." in text


def test_a_correction_is_told_with_its_reason_and_its_difference(client, root, record):
    corrected(root, record, record.text.replace("safe", "secure"))
    page = Page(client.get(record.get_absolute_url()))
    text = page.one("section", **{"aria-labelledby": "permanent"}).text
    day = timezone.now().date().isoformat()
    assert f"Version 2, changed {day}. Text corrected: A word was missing" in text
    assert [(each.tag, each.text) for each in page.all("del", "ins")] == [
        ("del", "safe"),
        ("ins", "secure"),
    ]


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_an_older_version_has_its_address(client, root, record, prefix):
    corrected(root, record)
    path = f"{prefix}/recommendations/CSSR-B7-PR-3/"
    response = client.get(f"{path}?v=1")
    page = Page(response)
    assert page.one("blockquote", **{"class": "quote"}).text == record.text
    assert page.one("p", role="note").text
    assert path in page.links
    assert client.get(f"{path}?v=2").status_code == 200
    for wrong in ("0", "3", "x", "", "01"):
        assert client.get(f"{path}?v={wrong}").status_code == 404, wrong


def test_words_that_left_and_came_are_marked():
    assert word_changes("a b c", "a d c e") == [
        ("", "a "),
        ("del", "b"),
        ("ins", "d"),
        ("", " c"),
        ("ins", " e"),
    ]


def test_a_user_that_is_deleted_leaves_the_versions(root, record):
    save(root, record, opened(root, record), delivered_by="Somebody")
    User.objects.get(username="root").delete()
    assert rows(record)[-1].delivered_by == "Somebody"
