"""A time limit for statements on SQLite, which has none of its own (PostgreSQL has)."""

import time
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

STEPS = 10_000  # of SQLite's machine between two looks at the clock

_is_lifted = ContextVar("is_lifted", default=False)


@contextmanager
def lifted():
    """Let statements take as long as they need, for a large file."""
    token = _is_lifted.set(True)
    try:
        yield
    finally:
        _is_lifted.reset(token)


def limit(connection, **kwargs) -> None:
    """Interrupt each statement of a new SQLite connection after ``STATEMENT_TIMEOUT_MS``.

    An interrupted statement raises ``OperationalError``, as one of PostgreSQL does.
    """
    seconds = settings.STATEMENT_TIMEOUT_MS / 1000
    if connection.vendor != "sqlite" or not seconds:
        return
    deadline = float("inf")

    def start(execute, *args):
        nonlocal deadline
        deadline = float("inf") if _is_lifted.get() else time.monotonic() + seconds
        return execute(*args)

    connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    connection.execute_wrappers[:] = [start]
