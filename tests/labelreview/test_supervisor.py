"""The laptop mode for real: starts, dies piece by piece, comes back, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labelreview.local import postgres
from labelreview.local.folder import make
from labelreview.local.places import PROJECT, Places
from tests.labelreview.copies import Copy, wait_for


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the database's own user can reach, as a checkout's is (and pytest's own is not)."""
    with tempfile.TemporaryDirectory(prefix="labelreview-copies-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def copy(folder: Path) -> Iterator[Copy]:
    """A copy that runs for all of this module's tests."""
    running = Copy(data=folder / "shared", port=free_port())
    running.start()
    yield running
    if running.process and running.process.poll() is None:
        running.stop()


def test_everything_answers_once_it_says_so(copy: Copy) -> None:
    assert copy.health() == {
        "status": "ok", "web": "ok", "database": "ok", "broker": "ok", "worker": "ok",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["postgres", "broker", "worker", "scheduler", "web"])
def test_a_killed_part_comes_back(copy: Copy, part: str) -> None:
    before = copy.part(part)
    before.kill()

    def is_back() -> bool:
        try:
            return copy.part(part).pid != before.pid and copy.health()["status"] == "ok"
        except LookupError:
            return False

    wait_for(is_back)


def test_a_command_finds_the_running_services_by_itself(copy: Copy) -> None:
    done = copy.run("manage.py", "adduser", "ann")
    assert done.returncode == 0, done.stderr
    assert copy.run("manage.py", "adduser", "ann").stderr.strip().endswith("There is a user ann already.")


def test_a_second_start_on_the_same_data_is_refused_in_words(copy: Copy) -> None:
    done = copy.run("-m", "labelreview.local", "up")
    assert done.returncode == 1
    assert done.stdout.startswith(f"LabelReview already runs on {copy.data} at http://127.0.0.1:{copy.port}.")
    assert copy.health()["status"] == "ok"


def test_a_command_attaches_to_what_runs_and_leaves_it_running(copy: Copy) -> None:
    done = copy.run("-c", "import labelreview.local as l\nwith l.services() as s: print(s.url)")
    assert done.stdout.strip() == f"http://127.0.0.1:{copy.port}", done.stderr
    assert copy.health()["status"] == "ok"


def test_a_taken_port_is_said_before_anything_starts(copy: Copy, folder: Path) -> None:
    other = Copy(data=folder / "other", port=copy.port)
    done = other.run("-m", "labelreview.local", "up")
    assert done.returncode == 1
    assert done.stdout.startswith(f"Port {copy.port} cannot be used: Address already in use.")
    assert other.processes() == []
    assert not (other.data / "postgres").exists()


def test_a_second_copy_runs_beside_it_on_a_path_too_long_for_a_socket(copy: Copy, folder: Path) -> None:
    deep = Copy(data=folder / ("long-" * 20), port=free_port())
    assert Places(deep.data).sockets.parent != deep.data
    deep.start()
    try:
        assert [each.health()["status"] for each in (copy, deep)] == ["ok", "ok"]
    finally:
        assert deep.stop() == 0


def test_a_killed_supervisor_takes_all_along_and_the_next_start_has_the_data(copy: Copy) -> None:
    """On Linux the kernel ends the parts, but not one that is stopped; the next start ends that one."""
    assert copy.process is not None
    orphan = copy.part("scheduler")
    orphan.suspend()
    copy.process.kill()
    copy.process.wait()
    wait_for(lambda: {process.pid for process in copy.processes()} <= _family(orphan))
    copy.start()
    assert not orphan.is_running()
    assert "There is a user ann already." in copy.run("manage.py", "adduser", "ann").stderr


def _family(process: psutil.Process) -> set[int]:
    return {process.pid, *(child.pid for child in process.children(recursive=True))}


def test_sigterm_stops_every_process(copy: Copy) -> None:
    assert copy.processes()
    assert copy.stop() == 0
    assert copy.processes() == []
    assert not (copy.data / "running.json").exists()


def test_a_command_starts_what_it_needs_and_stops_it_again(copy: Copy) -> None:
    program = (
        "import labelreview.local as l, redis\n"
        "from labelreview.local import places\n"
        "with l.services() as s:\n"
        "    print(s.url, redis.Redis.from_url(places.from_environment().redis_url).ping())"
    )
    done = copy.run("-c", program)
    assert done.stdout.strip() == "None True", done.stderr
    assert copy.processes() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the database another identity")
def test_root_reaches_a_private_folder_through_a_namespace(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    places = Places(private / "data")
    make(places)
    server = postgres.start(places, os.environ)
    try:
        assert server.user is None
        assert postgres.answers(places)
    finally:
        server.stop()


def test_an_interrupted_start_leaves_nothing(folder: Path) -> None:
    hasty = Copy(data=folder / "hasty", port=free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", "labelreview.local", "up"], cwd=PROJECT, env=hasty.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: (hasty.data / "postgres").exists())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert hasty.processes() == []
