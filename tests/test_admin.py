"""The staff pages: every record can be found, read and edited, by those who may."""

import csv
import io
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.forms.models import InlineForeignKeyField, ModelChoiceField, model_to_dict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from recommendations import fixtures, models
from recommendations.choices import ImportState, State
from recommendations.columns import COLUMNS
from recommendations.importing import Plan
from recommendations.models.base import NaturalKeyModel
from tests.staff import MODELS, act, address, filled, messages, opened, row, save, signed_in

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "ar"]
each_language = pytest.mark.parametrize("lang", LANGUAGES)


@pytest.fixture
def root(collection):
    return signed_in("root")


@pytest.fixture
def draft(collection):
    """A recommendation that lacks nothing but its publication."""
    record = models.Recommendation.objects.get(reference="CSSR-B7-PR-3")
    models.Recommendation.objects.filter(pk=record.pk).update(state=State.DRAFT)
    record.refresh_from_db()
    return record


def state_of(record):
    return type(record).objects.values_list("state", flat=True).get(pk=record.pk)


# Pages


def test_every_model_has_a_page_or_rows_on_one(root):
    rows = {inline.model for page in pages() for inline in page.get_inline_instances(request())}
    kept_by_people = {
        model
        for model in apps.get_app_config("recommendations").get_models()
        if issubclass(model, NaturalKeyModel)
    }
    assert kept_by_people == rows.union(MODELS)


def pages():
    return [admin.site.get_model_admin(model) for model in MODELS]


def request(user=None):
    """A request of a superuser."""
    made = RequestFactory().get("/")
    made.user = user or User(is_superuser=True, is_staff=True, is_active=True)
    return made


@each_language
def test_every_page_answers(root, lang):
    for model in MODELS:
        record = model.objects.first()
        paths = [address(model, page, lang) for page in ["changelist", "add"]]
        paths += [address(record, page, lang) for page in ["change", "history", "delete"]]
        paths += [f"{paths[0]}?q=Syria", f"{paths[0]}?q=اللاجئين"]
        for path in paths:
            assert root.get(path).status_code == 200, path


def edited():
    """Every page and every inline on one."""
    for page in pages():
        yield from [page, *page.get_inline_instances(request())]


@each_language
def test_every_relation_that_can_grow_is_looked_up_as_one_types(root, lang):
    path = {"en": "/admin/autocomplete/", "ar": "/ar/admin/autocomplete/"}[lang]
    asked = set()
    for part in edited():
        for name in part.autocomplete_fields:
            model = part.model._meta.model_name
            if (model, name) not in asked:
                query = {"app_label": "recommendations", "model_name": model, "field_name": name}
                assert root.get(path, query | {"term": "a"}).status_code == 200, (model, name)
                asked.add((model, name))
    assert len(asked) > 25


def looked_up(client, model, field, term, lang="en"):
    """What a look-up answers, by the keys of the records."""
    path = {"en": "/admin/autocomplete/", "ar": "/ar/admin/autocomplete/"}[lang]
    names = {"model_name": model._meta.model_name, "field_name": field}
    response = client.get(path, {"app_label": "recommendations", "term": term} | names)
    return [int(each["id"]) for each in response.json()["results"]]


def folds(name):
    """Ways in which people type an Arabic name."""
    yield from [name, name[:-1], name.removeprefix("ال")]
    yield name.translate(str.maketrans("أإآةى", "اااهي"))
    yield name.translate(str.maketrans("اهي", "أةى")) if not name.startswith("ا") else name
    yield "ـ".join(name)
    yield "\u064e".join(name)


@each_language
def test_every_look_up_finds_by_both_names_by_code_and_by_slug(root, lang):
    """Also a draft, also while one is typing, however the letters of Arabic are written."""
    asked = set()
    for part in edited():
        for field in part.autocomplete_fields:
            target = part.model._meta.get_field(field).related_model
            record = target.objects.order_by("pk").first()
            if hasattr(record, "name_ar"):
                record.state, record.name_en, record.name_ar = "draft", "Œconomics Zürich", "المياه"
                record.name_ar_origin = "draft"
                record.save()
                terms = ["Œconomics", "zurich", "ZÜR", "œco", record.slug, record.slug[:4]]
                terms += folds("المياه")
            elif target is models.Passage:
                terms = [record.locator, record.locator.lower(), record.text[:30]]
            elif target is models.Source:
                terms = [record.code, record.title[:20], record.slug]
            else:
                record.text_ar, record.text_ar_origin = "إعادة بناء المدارس", "official"
                record.state = "draft"
                record.save()
                terms = [record.reference, record.reference.lower(), record.text[:30]]
                terms += folds("المدارس")
            for term in terms:
                found = looked_up(root, part.model, field, term, lang)
                assert record.pk in found, (part.model, field, term)
                assert looked_up(root, part.model, field, f"{term} xyzzy", lang) == [], term
            asked.add(target)
    assert len(asked) > 8


