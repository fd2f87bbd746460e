"""A new API token for a user, alone on the last line; only its hash is kept."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken


class Command(BaseCommand):
    help = "Print a new API token for USER, alone on the last line. It is stored hashed: keep it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the name that they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["user"]
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user “{name}”, or they may not sign in any more.")
        _, token = AuthToken.objects.create(user)
        self.stdout.write(token)
