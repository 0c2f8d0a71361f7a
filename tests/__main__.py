"""Every test on SQLite, then on PostgreSQL: `python -m tests [--engine …] [pytest options]`.

PostgreSQL is the server of TEST_DATABASE_URL, else a private one that is removed afterwards.
"""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import nullcontext

from tests import CHROMIUM, CI, NO_CHROMIUM, SQLITE
from tests.postgres import Unavailable, cluster

ENGINES = ["sqlite", "postgres"]


def database(engine):
    """A context that holds the address of a database of this engine."""
    if engine == "sqlite":
        return nullcontext(SQLITE)
    if given := os.environ.get("TEST_DATABASE_URL"):
        return nullcontext(given)
    return cluster()


def outcome(engine, options):
    """Run the tests on one engine; whether they passed, and a line that says so."""
    command = [sys.executable, "-m", "pytest", f"-n{min(os.cpu_count() or 1, 8)}", *options]
    try:
        with database(engine) as url:
            print(f"\n=== {engine} ===", flush=True)
            code = subprocess.run(command, env=os.environ | {"TEST_DATABASE_URL": url}).returncode
    except Unavailable as reason:
        return not CI, f"not run: {reason}"
    return code == 0, "passed" if code == 0 else f"FAILED (pytest ended with {code})"


def main():
    parser = argparse.ArgumentParser("python -m tests", description=__doc__, allow_abbrev=False)
    parser.add_argument("--engine", choices=ENGINES, help="only this one")
    chosen, options = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the cluster is removed

    outcomes = {
        engine: outcome(engine, options) for engine in ENGINES if chosen.engine in {None, engine}
    }
    if not CHROMIUM:
        outcomes["browser"] = (not CI, f"not run: {NO_CHROMIUM}")
    print("\n=== summary ===")
    for name, (_, line) in outcomes.items():
        print(f"{name:9} {line}")
    return 0 if all(fine for fine, _ in outcomes.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
