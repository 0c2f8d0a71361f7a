"""An import whose process is killed leaves everything or nothing, in a database of its own."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid

import environ
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.test_importing import HEADINGS, csv_file

ROWS = 60
MOMENTS = 10
COUNTS = """
SELECT (SELECT count(*) FROM recommendations_recommendation WHERE reference LIKE '{0}-%'),
       (SELECT count(*) FROM recommendations_recommendation_working_groups
        JOIN recommendations_recommendation r ON r.id = recommendation_id
        WHERE r.reference LIKE '{0}-%'),
       (SELECT count(*) FROM recommendations_goalassignment
        JOIN recommendations_recommendation r ON r.id = recommendation_id
        WHERE r.reference LIKE '{0}-%'),
       (SELECT count(*) FROM recommendations_importrun
        WHERE state = 'applied' AND file_name = '{0}.csv')
"""
NOTHING, EVERYTHING = (0, 0, 0, 0), (ROWS, ROWS, ROWS, 1)


@pytest.fixture
def address(tmp_path):
    """The address of a database that other processes see, removed afterwards."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/crash.sqlite3"
        return
    given = os.environ["DATABASE_URL"]
    name = f"crash_{uuid.uuid4().hex}"
    with connect(given) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield f"{given.rpartition('/')[0]}/{name}"
    with connect(given) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def connect(url):
    parts = environ.Env.db_url_config(url)
    if "sqlite" in parts["ENGINE"]:
        return sqlite3.connect(parts["NAME"])
    given = {"host": parts["HOST"], "user": parts["USER"], "password": parts["PASSWORD"]}
    chosen = {name: value for name, value in given.items() if value}
    if parts["PORT"]:
        chosen["port"] = parts["PORT"]
    return psycopg.connect(dbname=parts["NAME"], autocommit=True, **chosen)


def started(url, *arguments):
    command = [sys.executable, "manage.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    environment = os.environ | {"DATABASE_URL": url}
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)


def held(url, name):
    database = connect(url)
    try:
        return tuple(database.execute(COUNTS.format(name)).fetchone())
    finally:
        database.close()


def write(folder, name, number):
    rows = []
    for row in range(ROWS):
        key, count = f"{name}-{row}", str(number * ROWS + row + 100)
        text = f"Text {row} of {name}, unlike any other."
        rows.append([key, "numbered", "protection-priorities", count, text, "", "", "16.7"])
    file = folder / f"{name}.csv"
    file.write_bytes(csv_file([HEADINGS, *rows]))
    return str(file)


def test_a_killed_import_leaves_everything_or_nothing(address, tmp_path):
    for arguments in (["migrate", "-v0"], ["load_fixtures", "--if-empty"]):
        process = started(address, *arguments)
        process.communicate()
        assert process.returncode == 0
    begun = time.monotonic()
    process = started(address, "import_records", write(tmp_path, "WHOLE", 0), "--yes")
    for line in process.stdout:
        if " errors." in line:
            planned = time.monotonic()
    process.wait()
    writing = time.monotonic() - planned
    assert (process.returncode, held(address, "WHOLE")) == (0, EVERYTHING)

    chance = random.Random(begun)
    outcomes = []
    for number in range(1, MOMENTS + 1):
        name = f"CRASH{number}"
        file = write(tmp_path, name, number)
        process = started(address, "import_records", file, "--yes")
        next((line for line in process.stdout if " errors." in line), "")
        time.sleep(chance.uniform(0, writing))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        outcomes.append(held(address, name))
        assert outcomes[-1] in {NOTHING, EVERYTHING}, (number, outcomes)
    assert NOTHING in outcomes, "no process was killed while it wrote"
    killed = outcomes.index(NOTHING) + 1
    process = started(address, "import_records", str(tmp_path / f"CRASH{killed}.csv"), "--yes")
    process.communicate()
    assert (process.returncode, held(address, f"CRASH{killed}")) == (0, EVERYTHING)
