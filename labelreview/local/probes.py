"""Questions to the parts from outside: is the port free, is the whole of it well, is a worker there."""

import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from labelreview.environment import RedisAddress, number, text
from labelreview.local import commands
from labelreview.local.children import CannotStart

OLDEST_SCHEDULE = 600.0


def address() -> str:
    """Where the web server of this environment answers."""
    host = text("HOST", "127.0.0.1")
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{number('PORT', 8000)}"  # noqa: S104


def check_port() -> None:
    """Raise, while nothing has started yet, when somebody else listens on our port."""
    host, port = text("HOST", "127.0.0.1"), number("PORT", 8000)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            advice = f"Choose another one, for example PORT={port + 1}."
            raise CannotStart(f"Port {port} cannot be used: {problem.strerror}. {advice}") from problem


def is_well(url: str) -> bool:
    """Whether /healthz says that web, database, broker and a worker answer."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def worker_answers(redis_url: str, *, name: str | None = None) -> bool:
    """Whether a worker answers, or the one of that name."""
    with Celery("probe", broker=RedisAddress(redis_url).broker, set_as_current=False) as app:
        return bool(app.control.ping(timeout=1, limit=1, destination=[name] if name else None))


def scheduler_wrote() -> bool:
    """Whether the scheduler wrote its file lately: it does so every three minutes."""
    file = Path(commands.SCHEDULE_FILE)
    ages = [time.time() - one.stat().st_mtime for one in file.parent.glob(f"{file.name}*")]
    return bool(ages) and min(ages) < OLDEST_SCHEDULE


# What a container's health check may ask, of the part that runs in it.
QUESTIONS: dict[str, Callable[[], bool]] = {
    "web-is-well": lambda: is_well(address()),
    "worker-is-well": lambda: worker_answers(text("REDIS_URL"), name=f"celery@{socket.gethostname()}"),
    "scheduler-is-well": scheduler_wrote,
}
