"""The same entry point for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cssr.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_MS", "3000")

application = get_asgi_application()
