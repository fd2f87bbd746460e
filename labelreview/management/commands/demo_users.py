"""`manage.py demo_users`: the three people of the demo, with the password that DEMO_PASSWORD holds."""

import os
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.management.base import BaseCommand, CommandError

PEOPLE = ("lead", "annotator", "expert")


class Command(BaseCommand):
    help = "Make lead, annotator and expert with the password of DEMO_PASSWORD; the lead may create datasets."

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("DEMO_PASSWORD is not set.")
        for name in PEOPLE:
            user, _ = User.objects.get_or_create(username=name)
            if not user.check_password(password):
                user.set_password(password)
                user.save(update_fields=["password"])
        may_create = Permission.objects.get(content_type__app_label="reviews", codename="add_dataset")
        User.objects.get(username="lead").user_permissions.add(may_create)