def test_a_list_of_staff_finds_what_a_look_up_finds(root, draft):
    for term in [draft.reference, "volunt return", "VOLUNTARY", draft.passage.locator]:
        page = root.get(address(models.Recommendation, "changelist"), {"q": term})
        assert [record.pk for record in page.context["cl"].result_list] == [draft.pk], term
        assert looked_up(root, models.RecommendationLink, "other", term) == [draft.pk], term


@pytest.mark.parametrize("term", ["—", "  ", "'", "((", '"', "x" * 500, "ء", "🙂", "1e5"])
def test_whatever_is_typed_is_looked_for(root, term):
    found = looked_up(root, models.RecommendationLink, "other", term)
    assert bool(found) == (not term.strip())


def test_no_form_lists_all_records_of_a_model(root):
    for part in edited():
        model = part.model
        form = part.get_formset(request()).form if hasattr(part, "get_formset") else None
        form = form or part.get_form(request(), None)
        for name, field in form.base_fields.items():
            if isinstance(field, ModelChoiceField) and type(field) is not InlineForeignKeyField:
                parent = getattr(part, "parent_model", None)
                assert name in part.autocomplete_fields or parent is field.queryset.model, (
                    model,
                    name,
                )


def test_pages_in_arabic_run_from_right_to_left(root):
    page = root.get("/ar/admin/recommendations/recommendation/").content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert 'href="/admin/recommendations/recommendation/"' in page  # the same page in English


def test_the_mark_and_the_other_language_are_on_every_page(root):
    for path in ["/admin/", "/admin/login/", "/admin/password_change/"]:
        client = Client() if "login" in path else root
        page = client.get(path).content.decode()
        assert 'class="logo"' in page, path
        assert f'href="/ar{path}"' in page, path


def test_pages_need_no_inline_script_or_style(root):
    for model in MODELS:
        record = model.objects.first()
        for path in [address(model, "changelist"), address(model, "add"), address(record)]:
            page = root.get(path).content.decode()
            assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))", page), path
            assert not re.search(r"<style|<[^>]+\s(style|on[a-z]+)=", page), path


def test_staff_pages_are_never_stored(root):
    for path in ["", "password_change/", "recommendations/recommendation/"]:
        assert "no-store" in root.get(f"/admin/{path}")["Cache-Control"], path


def test_filters_say_how_many_records_they_deliver(root):
    page = root.get("/admin/recommendations/recommendation/").content.decode()
    assert "Stands in its passage (23)" in page
    assert "Published (23)" in page


def test_lists_are_filtered_by_condition(root):
    models.Recommendation.objects.filter(reference="STJ-G23-1").update(text="Something else")
    expected = {
        "verification=verified": 22,
        "verification=differs": 1,
        "verification=no-passage": 0,
        "arabic=yes": 0,
        "arabic=no": 23,
    }
    for query, count in expected.items():
        response = root.get(f"/admin/recommendations/recommendation/?{query}")
        assert response.context["cl"].result_count == count, query


def test_no_value_in_an_address_breaks_a_list(root):
    path = "/admin/recommendations/recommendation/"
    for name in ["meeting__id__exact", "passage__source__id__exact", "p", "o", "themes__isnull"]:
        for value in ["99999999999999999999", "-1", "x", "1,2", "", "\ud800"]:
            response = root.get(path, {name: value.encode("utf-8", "replace")}, follow=True)
            assert response.status_code == 200, (name, value)
    for query in ["q=%00", "state__exact=%00"]:
        assert root.get(f"{path}?{query}").status_code == 400, query


def test_a_look_up_refuses_what_no_database_can_hold(root):
    query = "app_label=recommendations&model_name=recommendation&field_name=passage"
    assert root.get(f"/admin/autocomplete/?{query}&term=%00").status_code == 400


# Numbers of queries


