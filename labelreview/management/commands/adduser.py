"""`manage.py adduser NAME`: a person who may sign in, with a password that is asked for or made up."""

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Add a user. Without a terminal to ask at, the password is random and printed alone on the last line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--may-create-datasets", action="store_true", help="become owner of new datasets")

    def handle(self, *args: Any, name: str, may_create_datasets: bool, **options: Any) -> None:
        if User.objects.filter(username=name).exists():
            raise CommandError(f"There is a user {name} already.")
        user = User(username=name)
        try:
            user.full_clean(exclude=["password"])
            asked = self._ask(user)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        user.set_password(password := asked or secrets.token_urlsafe(12))
        user.save()
        if may_create_datasets:
            right = Permission.objects.get(content_type__app_label="reviews", codename="add_dataset")
            user.user_permissions.add(right)
        self.stdout.write(
            f"{name} may sign in." if asked else f"{name} may sign in, with the password\n{password}"
        )

    def _ask(self, user: User) -> str:
        """What the person at the terminal types; nothing where there is none."""
        asked = getpass.getpass("Password (empty for a random one): ") if sys.stdin.isatty() else ""
        if asked:
            validate_password(asked, user)
        return asked
