import os
import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

MESSAGES = Path("recommendations/locale/ar/LC_MESSAGES")
FAULTS = {"--untranslated": "No Arabic", "--only-fuzzy": "Arabic not confirmed (fuzzy)"}


class Command(BaseCommand):
    help = "Fail when a word of the code or the templates has no Arabic, or the .mo is out of date."
    requires_system_checks = ()

    def handle(self, **options):
        if not shutil.which("xgettext"):
            raise CommandError("gettext is not installed (Debian: apt-get install gettext).")
        with TemporaryDirectory() as folder:
            project = Path(folder) / "project"
            collect_messages(project)
            faults = [
                f"{fault}: {words}"
                for option, fault in FAULTS.items()
                for words in select(project / MESSAGES / "django.po", option)
            ]
            fresh = Path(folder) / "django.mo"
            run("msgfmt", "--check", settings.BASE_DIR / MESSAGES / "django.po", "-o", fresh)
            if catalogue(fresh) != catalogue(settings.BASE_DIR / MESSAGES / "django.mo"):
                faults.append(f"{MESSAGES}/django.mo is not made from django.po: run make messages")
        if faults:
            raise CommandError("\n".join(faults))


def collect_messages(project):
    """Copy the project and collect its messages there, so that nothing changes here."""
    left_out = shutil.ignore_patterns(".*", "var", "tests", "fixtures")
    shutil.copytree(settings.BASE_DIR, project, ignore=left_out)
    environment = os.environ | {"SECRET_KEY": settings.SECRET_KEY}
    run(sys.executable, "manage.py", "makemessages", "-l", "ar", cwd=project, env=environment)


def select(file, option):
    """The entries of a message file that `msgattrib` selects by this option."""
    listing = run("msgattrib", "--no-obsolete", "--no-wrap", option, file)
    for entry in re.findall(r'^msgid ((?:".*"\n)+)', listing, re.MULTILINE):
        if words := "".join(line[1:-1] for line in entry.splitlines()):
            yield words


def catalogue(file):
    """The translations in a compiled file, without its header."""
    if not file.exists():
        return None
    with file.open("rb") as compiled:
        return {key: words for key, words in GNUTranslations(compiled)._catalog.items() if key}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)  # noqa: S603 (fixed words)
    if done.returncode:
        raise CommandError(done.stderr)
    return done.stdout
