"""The project: settings, addresses and entry points of the site.

`.env` is read here, before any module of the package, so that it is heard by whichever of
`manage.py`, `wsgi.py` and `asgi.py` starts first. What the environment already says wins.
"""

from pathlib import Path

from environ import Env

Env.read_env(Path(__file__).resolve().parent.parent / ".env")
