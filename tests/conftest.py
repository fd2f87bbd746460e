"""Real services for the tests: one Postgres and one broker a session, a worker and a web server on request.

DATABASE_URL and REDIS_URL come first where they are set: then nothing is started here.
"""

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection

from labelreview.celery import app as celery_app
from labelreview.local import broker, commands, postgres
from labelreview.local.children import Child, wait_until
from labelreview.local.places import PROJECT, from_environment

QUEUE = "celery"
# The data of a test session is thrown away, so nothing waits for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@pytest.fixture(scope="session", autouse=True)
def services() -> Iterator[None]:
    """Postgres and the broker, in a temporary folder."""
    places = from_environment()
    places.data.chmod(0o711)
    children: list[Child] = []
    try:
        if "DATABASE_URL" not in os.environ:
            children.append(postgres.start(places, os.environ, extra=FAST))
        if "REDIS_URL" not in os.environ:
            children.append(broker.start(places, os.environ))
        yield
    finally:
        for child in reversed(children):
            child.stop()
        shutil.rmtree(places.data, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: None) -> None:
    """The test database is made once the server runs."""


@pytest.fixture(autouse=True)
def empty_cache(services: None) -> None:
    """No test sees another's throttles or progress."""
    for each in caches.all(initialized_only=True):
        each.clear()


@pytest.fixture(scope="session")
def worker_process(django_db_setup: None) -> Iterator[Child]:
    """A Celery worker process on the real broker, working on the test database."""
    child = _child("worker", commands.worker(), _environment())
    child.stop_signal = 3  # SIGQUIT: what a test left running is not waited for
    child.start()
    try:
        wait_until(lambda: bool(celery_app.control.ping(timeout=0.5, limit=1)), child=child, seconds=60)
        celery_app.control.cancel_consumer(QUEUE, reply=True)
        yield child
    finally:
        child.stop()


@pytest.fixture
def live_worker(transactional_db: None, worker_process: Child) -> Iterator[Child]:
    """The worker for one test, which sees what the test commits.

    It takes no tasks before and after: those of a test that did not ask for it would run behind its back.
    """
    celery_app.control.purge()
    celery_app.control.add_consumer(QUEUE, reply=True)
    yield worker_process
    celery_app.control.cancel_consumer(QUEUE, reply=True)
    celery_app.control.purge()
    _wait_idle()


@pytest.fixture(scope="session")
def web_process(django_db_setup: None) -> Iterator[str]:
    """The address of a real web server on the test database."""
    port = _free_port()
    environment = _environment() | {"PORT": str(port), "WEB_WORKERS": "1"} | commands.environment("web")
    child = _child("web", [*_with_port(commands.web(), port)], environment)
    child.start()
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), child=child, seconds=60)
        yield url
    finally:
        child.stop()


@pytest.fixture
def live_web(transactional_db: None, web_process: str) -> str:
    """The web server's address for one test; it sees what the test commits."""
    return web_process


def _child(name: str, command: list[str], environment: dict[str, str]) -> Child:
    logs = from_environment().logs
    return Child(name=name, command=command, log=logs / f"{name}.log", environment=environment, cwd=PROJECT)


def _environment() -> dict[str, str]:
    """This process's, with the addresses of the services as this test session has them."""
    database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    return dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": _url(database),
        "REDIS_URL": os.environ.get("REDIS_URL") or from_environment().redis_url,
    }


def _url(database: dict[str, str]) -> str:
    """A libpq URI; the host may be a socket's folder, so everything goes into the query."""
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    query = "&".join(
        f"{libpq}={quote(str(database[django]), safe='')}"
        for django, libpq in names.items()
        if database[django]
    )
    return f"postgresql:///{database['NAME']}?{query}"


def _with_port(command: list[str], port: int) -> list[str]:
    at = command.index("--port") + 1
    return [*command[:at], str(port), *command[at + 1 :]]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/api/schema/", timeout=5)  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _wait_idle(seconds: float = 20) -> None:
    """Wait for the worker to finish what it has, so that the next test's database is its own."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        active = celery_app.control.inspect(timeout=0.5).active() or {}
        if not any(active.values()):
            return
        time.sleep(0.1)
