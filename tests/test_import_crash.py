"""An import whose process is killed leaves everything or nothing, in a database of its own."""

import json
import os
import subprocess
import sys
import uuid

import environ
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.crashing import MOMENTS, ROWS

NOTHING, EVERYTHING = [0] * 6, [ROWS] * 5 + [1]


@pytest.fixture
def address(tmp_path):
    """The address of a database that other processes see, removed afterwards."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/crash.sqlite3"
        return
    given = os.environ["DATABASE_URL"]
    name = f"crash_{uuid.uuid4().hex}"
    with server(given) as connected:
        connected.execute(f"CREATE DATABASE {name}")
    yield f"{given.rpartition('/')[0]}/{name}"
    with server(given) as connected:
        connected.execute(f"DROP DATABASE {name} WITH (FORCE)")


def server(url):
    parts = environ.Env.db_url_config(url)
    given = {"host": parts["HOST"], "user": parts["USER"], "password": parts["PASSWORD"]}
    chosen = {name: value for name, value in given.items() if value}
    if parts["PORT"]:
        chosen["port"] = parts["PORT"]
    return psycopg.connect(dbname=parts["NAME"], autocommit=True, **chosen)


def test_a_killed_import_leaves_everything_or_nothing(address):
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashing"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TEST_DATABASE_URL": address},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    whole, *killed, again = json.loads(done.stdout)
    assert (whole, again) == (EVERYTHING, EVERYTHING)
    assert len(killed) == MOMENTS
    assert [left for left in killed if left not in (NOTHING, EVERYTHING)] == []
    assert NOTHING in killed, "no process was killed while it wrote"