def test_a_list_takes_the_same_queries_for_one_and_for_many_rows(root, monkeypatch):
    user = signed_in("somebody").session["_auth_user_id"]

    def queries(page, rows):
        monkeypatch.setattr(page, "list_per_page", rows)
        with CaptureQueriesContext(connection) as captured:
            response = root.get(address(page.model, "changelist"))
        assert len(response.context["cl"].result_list) == rows
        return len(captured)

    for page in pages():
        if page.model is not models.Goal:
            make_more(page.model, 30)
        LogEntry.objects.log_actions(user, page.model.objects.all(), CHANGE)
        many = 30 if page.model is not models.Goal else models.Goal.objects.count() - 1
        assert queries(page, 1) == queries(page, many), page


def grow(numbers, root):
    """More rows of every model that has a page, and more that hang on the first record of each."""
    first = {model: model.objects.order_by("pk").first() for model in MODELS}
    goal = models.Goal.objects.get(number=4)
    for n in numbers:
        twins = {model: _twin(first[model], n) for model in MODELS if model is not models.Goal}
        for these, those in [(first, twins), (twins, first)]:
            record, other = these[models.Recommendation], those[models.Recommendation]
            record.working_groups.add(those[models.WorkingGroup])
            record.addressees.add(those[models.Addressee])
            record.instruments.add(those[models.Instrument])
            record.theme_assignments.create(theme=those[models.Theme])
            record.links.create(other=other, reason_en="Grown")
            these[models.FollowUp].recommendations.add(other)
            organisation, passage = those[models.Organisation], those[models.Passage]
            rows = {"passage": passage, "role": "contributor"}
            for model in (models.Meeting, models.Source, models.Instrument):
                these[model].roles.create(organisation=organisation, **rows)
            organisation.roles.create(body=these[models.Organisation], **rows)
            these[models.Funder].support.create(organisation=organisation, passage=passage)
            these[models.Instrument].citations.create(passage=passage, words="Grown")
        twins[models.Recommendation].goal_assignments.create(code="4", goal=goal)
        plan = Plan("themes", language="en").as_json()
        run = {"place": "themes", "state": ImportState.APPLIED, "plan": plan}
        models.ImportRun.objects.create(created_by=root, **run)
        user = User.objects.create(username=f"x{n}")
        user.groups.add(Group.objects.create(name=f"x{n}"))
        for model in twins:
            first[model].save()
        LogEntry.objects.log_actions(root.pk, first.values(), CHANGE)


def test_no_page_takes_more_queries_for_more_rows(root, monkeypatch):
    """For every registered model; lists and look-ups have all their rows on one page."""
    user = User.objects.get(username="root")
    monkeypatch.setattr(AutocompleteJsonView, "paginate_by", 1000)
    grow(range(1), user)
    paths = [address(models.ImportRun, "changelist"), address(models.ImportRun, "add")]
    for model, page in admin.site._registry.items():
        monkeypatch.setattr(page, "list_per_page", 1000)
        paths += [address(model, "changelist"), address(model, "add")]
        record = model.objects.order_by("pk").first()
        names = ["change", "history", "delete"] if model is not models.ImportRun else ["change"]
        paths += [address(record, name) for name in names]
        if hasattr(model, "found_by"):
            paths.append(f"{address(model, 'changelist')}?q=x")
    for part in edited():
        for name in part.autocomplete_fields:
            label = f"app_label=recommendations&model_name={part.model._meta.model_name}"
            paths.append(f"/admin/autocomplete/?{label}&field_name={name}&term=x")

    def queries():
        counts = {}
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert root.get(path).status_code == 200, path
            counts[path] = len(captured)
        return counts

    queries()
    few = queries()
    grow(range(1, 31), user)
    many = queries()
    assert {path: (few[path], many[path]) for path in paths if many[path] != few[path]} == {}


def make_more(model, number):
    """Copies of a record, with rows of other models that hang on it."""
    record = model.objects.order_by("pk").first()
    passage = models.Passage.objects.first()
    for index in range(number):
        twin = _twin(record, index)
        if model is models.Recommendation:
            twin.working_groups.set(models.WorkingGroup.objects.all())
            theme = models.Theme.objects.first()
            models.ThemeAssignment.objects.create(recommendation=twin, theme=theme)
        if model is models.Organisation:
            twin.roles.create(role="issuer", passage=passage)
        if model is models.Funder:
            organisation = models.Organisation.objects.first()
            twin.support.create(organisation=organisation, passage=passage)
        if model is models.FollowUp:
            twin.recommendations.set(models.Recommendation.objects.all())


