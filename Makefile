PYTHON ?= python3
BIN    := .venv/bin
MANAGE := $(BIN)/python manage.py
LOCK   := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
STATIC := $(shell find static -type f 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run load staff check reindex test nightly bench lint format messages screens lock clean

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .env .venv/runtime var/static/staticfiles.json  ## start the site; the first time, install and fill it too
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_fixtures --if-empty
	@exec $(BIN)/gunicorn cssr.wsgi

load: .env .venv/runtime  ## load the fixtures again, after saying what that would change
	@$(MANAGE) load_fixtures

staff: .env .venv/runtime  ## create a staff account
	@$(MANAGE) create_staff

check: .env .venv/runtime  ## verify every record in the database
	@$(MANAGE) check_data

reindex: .env .venv/runtime  ## make every record findable anew
	@$(MANAGE) reindex

test: .venv/dev  ## run every test on SQLite and on PostgreSQL
	@$(BIN)/python -m tests

nightly: .venv/dev  ## compare ten times as many random queries in every format
	@NIGHTLY=1 $(BIN)/python -m tests tests/test_properties.py

bench: .venv/dev  ## measure pages of a hundred thousand synthetic rows (PostgreSQL, some minutes)
	@$(BIN)/python -m benchmarks.pages

lint: export SECRET_KEY := only-to-check-the-settings-of-production-0123456789-abcdef
lint: export ALLOWED_HOSTS := example.org
lint: .venv/dev  ## check format, code, templates, floors, migrations, production settings, translations, locks
	@$(BIN)/ruff format --check --output-format concise
	@$(BIN)/ruff check --output-format concise
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/lint-imports --no-logo --cache-dir .venv/import_linter
	@DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run
	@PRODUCTION=yes DEBUG=no DATABASE_URL=postgres:///cssr $(MANAGE) check --deploy --fail-level WARNING
	@DATABASE_URL=sqlite://:memory: $(MANAGE) check_translations
	@for lock in requirements requirements-dev; do \
		cp $$lock.txt .venv/$$lock.txt && $(LOCK) $$lock.in --output-file .venv/$$lock.txt >/dev/null && \
		diff $$lock.txt .venv/$$lock.txt || { echo "$$lock.txt is out of date: run make lock"; exit 1; }; done

format: .venv/dev  ## format the code
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

messages: export SECRET_KEY := only-to-collect-messages
messages: .venv/runtime  ## collect the words to translate, compile the translated ones (needs gettext)
	@$(MANAGE) makemessages --locale ar --add-location file --no-obsolete --ignore var --ignore tests
	@$(MANAGE) compilemessages --locale ar --ignore .venv

screens: SITE ?= http://127.0.0.1:8000
screens: .venv/dev  ## take the pictures in docs/screens of the running site
	@$(BIN)/python -m tests.screens $(SITE)

lock: .venv/dev  ## write requirements*.txt after requirements*.in
	@$(LOCK) requirements.in --output-file requirements.txt >/dev/null
	@$(LOCK) requirements-dev.in --output-file requirements-dev.txt >/dev/null

clean:  ## remove what was installed and generated; .env and the database stay
	@rm -rf .venv var/static .hypothesis .pytest_cache .ruff_cache

.env:
	@umask 077 && $(PYTHON) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(64))' > $@

.venv/runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing what $< names …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install -qq --disable-pip-version-check --requirement $<
	@touch $@

.venv/dev: requirements-dev.txt .venv/runtime
	@echo "Installing what $< names …"
	@$(BIN)/pip install -qq --disable-pip-version-check --requirement $<
	@touch $@

var/static/staticfiles.json: .venv/runtime .env $(STATIC)
	@$(MANAGE) collectstatic --no-input --clear --verbosity 0
