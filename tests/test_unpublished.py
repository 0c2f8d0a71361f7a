"""What is not published shows nowhere: drafts are planted, and all of the site is walked."""

import io
import zipfile

import pytest
from django.apps import apps
from django.test import Client
from django.utils.translation import override

from recommendations import models
from recommendations.api import KEYS, WITHOUT_KEY
from recommendations.choices import Kind, State
from recommendations.exports import FORMATS
from recommendations.filters import LISTED
from recommendations.models import (
    GoalAssignment,
    Passage,
    Recommendation,
    RecommendationLink,
    Support,
    ThemeAssignment,
)
from recommendations.models.base import PublishedModel
from recommendations.models.fields import NameField, VerbatimField
from recommendations.search import indexing
from tests.lists import PLACES
from tests.pages import PREFIXES, every_address

pytestmark = pytest.mark.django_db

WORD = "zephyrquark"
BODIES = [
    model
    for model in apps.get_app_config("recommendations").get_models()
    if issubclass(model, PublishedModel)
]


def planted(model, state):
    """A record that lacks nothing but its publication, with the word in all of its texts."""
    record = model.objects.order_by("pk").first()
    record.pk, record.id, record._state.adding = None, None, True
    record.state = state
    for field in model._meta.concrete_fields:
        is_number = "Integer" in field.get_internal_type()
        if isinstance(field, NameField | VerbatimField) and field.name != "withdrawal_reason":
            setattr(record, field.name, WORD)
        if field.unique and not field.primary_key:
            setattr(
                record, field.name, 9000 if is_number else f"{WORD}-{state}"[: field.max_length]
            )
    if hasattr(record, "name_ar_origin"):
        record.name_ar_origin = "reviewed"
    if hasattr(record, "text_ar_origin"):
        record.text_ar_origin, record.number = "official", 9000
    if hasattr(record, "code"):
        record.code = f"Z{state[0]}".upper()
    if hasattr(record, "reference"):
        record.reference = f"{WORD}-{state}".upper()
    if hasattr(record, "position"):
        record.position = {State.DRAFT: 9001, State.IN_REVIEW: 9002, State.WITHDRAWN: 9003}[state]
    record.save()
    return record


def plant(state):
    """A record of each kind in this state, tied to public ones wherever the models allow it."""
    made = {model._meta.model_name: planted(model, state) for model in BODIES}
    secret = made["recommendation"]
    public = Recommendation.objects.published().filter(kind=Kind.NUMBERED).first()
    Passage.objects.create(
        source=made["source"],
        locator=f"{WORD}:{state}".upper()[:30],
        position=1,
        kind="item",
        text=WORD,
    )
    for record in (secret, public):
        ThemeAssignment.objects.create(recommendation=record, theme=made["theme"], position=99)
        record.addressees.add(made["addressee"])
        record.instruments.add(made["instrument"])
        made["followup"].recommendations.add(record)
    secret.working_groups.set(public.working_groups.all())
    public.working_groups.add(made["workinggroup"])
    public.meeting.working_groups.add(made["workinggroup"])
    theme = ThemeAssignment.objects.filter(recommendation=public).first().theme
    ThemeAssignment.objects.create(recommendation=secret, theme=theme)
    goal = public.goal_assignments.first()
    GoalAssignment.objects.create(recommendation=secret, goal=goal.goal, code=goal.code)
    RecommendationLink.objects.create(recommendation=public, other=secret, reason_en=WORD)
    Support.objects.create(
        funder=made["funder"],
        organisation=public.passage.source.publishers[0],
        amount=WORD,
        passage=public.passage,
    )
    made["organisation"].roles.create(
        role="recommending-body", meeting=public.meeting, passage=public.passage
    )
    return made


def addresses():
    for prefix in PREFIXES.values():
        yield from (f"{prefix}{address}" for address in every_address())
        yield f"{prefix}/api/"
        for place in PLACES:
            yield from (f"{prefix}/{place}.{suffix}" for suffix in FORMATS)
        yield from (f"{prefix}/{place}/?q=return" for place in PLACES)
    for place, (model, _filterset) in LISTED.items():
        yield from (f"/api/v1/{place}/", f"/api/v1/{place}/facets/")
        if place not in WITHOUT_KEY:
            keys = model.objects.published().values_list(KEYS.get(place, "slug"), flat=True)
            yield from (f"/api/v1/{place}/{key}/" for key in keys.order_by("pk")[:30])
    yield "/api/v1/openapi.json"


def misspelt():
    """Addresses that are not understood, in which the word is nearly said."""
    for place, (_model, filterset) in LISTED.items():
        for name in filterset.base_filters:
            yield f"/api/v1/{place}/?{name}={WORD[:-1]}"
            if place in PLACES:
                yield f"/{place}/?{name}={WORD[:-1]}"
                yield f"/ar/{place}.csv?{name}={WORD[:-1]}"
    for place in PLACES:
        yield from (f"/{place}/{WORD[:-1]}/", f"/api/v1/{place}/{WORD[:-1]}/")