def _twin(record, index):
    twin = type(record).objects.get(pk=record.pk)
    twin.pk, twin.id, twin._state.adding = None, None, True
    for field in twin._meta.fields:
        if (field.unique and not field.primary_key) or field.name == "position":
            is_number = "Integer" in field.get_internal_type()
            setattr(twin, field.name, 10_000 + index if is_number else f"X{index}")
    twin.save()
    return twin


# Who may do what


def test_both_groups_come_with_the_migrations():
    rights = {
        name: set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
        for name in ["editors", "publishers"]
    }
    assert rights["publishers"] - rights["editors"] == {"publish"}
    assert {"add_passage", "change_source", "view_goal"} <= rights["editors"]
    kept = {"recommendation", "source", "passage", "organisation", "theme"}
    assert not {f"delete_{name}" for name in kept} & rights["publishers"]
    assert not {
        name for name in rights["publishers"] if re.search("dataversion|searchdoc|user", name)
    }


def test_a_right_that_an_administrator_gave_survives_the_next_migrations():
    editors = Group.objects.get(name="editors")
    extra = editors.permissions.model.objects.get(codename="view_logentry")
    editors.permissions.add(extra)
    call_command("migrate", verbosity=0)
    assert extra in editors.permissions.all()


def test_editors_see_add_and_change_everything_and_delete_no_record(editor):
    for model in MODELS:
        record = model.objects.first()
        for path in [address(model, "changelist"), address(model, "add"), address(record)]:
            page = editor.get(path)
            assert page.status_code == 200, path
            assert "delete_selected" not in page.content.decode(), path
        path = address(record, "delete")
        assert editor.get(path).status_code == 403, path
        assert editor.post(path, {"post": "yes"}).status_code == 403, path


def test_editors_and_publishers_hold_no_rights_over_users(editor, publisher):
    for path in ["auth/user/", "auth/group/", "auth/user/add/"]:
        assert editor.get(f"/admin/{path}").status_code == 403, path
        assert publisher.get(f"/admin/{path}").status_code == 403, path


def test_editors_cannot_publish_or_withdraw_by_the_form(editor, draft):
    form = editor.get(address(draft)).context["adminform"].form
    assert [value for value, _label in form.fields["state"].choices] == ["draft", "in-review"]
    for state in [State.PUBLISHED, State.WITHDRAWN]:
        response = save(editor, draft, opened(editor, draft), state=state)
        assert response.context["adminform"].form.has_error("state")
        assert state_of(draft) == State.DRAFT


def test_editors_cannot_add_a_published_record(editor):
    data = filled(editor.get(address(models.Theme, "add")), models.Theme)
    data |= {"name_en": "New", "slug": "new", "state": "published"}
    response = editor.post(address(models.Theme, "add"), data)
    assert response.context["adminform"].form.has_error("state")
    assert not models.Theme.objects.filter(slug="new").exists()


def test_editors_cannot_take_back_what_is_published(editor):
    for model in MODELS:
        if hasattr(model, "state"):
            record = model.objects.filter(state=State.PUBLISHED).first()
            data = opened(editor, record)
            assert "state" not in data
            assert save(editor, record, data, state="draft").status_code == 302, model
            assert state_of(record) == State.PUBLISHED, model


def test_editors_cannot_change_the_words_that_were_published(editor, collection):
    record = models.Recommendation.objects.first()
    data = opened(editor, record)
    assert not {"text", "text_ar", "passage", "reference"} & data.keys()
    response = save(editor, record, data, text="Other words", delivered_by="A speaker")
    assert response.status_code == 302
    after = models.Recommendation.objects.get(pk=record.pk)
    assert (after.text, after.delivered_by) == (record.text, "A speaker")


@pytest.mark.parametrize("action", ["publish", "withdraw", "delete_selected"])
def test_editors_cannot_publish_or_withdraw_by_an_action(editor, draft, action):
    published = models.Recommendation.objects.exclude(pk=draft.pk).first()
    page = editor.get(address(models.Recommendation, "changelist")).content.decode()
    assert f'value="{action}"' not in page
    act(editor, action, draft, published)
    assert (state_of(draft), state_of(published)) == (State.DRAFT, State.PUBLISHED)


def test_editors_submit_drafts_for_review(editor, draft):
    published = models.Recommendation.objects.exclude(pk=draft.pk).first()
    said = messages(act(editor, "submit_for_review", draft, published))
    assert state_of(draft) == State.IN_REVIEW
    assert state_of(published) == State.PUBLISHED
    assert said[0] == "1 record is now in the state “In review”."
    assert published.reference in said[1] and "Published" in said[1]


