"""Create an account for somebody who looks after the collection."""

import os
import sys
from getpass import getpass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

ADMINISTRATOR = "administrator"
GROUPS = {"editor": "editors", "publisher": "publishers"}
ROLES = [*GROUPS, ADMINISTRATOR]
PASSWORD_VARIABLE = "CSSR_STAFF_PASSWORD"  # noqa: S105 (its name)


class Command(BaseCommand):
    help = (
        "Create a staff account. Asks for what the options leave out; the password is never an "
        f"option: it is asked for, or read from {PASSWORD_VARIABLE} where nobody can answer."
    )

    def add_arguments(self, parser):
        parser.add_argument("--username")
        parser.add_argument("--role", choices=ROLES)

    def handle(self, *, username, role, **options):
        try:
            self.create(username, role)
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Nothing created.") from None

    def create(self, username, role):
        user = get_user_model()(is_staff=True)

        def free(name):
            user.username = user.normalize_username(name.strip())
            user.full_clean(exclude=["password"])
            return user.username

        def strong(password):
            validate_password(password, user)
            return password

        self.answer(username, input, "Username: ", "--username", free)
        role = self.answer(role, input, f"Role ({', '.join(ROLES)}): ", "--role", known_role)
        group = existing_group(role)
        given = os.environ.get(PASSWORD_VARIABLE)
        password = self.answer(given, password_twice, "Password: ", PASSWORD_VARIABLE, strong)

        user.is_superuser = role == ADMINISTRATOR
        user.set_password(password)
        with transaction.atomic():
            user.save()
            user.groups.set([group] if group else [])
        self.stdout.write(f"Created {user.username}, {role}.")

    def answer(self, given, ask, question, option, accept):
        """What was given beforehand, else what is typed, asked again until it is accepted."""
        if given is None and not sys.stdin.isatty():
            raise CommandError(
                f"Nothing created: give {option}, for no terminal is there to ask on."
            )
        while True:
            try:
                return accept(ask(question) if given is None else given)
            except ValidationError as problem:
                message = " ".join(problem.messages)
                if given is not None:
                    raise CommandError(f"Nothing created. {option}: {message}") from problem
                self.stderr.write(message)


def known_role(role: str) -> str:
    role = role.strip().lower()
    if role not in ROLES:
        raise ValidationError(f"Type one of {', '.join(ROLES)}.")
    return role


def password_twice(question: str) -> str:
    password = getpass(question)
    if getpass("The same again: ") != password:
        raise ValidationError("The two passwords differ.")
    return password


def existing_group(role: str) -> Group | None:
    """The group whose members have this role; none for an administrator, who may do everything."""
    if role == ADMINISTRATOR:
        return None
    try:
        return Group.objects.get(name=GROUPS[role])
    except Group.DoesNotExist:
        raise CommandError(
            f"Nothing created: the group “{GROUPS[role]}” is missing. Run `manage.py migrate`."
        ) from None
