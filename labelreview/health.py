"""GET /healthz: 200 once web, database, broker and a worker answer, else 503 naming what is missing."""

from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from labelreview.celery import app

WORKER_PATIENCE = 1.0


def healthz(request: HttpRequest) -> JsonResponse:
    parts = {name: check() for name, check in CHECKS.items()}
    well = all(state == "ok" for state in parts.values())
    response = JsonResponse({"status": "ok" if well else "unavailable", **parts}, status=200 if well else 503)
    response.headers["Cache-Control"] = "no-store"
    return response


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def broker() -> str:
    try:
        with app.connection_for_read() as channel:
            channel.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (KombuError, OperationalError, RedisError, OSError):
        return "does not answer"
    return "ok"


def worker() -> str:
    try:
        answers = app.control.ping(timeout=WORKER_PATIENCE, limit=1)
    except (KombuError, OperationalError, RedisError, OSError):
        return "cannot be asked"
    return "ok" if answers else "none answers"


CHECKS: dict[str, Callable[[], str]] = {
    "web": lambda: "ok",
    "database": database,
    "broker": broker,
    "worker": worker,
}
