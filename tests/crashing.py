"""Imports one file after another, each in a process of its own that is killed at a random moment.

``python -m tests.crashing`` prints a line of JSON for each: what it left behind. The last one is
the first of those that left nothing, once more.
"""

import json
import os
import random
import signal
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from recommendations import fixtures, importing  # noqa: E402
from recommendations.models import (  # noqa: E402
    GoalAssignment,
    ImportRun,
    Recommendation,
    ThemeAssignment,
)
from tests.test_importing import HEADINGS, csv_file  # noqa: E402

ROWS = 20
MOMENTS = 50
SEED = 4


def main():
    call_command("migrate", verbosity=0)
    fixtures.load()
    name = waiting(0)
    begun = time.monotonic()
    os.waitpid(applying(name), 0)
    writing = time.monotonic() - begun
    outcomes, chance = [held(name)], random.Random(SEED)
    for number in range(1, MOMENTS + 1):
        name = waiting(number)
        child = applying(name)
        time.sleep(chance.uniform(0, writing))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        outcomes.append(held(name))
    again = outcomes.index([0] * len(outcomes[0]))
    os.waitpid(applying(f"CRASH{again}"), 0)
    outcomes.append(held(f"CRASH{again}"))
    print(json.dumps(outcomes))


def waiting(number):
    """The name of a file that was looked at and waits to be applied."""
    name, rows = f"CRASH{number}", []
    for row in range(ROWS):
        text, count = f"Text {row} of {name}, unlike any other.", str(number * ROWS + row + 100)
        group = "protection-priorities"
        rows.append([f"{name}-{row}", "numbered", group, count, text, "", "return", "16.7"])
    run = importing.start("recommendations", f"{name}.csv", csv_file([HEADINGS, *rows]))
    importing.planned(run)
    run.save()
    return name


def applying(name):
    """The number of a process that applies a file; it opens a connection of its own."""
    connections.close_all()
    if child := os.fork():
        return child
    try:
        run = ImportRun.objects.get(file_name=f"{name}.csv")
        importing.apply(run, run.digest)
    finally:
        os._exit(0)


def held(name):
    """How much of a file is in the database: records, what belongs to them, and the report."""
    records = Recommendation.objects.filter(reference__startswith=f"{name}-")
    keys = list(records.values_list("pk", flat=True))
    return [
        len(keys),
        records.filter(working_groups__slug="protection-priorities").count(),
        ThemeAssignment.objects.filter(recommendation__in=keys).count(),
        GoalAssignment.objects.filter(recommendation__in=keys).count(),
        Recommendation.history.filter(reference__startswith=f"{name}-").count(),
        ImportRun.objects.filter(state="applied", file_name=f"{name}.csv").count(),
    ]


if __name__ == "__main__":
    main()