def test_publishers_publish_and_withdraw_by_actions(publisher, draft):
    version = draft.version
    assert "“Published”" in messages(act(publisher, "publish", draft))[0]
    assert state_of(draft) == State.PUBLISHED
    assert "“Withdrawn”" in messages(act(publisher, "withdraw", draft))[0]
    assert state_of(draft) == State.WITHDRAWN
    draft.refresh_from_db()
    assert draft.version == version + 2
    entries = LogEntry.objects.filter(object_id=str(draft.pk))
    assert [entry.get_change_message() for entry in entries] == ["Changed publication state."] * 2


def test_publishers_publish_and_withdraw_by_the_form(publisher, draft):
    assert save(publisher, draft, opened(publisher, draft), state="published").status_code == 302
    assert state_of(draft) == State.PUBLISHED
    assert save(publisher, draft, opened(publisher, draft), state="withdrawn").status_code == 302
    assert state_of(draft) == State.WITHDRAWN


PROBLEMS = [
    ({"passage": None}, "Publishing needs the passage"),
    ({"meeting": None}, "Publishing needs the meeting"),
    ({"text": "Words that nobody published"}, "does not stand in its passage"),
]


@pytest.mark.parametrize(("change", "problem"), PROBLEMS)
def test_publishing_by_an_action_needs_its_proof(publisher, draft, change, problem):
    models.Recommendation.objects.filter(pk=draft.pk).update(**change)
    said = messages(act(publisher, "publish", draft))
    assert state_of(draft) == State.DRAFT
    assert said[0] == "0 records are now in the state “Published”."
    assert draft.reference in said[1] and problem in said[1]


@pytest.mark.parametrize(("change", "problem"), PROBLEMS)
def test_publishing_by_the_form_needs_its_proof(publisher, draft, change, problem):
    change = {name: value or "" for name, value in change.items()}
    response = save(publisher, draft, opened(publisher, draft), state="published", **change)
    assert problem in response.content.decode()
    assert state_of(draft) == State.DRAFT


def test_every_published_record_can_be_saved_as_it_is(publisher):
    for record in models.Recommendation.objects.all():
        before = model_to_dict(record)
        assert save(publisher, record, opened(publisher, record)).status_code == 302
        record.refresh_from_db()
        assert model_to_dict(record) == before


def test_saving_an_untouched_form_changes_no_byte(root):
    for model in MODELS:
        for record in model.objects.all()[:3]:
            before = model_to_dict(record)
            assert save(root, record, opened(root, record)).status_code == 302, record
            record.refresh_from_db()
            assert model_to_dict(record) == before


def test_many_refusals_are_counted(publisher):
    records = list(models.Recommendation.objects.all())
    said = messages(act(publisher, "publish", *records))
    assert len(said) == 12
    assert said[-1] == "Not changed: 13 more records."


# Files


def test_a_selection_is_downloaded_with_the_columns_of_the_public_file(editor, draft):
    other = models.Recommendation.objects.last()
    response = act(editor, "download", other, draft)
    assert response["Content-Type"].startswith("text/csv")
    text = response.getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == [column.name for column in COLUMNS[models.Recommendation]]
    assert [row["reference"] for row in rows] == [draft.reference, other.reference]
    assert rows[0]["url"] == f"http://testserver/recommendations/{draft.reference}/"


def test_every_listed_model_has_its_file(root):
    for model in MODELS:
        response = act(root, "download", *model.objects.all()[:3])
        assert ("text/csv" in response["Content-Type"]) == (model in COLUMNS), model


# Texts


def test_hidden_characters_are_refused_with_their_place(root, draft):
    data = opened(root, draft)
    for name in ["text", "delivered_by", "reference"]:
        for character in ["\u202e", "\u2066", "\u0007", "\ufffe"]:
            response = save(root, draft, data, **{name: f"ab{character}c"})
            page = response.content.decode()
            assert "Please delete these invisible characters" in page, (name, character)
            assert f"U+{ord(character):04X}" in page and "@ 3" in page, (name, character)
    assert model_to_dict(draft) == model_to_dict(models.Recommendation.objects.get(pk=draft.pk))


def test_marks_of_arabic_are_dropped_from_names_and_kept_in_texts(root, draft):
    data = opened(root, draft)
    arabic = "\u200fعودة\u200f آمنة"
    changes = {"text_ar": arabic, "text_ar_origin": "official", "delivered_by": arabic}
    assert save(root, draft, data, **changes).status_code == 302
    draft.refresh_from_db()
    assert (draft.text_ar, draft.delivered_by) == (arabic, "عودة آمنة")


