"""Where it is measured: LabelReview as `make up` starts it, and the floor beside it, on one Postgres."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psutil
import psycopg

from labelreview.local import commands, places
from labelreview.local.children import Child, wait_until
from labelreview.local.places import PROJECT, Places
from labelreview.local.services import services

# Whatever the developer has set for copies of their own must not lead the bench there.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "STORAGE_URL", "HOST", "DEBUG", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True, slots=True)
class Stage:
    """Two web servers that answer, and the processes whose memory is watched."""

    rows: int
    port: int
    floor_port: int
    web: psutil.Process
    worker: psutil.Process
    floor: psutil.Process


@contextmanager
def raised(*, rows: int) -> Iterator[Stage]:
    """Everything runs inside the block, in a temporary folder; Django can be used here, too."""
    with ExitStack() as stack:
        here = stack.enter_context(own_folder())
        running = stack.enter_context(services(web=True))
        django.setup()
        floor_port = _free_port()
        floor = _start_floor(here, floor_port)
        stack.callback(floor.stop)
        supervisor = psutil.Process(running.pid)
        assert floor.process is not None
        yield Stage(
            rows=rows,
            port=int(os.environ["PORT"]),
            floor_port=floor_port,
            web=part(supervisor, "granian"),
            worker=part(supervisor, "worker"),
            floor=psutil.Process(floor.process.pid),
        )


@contextmanager
def own_folder() -> Iterator[Places]:
    data = Path(tempfile.mkdtemp(prefix="labelreview-bench-"))
    data.chmod(0o711)  # Postgres may run as another user, who has to pass
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {
        "LABELREVIEW_DATA": str(data),
        "PORT": str(_free_port()),
        "DJANGO_SETTINGS_MODULE": "labelreview.settings",
    }
    try:
        yield places.from_environment()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _start_floor(here: Places, port: int) -> Child:
    """The bare project in a database of its own, on as many processes and threads as ours."""
    with psycopg.connect(here.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE floor")
    environment = (
        dict(os.environ)
        | commands.environment("web")
        | {
            "DATABASE_URL": here.database_url.replace("/labelreview?", "/floor?"),
            "DJANGO_SETTINGS_MODULE": "bench.floor.settings",
        }
    )
    _run(here, environment, [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"])
    command = [*commands.web()[:-1], "bench.floor.wsgi:application"]
    command[command.index("--port") + 1] = str(port)
    child = Child(
        name="floor", command=command, log=here.logs / "floor.log", environment=environment, cwd=PROJECT
    )
    child.start()
    wait_until(lambda: _listens(port), child=child, seconds=30)
    return child


def _run(here: Places, environment: dict[str, str], command: list[str]) -> None:
    child = Child(
        name="tables", command=command, log=here.logs / "floor.log", environment=environment, cwd=PROJECT
    )
    child.start()
    assert child.process is not None
    if child.process.wait():
        raise RuntimeError(child.last_words())


def part(supervisor: psutil.Process, word: str) -> psutil.Process:
    return next(process for process in supervisor.children() if word in process.cmdline())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
