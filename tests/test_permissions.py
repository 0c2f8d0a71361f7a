"""Who may do what: for each role, each model and each action, what is allowed and nothing else."""

from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from recommendations.choices import Origin, State
from recommendations.columns import COLUMNS
from recommendations.models import Addressee, Goal, ImportRun, Passage, Recommendation, Theme
from recommendations.models.base import PublishedModel
from recommendations.models.history import recorded_as
from tests.staff import MODELS, act, address, delete, opened, save, signed_in
from tests.test_importing import NEW, csv_file, started

pytestmark = pytest.mark.django_db

ROLES = ["anonymous", "staff", "editor", "publisher", "superuser"]
DONE, SHOWN, REFUSED, LOGIN, NOTHING = "done", "shown", "refused", "login", "nothing"

# The answer to each role, in the order above, by action; of pages first, then of what writes.
SEEN = [LOGIN, REFUSED, SHOWN, SHOWN, SHOWN]
EDITED = [LOGIN, REFUSED, DONE, DONE, DONE]
DECIDED = [LOGIN, REFUSED, NOTHING, DONE, DONE]
REVERTED = [LOGIN, REFUSED, REFUSED, DONE, DONE]
EVERY_RECORD = {
    "list": SEEN,
    "add form": SEEN,
    "view": SEEN,
    "history": SEEN,
    "deleted": SEEN,
    "delete form": [LOGIN, REFUSED, REFUSED, REFUSED, SHOWN],
    "autocomplete": SEEN,
    "add": EDITED,
    "change": EDITED,
    "delete": [LOGIN, REFUSED, REFUSED, REFUSED, DONE],
    "delete selected": [LOGIN, REFUSED, NOTHING, NOTHING, NOTHING],
    "restore": EDITED,
    "restore deleted": REVERTED,
}
RECORD_WITH_STATE = {
    "restore published": REVERTED,
    "restore withdrawn": REVERTED,
    "submit": EDITED,
    "publish": DECIDED,
    "withdraw": DECIDED,
    "publish by form": DECIDED,
    "withdraw by form": DECIDED,
}
RECOMMENDATION = {"add theme": EDITED, "add addressee": EDITED}
# The words of a public source are those of its passages.
PASSAGE = {"restore": REVERTED}
LISTED_RECORD = {"download": EDITED}
IMPORTS = {
    "list": SEEN,
    "upload form": SEEN,
    "view": SEEN,
    "upload": EDITED,
    "confirm": EDITED,
    "confirm another's": [LOGIN, REFUSED, REFUSED, REFUSED, REFUSED],
    "undo": EDITED,
    "undo another's": REVERTED,
    "delete": [LOGIN, REFUSED, REFUSED, REFUSED, REFUSED],
}


@pytest.fixture(params=ROLES)
def role(request, collection):
    return request.param


@pytest.fixture
def client(role):
    """A browser of somebody in this role."""
    client = Client()
    if role == "staff":
        client.force_login(User.objects.create_user(role, is_staff=True))
    elif role != "anonymous":
        client = signed_in(role, None if role == "superuser" else f"{role}s")
    return client


@pytest.fixture
def root(collection):
    """Who fills in the forms that the others send."""
    return signed_in("root")


def expected(role, actions):
    return {action: answers[ROLES.index(role)] for action, answers in actions.items()}


