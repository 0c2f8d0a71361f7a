"""All settings, from the environment; `.env` beside manage.py fills in what it leaves out.

SECRET_KEY            always required; 50 characters or more in production
PRODUCTION            refuses unsafe settings, serves over https only
DEBUG                 error pages for developers; refused in production
ALLOWED_HOSTS         names the site answers to, with commas; outside production, this machine's
DATABASE_URL          postgres://user:password@host/name or sqlite:///path (var/cssr.sqlite3)
CSRF_TRUSTED_ORIGINS  other origins whose forms are accepted, with commas
STATEMENT_TIMEOUT_MS  a statement is given up after this: 3000 in the server, 0 (never) in commands
                      by default
LOG_LEVEL             DEBUG, INFO, WARNING or ERROR
TRUST_PROXY           believe X-Forwarded-Proto: only behind a proxy that always sets it
CACHE_URL             where rate limits are counted; files in var/cache, which one machine shares
HOST                  where gunicorn listens (gunicorn.conf.py), and so one of this machine's names
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.Env):
    """A typed reader that refuses a value of the wrong type by the variable's name."""

    def get_value(self, var, *args, **kwargs):
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as problem:
            raise ImproperlyConfigured(f"{var}: {problem}.") from problem


def switch(value: str) -> bool:
    """Read on or off and nothing else: a misspelt PRODUCTION must not start unprotected."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"": False, "0": False, "false": False, "no": False, "off": False}
    if value.strip().lower() not in words:
        raise ValueError(f"{value!r} is neither true nor false")
    return words[value.strip().lower()]


def names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


env = Environment(
    SECRET_KEY=(str, ""),
    PRODUCTION=(switch, False),
    DEBUG=(switch, False),
    ALLOWED_HOSTS=(names, []),
    DATABASE_URL=(str, ""),
    CSRF_TRUSTED_ORIGINS=(names, []),
    STATEMENT_TIMEOUT_MS=(int, 0),
    LOG_LEVEL=(str, "INFO"),
    TRUST_PROXY=(switch, False),
    HOST=(str, ""),
    CACHE_URL=(str, ""),
)

SECRET_KEY = env.ENVIRON.get("SECRET_KEY", "")  # as it is: the reader would follow a leading "$"
PRODUCTION = env("PRODUCTION")
DEBUG = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")

if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: `make run` writes one to .env, or set a long random one."
    )
if PRODUCTION:
    refusals = {
        "SECRET_KEY is shorter than 50 characters: set a long random one.": len(SECRET_KEY) < 50,
        "ALLOWED_HOSTS is not set: name the hosts this site answers to.": not ALLOWED_HOSTS,
        "ALLOWED_HOSTS contains '*': name the hosts this site answers to.": "*" in ALLOWED_HOSTS,
        "DATABASE_URL is not set: name the database.": not env("DATABASE_URL"),
        "DEBUG is on: turn it off, it shows the insides to visitors.": DEBUG,
    }
    if any(refusals.values()):
        raise ImproperlyConfigured(" ".join(text for text, unsafe in refusals.items() if unsafe))
elif not ALLOWED_HOSTS:
    ALLOWED_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
    if (HOST := env("HOST")) not in {"", "0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        ALLOWED_HOSTS.append(f"[{HOST}]" if ":" in HOST else HOST)

INSTALLED_APPS = [
    "recommendations.apps.RecommendationsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "simple_history",
    "csp",
]

MIDDLEWARE = [
    "recommendations.middleware.DatabaseUnavailable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cssr.urls"
WSGI_APPLICATION = "cssr.wsgi.application"
CSRF_FAILURE_VIEW = "recommendations.views.site.csrf_failure"
LOGIN_URL = "admin:login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database

STATEMENT_TIMEOUT_MS = env("STATEMENT_TIMEOUT_MS")
database = env.db_url_config(
    env("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'var' / 'cssr.sqlite3'}"
)
DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

database.setdefault("OPTIONS", {})
if database["ENGINE"] == "django.db.backends.postgresql":
    database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    database["OPTIONS"] |= {
        "connect_timeout": 3,
        "options": (
            f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=2000"
            " -c random_page_cost=1.1 -c jit=off"  # for data in memory or on a solid-state disk
        ),
    }
elif database["ENGINE"] == "django.db.backends.sqlite3":
    database["OPTIONS"] |= {
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000"
        ),
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite://.")

CACHES = {
    "default": env.cache_url_config(env("CACHE_URL") or f"filecache://{BASE_DIR / 'var' / 'cache'}")
}

# The interface for programs

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # "format" is no parameter of ours
    "NUM_PROXIES": int(env("TRUST_PROXY")),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CSSR recommendations",
    "DESCRIPTION": "Every list and record of the collection, read only, open, without a key.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "MIT (code); the licence of the quoted texts is not known"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
}

# Languages: each named in itself, for those who look for it

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "recommendations" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Static files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Security

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env("TRUST_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF],
        "script-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
BROWSER_FEATURES = """
    accelerometer autoplay browsing-topics camera clipboard-read display-capture
    encrypted-media fullscreen geolocation gyroscope hid idle-detection local-fonts magnetometer
    microphone midi payment picture-in-picture screen-wake-lock serial sync-xhr usb
    xr-spatial-tracking
"""
PERMISSIONS_POLICY = {feature: [] for feature in BROWSER_FEATURES.split()}

DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a source is edited together with all its passages

# Logging: to standard error, never with what a reader asked for

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "cssr.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL")},
    "loggers": {
        "django": {"handlers": [], "level": env("LOG_LEVEL")},
        "gunicorn.http.wsgi": {"level": "ERROR"},  # it warns of every HEAD request
    },
}
