"""The dataset that the operations are measured on: imported through the API, with a flag on every item."""

import time
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import connection

from bench import people, rows
from bench.client import Connection
from bench.stage import Stage
from labelreview.celery import app
from reviews import flags
from reviews.flags import Suspicion
from reviews.models import Dataset, FlagKind, Item, Membership, Role

POLL = 0.02


def engineer(stage: Stage) -> Connection:
    """A program that may create datasets."""
    someone = people.user()
    someone.user_permissions.add(Permission.objects.get(codename="add_dataset"))
    return people.with_token(stage.port, someone)


def create(engineer: Connection) -> int:
    body = {"name": "Messages", "task_type": "classification", "media": "text", "classes": list(rows.CLASSES)}
    return int(engineer.post("/api/datasets/", body).body["id"])


def load(engineer: Connection, dataset: int, content: bytes) -> float:
    """Seconds from handing the file in until the worker has written all of it."""
    started = time.perf_counter()
    job = engineer.upload(f"/api/datasets/{dataset}/imports/", name="rows.jsonl", content=content).body
    while job["status"] in ("queued", "running"):
        time.sleep(POLL)
        job = engineer.get(f"/api/imports/{job['id']}/").body
    if job["status"] != "succeeded":
        raise RuntimeError(f"The import ended as {job['status']}: {job['errors'][:3]}")
    return time.perf_counter() - started


def flag_all(dataset: int) -> None:
    """An open flag on every item, as a detection run raises them."""
    made = Dataset.objects.get(pk=dataset)
    items = list(Item.objects.filter(dataset=made).values_list("id", "current_revision__value"))
    flags.replace_flags(dataset=made, run_id=1, suspicions=map(_suspicion, items))


def _suspicion(item: tuple[int, Any]) -> Suspicion:
    number, given = item
    suggested = rows.CLASSES[(rows.CLASSES.index(given) + 1) % len(rows.CLASSES)]
    score = (number * 7919 % 10007) / 10007
    reasons = [
        {"detector": "confident_learning", "text": f"The model gives {suggested} {score:.0%}.", "data": {}},
        {"detector": "duplicates", "text": f"Three texts like it are labelled {suggested}.", "data": {}},
    ]
    return Suspicion(
        item_id=number, kind=FlagKind.WRONG_CLASS, given=given, suggested=suggested,
        score=score, priority=score, evidence=reasons,
    )  # fmt: skip


def annotators(dataset: int, how_many: int) -> list[User]:
    """New members of the dataset."""
    users = [people.user() for _ in range(how_many)]
    Membership.objects.bulk_create(
        Membership(dataset_id=dataset, user=user, role=Role.ANNOTATOR) for user in users
    )
    return users


def reviewers(stage: Stage, dataset: int, how_many: int) -> list[Connection]:
    """New members of the dataset, each signed in."""
    return [people.with_session(stage.port, user) for user in annotators(dataset, how_many)]


def settle() -> None:
    """Wait until the worker has done what an import leaves for afterwards; then let Postgres tidy up.

    Postgres does so by itself within a minute, which would fall into somebody's measurement.
    """
    while _is_working():
        time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _is_working() -> bool:
    waiting = redis.Redis.from_url(settings.REDIS.cache, db=0).llen("celery")
    active = app.control.inspect(timeout=0.3).active() or {}
    return bool(waiting) or any(active.values())