def test_line_ends_of_a_browser_become_those_of_the_texts(root, collection):
    record = models.Organisation.objects.first()
    save(root, record, opened(root, record), other_names="one\r\ntwo")
    record.refresh_from_db()
    assert record.other_names == "one\ntwo"


def test_the_text_of_the_passage_stands_beside_the_text(root, draft):
    page = root.get(address(draft)).content.decode()
    assert '<blockquote class="quotation" lang="en" dir="auto">Ensuring the safe' in page
    assert "The text stands in its passage, character by character." in page


def test_the_form_follows_the_order_of_the_paper(root, draft):
    page = root.get(address(draft)).content.decode()
    order = ["id_passage", "id_text", "id_working_groups", "id_instruments"]
    order += ["id_theme_assignments-0-theme", "id_goal_assignments-0-code", "links-group"]
    places = [page.index(f'id="{name}"') for name in [*order, "id_text_ar", "id_state"]]
    assert places == sorted(places)


# Rules of recommendations


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"working_groups": []}, "needs the working group it stands under"),
        ({"kind": "cross-cutting"}, "needs two working groups or more"),
        ({"number": "1"}, "CSSR-B7-PR-1 already has this number"),
        ({"kind": "own"}, "Name the organisation for its own recommendation"),
    ],
)
def test_the_form_knows_the_rules_of_groups(root, draft, changes, problem):
    response = save(root, draft, opened(root, draft), **changes)
    assert problem in response.content.decode()


def test_a_goal_follows_from_its_code(root, draft):
    data = row(opened(root, draft), "goal_assignments", code="4.7", position="9")
    assert save(root, draft, data).status_code == 302
    assert draft.goal_assignments.get(code="4.7").goal.number == 4


@pytest.mark.parametrize(
    ("code", "problem"),
    [("4.99", "is no goal or target"), ("18", "is no goal or target"), ("3", "Record this goal")],
)
def test_a_goal_that_does_not_exist_is_refused(root, draft, code, problem):
    data = row(opened(root, draft), "goal_assignments", code=code, position="9")
    assert problem in save(root, draft, data).content.decode()


def test_a_long_source_is_edited_passage_by_passage(root, collection):
    source = models.Source.objects.first()
    models.Passage.objects.bulk_create(
        models.Passage(source=source, locator=f"X:{n}", position=n, kind="item", text="x")
        for n in range(1000, 1201)
    )
    page = root.get(address(source))
    assert "passages-TOTAL_FORMS" not in page.content.decode()
    assert f"source__id__exact={source.pk}" in page.content.decode()


def test_only_public_records_link_to_the_public_page(root, draft):
    published = models.Recommendation.objects.exclude(pk=draft.pk).first()
    assert f'href="{published.get_absolute_url()}"' in root.get(address(published)).content.decode()
    assert f'href="{draft.get_absolute_url()}"' not in root.get(address(draft)).content.decode()


# In a browser, under the site's Content-Security-Policy


def choose(page, place, words):
    """Type into a look-up and take the answer that has these words."""
    page.click(f"{place} .select2-selection")
    page.fill(".select2-container--open .select2-search__field", words)
    page.click(f".select2-results__option:has-text('{words}')")


@pytest.mark.django_db(transaction=True)
def test_a_recommendation_is_added_in_a_browser(live_server, page, transactional_db):
    fixtures.load()
    client = signed_in("root")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    problems = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.goto(f"{live_server.url}/ar/admin/recommendations/recommendation/add/")
    choose(page, ".field-passage", "D1:L78")
    choose(page, ".field-working_groups", "أولويات الحماية")
    page.fill("#id_text", "Ensuring the safe and voluntary return of IDPs")
    page.select_option("#id_kind", "numbered")
    page.fill("#id_number", "6")
    page.fill("#id_reference", "cssr-b7-pr-6")
    page.click("#theme_assignments-group .add-row a")
    choose(page, "#theme_assignments-0", "التعليم")
    page.click("[name=_save]")
    page.wait_for_url("**/recommendation/")
    record = models.Recommendation.objects.get(reference="CSSR-B7-PR-6")
    assert record.is_verified and record.state == State.DRAFT
    assert [theme.slug for theme in record.themes.all()] == ["education"]
    assert problems == []
