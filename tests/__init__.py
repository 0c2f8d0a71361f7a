"""What every test stands on: the environment, set here before the settings are read."""

import os
import shutil
from tempfile import gettempdir

CI = os.environ.get("CI") == "true"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NO_CHROMIUM = "Chromium is not installed (Debian: apt-get install chromium)"
SQLITE = f"sqlite:///{gettempdir()}/cssr"  # a name only: conftest gives each worker its own file

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "cssr.settings",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", SQLITE),
    "SECRET_KEY": "only-for-tests",
    "STATEMENT_TIMEOUT_MS": "0",
    "CACHE_URL": "locmemcache://",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright keeps an event loop in the tests' thread
}
for name in ["PRODUCTION", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "TRUST_PROXY", "HOST"]:
    os.environ[name] = ""
