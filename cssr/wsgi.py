"""The entry point of the web server, whose database statements are cut off after three seconds."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cssr.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_MS", "3000")

application = get_wsgi_application()
