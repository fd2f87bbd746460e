"""Questions to the parts from outside: is the port free, is the whole of it well, is a worker there."""

import socket
import urllib.request

from celery import Celery

from labelreview.environment import RedisAddress, number, text
from labelreview.local.children import CannotStart


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


def worker_answers(redis_url: str) -> bool:
    with Celery("probe", broker=RedisAddress(redis_url).broker, set_as_current=False) as app:
        return bool(app.control.ping(timeout=0.5, limit=1))