@contextmanager
def undone():
    """Whatever is written within is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answered(response):
    """Where a request was turned away."""
    if "/login/" in response.request["PATH_INFO"] + response.get("Location", ""):
        return LOGIN
    return REFUSED if response.status_code in (403, 404, 405) else None


def shown(client, path):
    response = client.get(path)
    return answered(response) or (SHOWN if response.status_code == 200 else NOTHING)


def written(model, attempt):
    """What an attempt came to: an effect is a version more."""
    before = model.history.count()
    response = attempt()
    is_done = model.history.count() > before
    turned_away = answered(response)
    assert not (turned_away and is_done), (model, response)
    return turned_away or (DONE if is_done else NOTHING)


def leaf(model, state=State.DRAFT):
    """A record that nothing leans on."""
    record = model.objects.order_by("pk").first()
    groups = list(record.working_groups.all()) if hasattr(record, "working_groups") else []
    facts = list(record.recommendations.all()) if model._meta.model_name == "followup" else []
    record.pk, record.id, record._state.adding = None, None, True
    unique = {"locator": "LEAF:L1", "reference": "LEAF-1", "code": "LF", "slug": "leaf"}
    numbers = {"position": 9000, "number": 900}
    for name, value in (unique | numbers).items():
        if hasattr(record, name):
            setattr(record, name, value)
    if model is Goal:
        record.number = next(
            number for number in range(1, 18) if not Goal.objects.filter(number=number).exists()
        )
    if isinstance(record, PublishedModel):
        record.state = state
    with recorded_as(Origin.COMMAND):
        record.save()
        if groups:
            record.working_groups.set(groups)
        if facts:
            record.recommendations.set(facts)
    return record


def edited(record):
    """The record with another word in one of its fields, past all forms; its first version."""
    first = record.history.last()
    name = _word(type(record))
    setattr(record, name, "other")
    if name == "name_ar":
        record.name_ar_origin = "draft"
    record.save()
    return first


def _word(model) -> str:
    names = ["delivered_by", "date_as_printed", "name_ar", "facts", "paragraph", "date_qualifier"]
    return next(each for each in names if each in {field.name for field in model._meta.fields})


def restore(client, record, row):
    return client.post(f"{address(record, 'history')}{row.pk}/", {"reason": "It was right"})


class Attempts:
    """Each action, tried by a client with a record of a model."""

    def __init__(self, client, root, model):
        self.client, self.root, self.model = client, root, model
        self.first = model.objects.order_by("pk").first()

    def tried(self, actions):
        found = {}
        for action in actions:
            with undone():
                found[action] = getattr(self, action.replace(" ", "_"))()
        return found

    def list(self):
        return shown(self.client, address(self.model, "changelist"))

    def add_form(self):
        return shown(self.client, address(self.model, "add"))

    def view(self):
        return shown(self.client, address(self.first))

    def history(self):
        return shown(self.client, address(self.first, "history"))

    def deleted(self):
        return shown(self.client, f"{address(self.model, 'changelist')}deleted/")

    def delete_form(self):
        return shown(self.client, address(leaf(self.model), "delete"))

    def autocomplete(self):
        """Whether some field of some page looks records of this model up."""
        for part, name in _lookups():
            if part.model._meta.get_field(name).related_model is self.model:
                options = {"app_label": "recommendations", "field_name": name, "term": "a"}
                options |= {"model_name": part.model._meta.model_name}
                return shown(self.client, reverse("admin:autocomplete", query=options))
        return shown(self.client, address(self.model, "changelist"))

    def add(self):
        record = leaf(self.model)
        data = opened(self.root, record)
        record.delete()
        return self._written(lambda: self.client.post(address(self.model, "add"), data))

    def change(self):
        record = leaf(self.model)
        name = _word(self.model)
        value = {"date_qualifier": "early"}.get(name, "other")
        data = self._form(record) | {name: value}
        if name == "name_ar":
            data["name_ar_origin"] = "draft"
        return self._written(lambda: save(self.client, record, data))

    def delete(self):
        record = leaf(self.model)
        return self._written(lambda: delete(self.client, record))

    def delete_selected(self):
        record = leaf(self.model)
        data = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        path = address(self.model, "changelist")
        return self._written(lambda: self.client.post(path, data))

    def restore(self, state=State.DRAFT):
        record = leaf(self.model, state)
        row = edited(record)
        return self._written(lambda: restore(self.client, record, row))

    def restore_published(self):
        return self.restore(State.PUBLISHED)

    def restore_withdrawn(self):
        return self.restore(State.WITHDRAWN)

    def restore_deleted(self):
        record = leaf(self.model)
        row, key = record.history.first(), record.pk
        record.delete()
        record.pk = key
        return self._written(lambda: restore(self.client, record, row))

    def submit(self):
        return self._acted("submit_for_review", State.DRAFT)

    def publish(self):
        return self._acted("publish", State.IN_REVIEW)

    def withdraw(self):
        return self._acted("withdraw", State.PUBLISHED)

    def add_theme(self):
        return self._added("add_theme", Theme)

    def add_addressee(self):
        return self._added("add_addressee", Addressee)

    def _added(self, action, model):
        record = leaf(self.model)
        data = {"action": action, "_selected_action": [record.pk], "confirmed": "yes"}
        data |= {"added": model.objects.first().pk, "change_reason": ""}
        path = address(self.model, "changelist")
        return self._written(lambda: self.client.post(path, data, follow=True))

    def publish_by_form(self):
        return self._moved(State.IN_REVIEW, State.PUBLISHED)

    def withdraw_by_form(self):
        return self._moved(State.PUBLISHED, State.WITHDRAWN)

    def download(self):
        response = act(self.client, "download", self.first)
        is_file = response.headers["Content-Type"].startswith("text/csv")
        return answered(response) or (DONE if is_file else NOTHING)

    def _acted(self, action, state):
        record = leaf(self.model, state)
        return self._written(lambda: act(self.client, action, record))

    def _moved(self, state, target):
        record = leaf(self.model, state)
        data = self._form(record) | {"state": target}
        return self._written(lambda: save(self.client, record, data))

    def _form(self, record):
        """What they may fill in; for those who are shown no form, what an administrator may."""
        is_shown = shown(self.client, address(record)) == SHOWN
        return opened(self.client if is_shown else self.root, record)

    def _written(self, attempt):
        return written(self.model, attempt)


def _lookups():
    for page in (admin.site.get_model_admin(model) for model in MODELS):
        yield from ((page, name) for name in page.autocomplete_fields)


def test_the_groups_hold_their_rights_and_no_other(db):
    rows = {
        "citation",
        "goalassignment",
        "organisationrole",
        "recommendationlink",
        "support",
        "themeassignment",
    }
    models = {model._meta.model_name for model in MODELS} | rows
    editing = {f"{action}_{name}" for action in ("view", "add", "change") for name in models}
    editing |= {f"delete_{name}" for name in rows}
    held = {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.all()
    }
    assert held == {"editors": editing, "publishers": editing | {"publish"}}


def test_every_page_and_every_action_of_the_staff_pages_is_in_a_table():
    ours = {model for model in admin.site._registry if model._meta.app_label == "recommendations"}
    assert ours == {*MODELS, ImportRun}
    offered = {name for model in MODELS for name in admin.site.get_model_admin(model).actions}
    deciding = {"submit_for_review", "publish", "withdraw"}
    assert offered == {*deciding, "add_theme", "add_addressee", "download"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_each_role_does_with_each_record_what_is_allowed_and_nothing_else(
    role, client, root, model
):
    actions = EVERY_RECORD | (RECORD_WITH_STATE if issubclass(model, PublishedModel) else {})
    actions |= LISTED_RECORD if model in COLUMNS else {}
    actions |= PASSAGE if model is Passage else {}
    actions |= RECOMMENDATION if model is Recommendation else {}
    assert Attempts(client, root, model).tried(actions) == expected(role, actions)


def test_each_role_imports_what_is_allowed_and_nothing_else(role, client, root):
    person = User.objects.filter(username=role).first()
    other = User.objects.get(username="root")

    def path(run, name):
        return reverse(f"admin:recommendations_importrun_{name}", args=[run.pk])

    def run_of(user):
        run, _plan = started(NEW)
        ImportRun.objects.filter(pk=run.pk).update(created_by=user)
        return run

    def confirm(run):
        return client.post(path(run, "apply"), {"digest": run.digest})

    def applied(user):
        run = run_of(user)
        browser = Client()
        browser.force_login(user or other)
        ImportRun.objects.filter(pk=run.pk).update(created_by=user or other)
        browser.post(path(run, "apply"), {"digest": run.digest})
        return run

    def upload():
        file = SimpleUploadedFile("rows.csv", csv_file([["reference"], ["LEAF-1"]]))
        before = ImportRun.objects.count()
        response = client.post(
            reverse("admin:recommendations_importrun_add"),
            {"place": "recommendations", "file": file},
        )
        is_done = ImportRun.objects.count() > before
        return answered(response) or (DONE if is_done else NOTHING)

    attempts = {
        "list": lambda: shown(client, reverse("admin:recommendations_importrun_changelist")),
        "upload form": lambda: shown(client, reverse("admin:recommendations_importrun_add")),
        "view": lambda: shown(client, path(run_of(person), "change")),
        "upload": upload,
        "confirm": lambda: written(Recommendation, lambda: confirm(run_of(person))),
        "confirm another's": lambda: written(Recommendation, lambda: confirm(run_of(other))),
        "undo": lambda: _undone(client, applied(_may(person) or other), path),
        "undo another's": lambda: _undone(client, applied(other), path),
        "delete": lambda: _deleted(client, run_of(person), path),
    }
    found = {}
    for action, attempt in attempts.items():
        with undone():
            found[action] = attempt()
    assert found == expected(role, IMPORTS)


def _may(person):
    return person if person and person.has_perm("recommendations.add_recommendation") else None


def _undone(client, run, path):
    return written(Recommendation, lambda: client.post(path(run, "undo")))


def _deleted(client, run, path):
    response = client.post(path(run, "delete"), {"post": "yes", "reason": "x"})
    assert ImportRun.objects.filter(pk=run.pk).exists()
    return answered(response) or NOTHING


def test_editors_correct_no_words_that_are_public(collection):
    """Passages have no state of their own: that of their source counts."""
    editor, passage = signed_in("editor", "editors"), Passage.objects.first()
    save(editor, passage, opened(editor, passage), text="other")
    assert Passage.objects.get(pk=passage.pk).text == passage.text
