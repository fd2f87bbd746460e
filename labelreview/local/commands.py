"""How each part of LabelReview starts: the laptop mode and the containers share this table."""

import os
import sys
from collections.abc import Callable

from labelreview.environment import number, text

# A container's own temp folder; the laptop mode names a file in its data folder.
SCHEDULE_FILE = "/tmp/labelreview-schedule"  # noqa: S108


def web_threads() -> int:
    """Requests that one web process works on at a time; each may hold a database connection."""
    return number("WEB_THREADS", 4)


def web() -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws",
        "--host", text("HOST", "127.0.0.1"),
        "--port", text("PORT", "8000"),
        "--workers", str(number("WEB_WORKERS", 2)),
        "--blocking-threads", str(web_threads()),
        "--respawn-failed-workers", "--respawn-interval", "0.5",
        "--workers-kill-timeout", "10",
        "labelreview.wsgi:application",
    ]  # fmt: skip


def worker() -> list[str]:
    return [
        sys.executable, "-m", "celery", "--app", "labelreview", "worker",
        "--loglevel", text("LOG_LEVEL", "INFO"),
        "--concurrency", str(number("WORKER_CONCURRENCY", os.cpu_count() or 2)),
        # None is of use to us. The first two make the start a second longer; a worker that wants to send a
        # last heartbeat to a broker that is gone never ends.
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip


def scheduler(schedule_file: str = SCHEDULE_FILE) -> list[str]:
    return [
        sys.executable, "-m", "celery", "--app", "labelreview", "beat",
        "--loglevel", text("LOG_LEVEL", "INFO"),
        "--pidfile", "",
        "--schedule", schedule_file,
    ]  # fmt: skip


def migrate() -> list[str]:
    return [sys.executable, "manage.py", "migrate", "--noinput"]


# By the name of the container that runs it.
COMMANDS: dict[str, Callable[[], list[str]]] = {
    "web": web,
    "worker": worker,
    "scheduler": scheduler,
    "migrate": migrate,
}


def environment(part: str) -> dict[str, str]:
    """What the part has in its environment beside everybody's."""
    if part == "web":
        return {"DATABASE_POOL_SIZE": str(web_threads())}
    return {"TASKS_BY_NAME": "1"} if part == "scheduler" else {}
