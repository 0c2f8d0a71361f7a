"""A statement that takes too long is given up, and the reader is told."""

import time

import pytest
from django.db import OperationalError, connection

from recommendations import deadline
from recommendations.models import Meeting

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def hurried(db, settings):
    """The connection with a limit of a tenth of a second."""
    settings.STATEMENT_TIMEOUT_MS = 100
    if connection.vendor == "sqlite":
        deadline.limit(connection)
        yield
        connection.execute_wrappers.clear()
        connection.connection.set_progress_handler(None, 0)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 100")
        yield


def test_an_endless_statement_is_given_up(hurried):
    began = time.monotonic()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute(ENDLESS)
        cursor.fetchall()
    assert time.monotonic() - began < 2


def test_a_quick_statement_passes(hurried):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        assert cursor.fetchone() == (7,)


@pytest.mark.engine("sqlite")
def test_a_large_file_may_take_longer(hurried):
    with deadline.lifted(), connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"
            " SELECT count(*) FROM n"
        )
        assert cursor.fetchone() == (2000000,)


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_the_reader_gets_503_and_a_time_to_try_again(client, collection, monkeypatch, prefix):
    def busy(self):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(type(Meeting.objects.all()), "published", busy)
    response = client.get(f"{prefix}/meetings/")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert b"<h1" in response.content
    assert b"Traceback" not in response.content
