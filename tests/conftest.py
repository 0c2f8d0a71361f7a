"""Fixtures for every test; how the tests differ from the settings of the site."""

import django
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import sync_playwright

from recommendations import fixtures
from recommendations.search import indexing
from tests import CHROMIUM, CHROMIUM_OPTIONS, CI, NO_CHROMIUM
from tests.staff import signed_in

django.setup()


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked for the other engine: it has a run of its own."""
    others = []
    for item in items:
        mark = item.get_closest_marker("engine")
        if mark and connection.vendor not in mark.args:
            others.append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session", autouse=True)
def settings_for_tests():
    """Static files unhashed and from their sources; passwords hashed fast."""
    backend = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES=settings.STORAGES | {"staticfiles": backend},
        WHITENOISE_AUTOREFRESH=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(autouse=True)
def in_english():
    """A test does not speak the language of the page that the one before it asked for."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """SQLite in a file, as on the site, where connections wait for each other."""
    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    if not CHROMIUM:
        (pytest.fail if CI else pytest.skip)(NO_CHROMIUM)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)


@pytest.fixture
def page(browser):
    """An empty page of a reader who was never here before."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The fixtures are loaded once; each test's changes are rolled back."""
    with django_db_blocker.unblock():
        fixtures.load()


@pytest.fixture
def collection(db):
    """Every row of the fixtures, in the database; again after a test that emptied it."""
    if fixtures.is_empty():
        fixtures.load()


@pytest.fixture
def unthrottled(monkeypatch):
    """As many requests to the interface as a test needs."""
    from recommendations.api import ReaderThrottle

    monkeypatch.setattr(ReaderThrottle, "rate", None)
    cache.clear()


@pytest.fixture
def empty_database(db):
    """No row of the collection."""
    with indexing.rebuilt_at_end():
        for model in reversed(fixtures.models()):
            model._default_manager.all().delete()


@pytest.fixture
def editor(collection):
    """A browser in which an editor is signed in."""
    return signed_in("editor", "editors")


@pytest.fixture
def publisher(collection):
    """A browser in which a publisher is signed in."""
    return signed_in("publisher", "publishers")