def body(client, address) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    content = response.getvalue()
    if address.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            return file.read("xl/worksheets/sheet1.xml").decode()
    return content.decode()


def walked():
    client = Client()
    return {address: body(client, address) for address in addresses()}


def test_every_model_with_a_state_is_planted(collection):
    assert {model for model in BODIES if model.objects.exists()} == set(BODIES)
    assert len(BODIES) == 11


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN])
def test_nothing_unpublished_shows_or_counts_anywhere(collection, client, state, monkeypatch):
    monkeypatch.setattr("recommendations.api.ReaderThrottle.rate", "9999/min")
    before = walked()
    made = plant(state)
    after = walked()
    assert [address for address, text in after.items() if WORD in text.casefold()] == []
    assert [address for address in before if before[address] != after[address]] == []

    expected = 410 if state == State.WITHDRAWN else 404
    for record in made.values():
        key = getattr(record, "reference", None) or record.slug
        for lang in PREFIXES:
            with override(lang):
                address = record.get_absolute_url()
            if "?" not in address and "#" not in address:
                for suffix in ("", "?v=1"):
                    response = client.get(address + suffix)
                    assert response.status_code == expected, address
                    texts = response.content.decode().casefold().replace(key.casefold(), "")
                    assert WORD not in texts, address
    for place, (model, _filterset) in LISTED.items():
        record = made.get(model._meta.model_name)
        if record:
            key = getattr(record, "reference", None) or record.slug
            assert client.get(f"/api/v1/{place}/{key}/").status_code == expected, place
    for place in PLACES:
        found = client.get(f"/api/v1/{place}/?q={WORD}").json()
        assert found["count"] == 0, place
        for query in (f"q={WORD[:-1]}", f"q={WORD[:-2]}x"):
            assert WORD not in client.get(f"/{place}/?{query}").content.decode(), (place, query)
    for address in misspelt():
        assert WORD not in client.get(address).getvalue().decode().casefold(), address


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN])
def test_what_public_records_lean_on_is_not_told_while_it_is_unpublished(
    collection, client, state, monkeypatch
):
    """One record of each model leaves the public; those that name it stay."""
    monkeypatch.setattr("recommendations.api.ReaderThrottle.rate", "9999/min")
    fact = planted(models.FollowUp, State.PUBLISHED)
    public = Recommendation.objects.filter(goal_assignments__isnull=False).first()
    fact.recommendations.add(public)
    hidden = [
        fact,
        public.meeting,
        public.meeting.conference,
        public.passage.source,
        public.working_groups.first(),
        public.themes.first(),
        models.Funder.objects.first(),
        *(record.organisation for record in Recommendation.objects.filter(kind=Kind.OWN)[:1]),
        *(model.objects.first() for model in (models.Addressee, models.Instrument)),
        Recommendation.objects.exclude(pk=public.pk).filter(meeting=public.meeting).first(),
    ]
    assert {type(record) for record in hidden} == set(BODIES)
    for number, record in enumerate(hidden):
        texts = [
            field.name
            for field in record._meta.concrete_fields
            if isinstance(field, NameField | VerbatimField)
            and field.name not in ("withdrawal_reason", "code")
        ]
        values = dict.fromkeys(texts, WORD) | {"slug": f"{WORD}-{number}"}
        values |= {"name_ar_origin": "reviewed", "text_ar_origin": "official", "state": state}
        values = {name: values[name] for name in values if hasattr(record, name)}
        type(record).objects.filter(pk=record.pk).update(**values)
    Passage.objects.filter(source=public.passage.source).update(text=WORD)
    with indexing.rebuilt_at_end():
        pass
    after = walked()
    assert [address for address, text in after.items() if WORD in text.casefold()] == []
    assert after[public.get_absolute_url()]


def test_a_withdrawn_version_is_read_by_nobody_until_it_is_published_again(collection, client):
    record = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    words = record.text
    for version, (state, text) in enumerate(
        [(State.PUBLISHED, WORD), (State.WITHDRAWN, WORD), (State.PUBLISHED, words)], 2
    ):
        record.move(state, reason="Superseded")
        record.text, record.version = text, version
        record.save()
        for prefix in PREFIXES.values():
            address = f"{prefix}/recommendations/CSSR-B7-PR-3/"
            answers = [client.get(f"{address}?v={number}") for number in (1, 2, 3)]
            expected = {2: [200, 200, 404], 3: [410, 410, 410], 4: [200, 200, 404]}
            assert [each.status_code for each in answers] == expected[version]
            told = [WORD in each.content.decode() for each in answers]
            assert told == [version != 3, version != 3, False]
