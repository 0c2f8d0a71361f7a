"""The settings: what they refuse, and what reaches the database."""

import logging
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

import cssr.settings
from cssr.logs import LineFormatter

SAFE = {
    "PRODUCTION": "yes",
    "DEBUG": "no",
    "SECRET_KEY": "0123456789" * 5,
    "ALLOWED_HOSTS": "example.org",
    "DATABASE_URL": "postgres:///cssr",
}


def python(*arguments, **environment):
    """Run Python on the project with these variables added to the environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("unsafe", "message"),
    [
        (
            {"SECRET_KEY": "0123456789"},
            "SECRET_KEY is shorter than 50 characters: set a long random one.",
        ),
        (
            {"ALLOWED_HOSTS": ""},
            "ALLOWED_HOSTS is not set: name the hosts this site answers to.",
        ),
        (
            {"ALLOWED_HOSTS": "example.org, *"},
            "ALLOWED_HOSTS contains '*': name the hosts this site answers to.",
        ),
        (
            {"DATABASE_URL": ""},
            "DATABASE_URL is not set: name the database.",
        ),
        (
            {"DEBUG": "yes"},
            "DEBUG is on: turn it off, it shows the insides to visitors.",
        ),
        (
            {"SECRET_KEY": ""},
            "SECRET_KEY is not set: `make run` writes one to .env, or set a long random one.",
        ),
        (
            {"PRODUCTION": "ture"},
            "PRODUCTION: 'ture' is neither true nor false.",
        ),
        (
            {"STATEMENT_TIMEOUT_MS": "3s"},
            "STATEMENT_TIMEOUT_MS: invalid literal for int() with base 10: '3s'.",
        ),
        (
            {"DATABASE_URL": "mysql://localhost/cssr"},
            "DATABASE_URL must begin with postgres:// or sqlite://.",
        ),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if type(value) is dict else "",
)
def test_production_does_not_start(unsafe, message):
    result = python("manage.py", "check", **SAFE | unsafe)
    assert (result.stderr, result.returncode) == (f"{message}\n", 1)


def test_production_names_everything_that_is_unsafe_at_once():
    result = python("manage.py", "check", **SAFE | {"ALLOWED_HOSTS": "", "DEBUG": "yes"})
    assert "ALLOWED_HOSTS is not set" in result.stderr
    assert "DEBUG is on" in result.stderr


def test_production_starts_when_it_is_safe():
    safe = SAFE | {"DJANGO_ALLOW_ASYNC_UNSAFE": ""}
    result = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **safe)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("host", "added"), [("", []), ("0.0.0.0", []), ("10.1.2.3", ["10.1.2.3"]), ("::1", ["[::1]"])]
)
def test_the_address_listened_on_is_an_allowed_host(host, added):
    result = python(
        "-c", "from cssr.settings import ALLOWED_HOSTS; print(*ALLOWED_HOSTS)", HOST=host
    )
    assert result.stdout.split() == [".localhost", "127.0.0.1", "[::1]", *added]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("busy_timeout", 5000), ("foreign_keys", 1)],
)
def test_sqlite_is_set_up_for_a_web_site(db, pragma, value):
    with connection.cursor() as cursor:
        assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (value,)


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize(
    ("module", "environment", "limits"),
    [
        ("cssr.settings", {}, "0 2s"),
        ("cssr.wsgi", {}, "3s 2s"),
        ("cssr.wsgi", {"STATEMENT_TIMEOUT_MS": "500"}, "500ms 2s"),
    ],
)
def test_postgresql_gives_up_on_slow_statements(module, environment, limits, monkeypatch):
    monkeypatch.delenv("STATEMENT_TIMEOUT_MS")
    script = f"""
import {module}
from django.db import connection
with connection.cursor() as cursor:
    for name in ["statement_timeout", "lock_timeout"]:
        print(cursor.execute("SHOW " + name).fetchone()[0])
"""
    result = python("-c", script, **environment)
    assert result.stdout.split() == limits.split(), result.stderr


def test_every_variable_is_explained():
    explained = re.findall(r"^([A-Z_]+)  ", cssr.settings.__doc__, re.MULTILINE)
    assert sorted(explained) == sorted(cssr.settings.env.scheme)


def test_a_page_loads_from_its_own_site_only_and_is_shown_in_no_frame(client):
    headers = client.get("/healthz").headers
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_a_log_record_is_one_line():
    record = logging.LogRecord("n", logging.INFO, "", 0, "Not Found: %s", ("/a\nERROR b",), None)
    assert LineFormatter().format(record).endswith("INFO n: Not Found: /a\\nERROR b")
