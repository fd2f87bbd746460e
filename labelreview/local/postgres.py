"""A real PostgreSQL of our own, on a socket in the data folder."""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from labelreview.local.children import CannotStart, Child, wait_until
from labelreview.local.places import Places
from labelreview.local.programs import Runner, find_programs, find_runner, major_version

ROLE = "app"
DATABASE = "labelreview"
START_SECONDS = 60.0
# A killed postmaster's shared memory goes when its last backend has noticed, a moment later.
SHARED_MEMORY_IN_USE = "pre-existing shared memory block"
SHARED_MEMORY_PATIENCE = 30.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    # New log files are made often while a large import runs; filling them first takes longer than the import.
    "wal_init_zero": "off",
    "random_page_cost": "1.1",
    "jit": "off",
}


def start(places: Places, environment: Mapping[str, str], *, extra: Mapping[str, str] | None = None) -> Child:
    """A running server that answers and holds our database; `extra` are settings over the usual ones."""
    programs = find_programs()
    runner = find_runner(programs, places.data)
    places.postgres_sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    _hand_over(places.postgres_sockets, runner)
    if not places.postgres.exists():
        _initialise(programs, places, runner)
    _check_version(programs, places)
    _hand_over(places.postgres, runner)
    options = [f"{name}={value}" for name, value in (SETTINGS | dict(extra or {})).items()]
    child = Child(
        name="postgres",
        command=[*runner.prefix, str(programs / "postgres"), "-D", str(places.postgres),
                 "-k", str(places.postgres_sockets), *(part for one in options for part in ("-c", one))],
        log=places.logs / "postgres.log",
        environment=environment,
        stop_signal=signal.SIGINT,  # a fast shutdown: sessions are ended, not waited for
        patience=30,
        user=runner.user,
        cwd="/",
    )  # fmt: skip
    start_again(child, places)
    _create_database(places)
    return child


def start_again(child: Child, places: Places) -> None:
    """Start the server, again and again while a killed one's shared memory is still in use."""
    give_up_at = time.monotonic() + SHARED_MEMORY_PATIENCE
    while True:
        child.start()
        try:
            return wait_until(lambda: answers(places), child=child, seconds=START_SECONDS)
        except CannotStart:
            child.stop()
            if SHARED_MEMORY_IN_USE not in child.last_words() or time.monotonic() > give_up_at:
                raise
            time.sleep(0.3)
        except BaseException:
            child.stop()
            raise


def answers(places: Places) -> bool:
    try:
        with psycopg.connect(_maintenance_url(places), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def _hand_over(folder: Path, runner: Runner) -> None:
    """Give the folder to whom the server runs as, when it belonged to somebody else so far."""
    uid, gid = runner.owner
    if os.geteuid() != 0 or folder.stat().st_uid == uid:
        return
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.lchown(os.path.join(parent, name), uid, gid)
    os.lchown(folder, uid, gid)


def _initialise(programs: Path, places: Places, runner: Runner) -> None:
    """Make the cluster beside its place and move it there whole: an interrupted initdb leaves nothing."""
    fresh = places.data / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _hand_over(fresh, runner)
    done = runner.run(
        programs / "initdb", "-D", fresh, "-U", ROLE, "-A", "trust", "-E", "UTF8",
        *_locale(programs), "--no-instructions",
    )  # fmt: skip
    if done.returncode:
        raise CannotStart(f"initdb failed:\n{done.stderr or done.stdout}")
    fresh.rename(places.postgres)


def _locale(programs: Path) -> list[str]:
    """The same order of texts on every machine; before version 17 only the C locale gives that."""
    if major_version(programs) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C"]


def _check_version(programs: Path, places: Places) -> None:
    held, offered = int((places.postgres / "PG_VERSION").read_text()), major_version(programs)
    if held != offered:
        raise CannotStart(
            f"{places.postgres} was written by PostgreSQL {held}, but {programs} is version {offered}.\n"
            "Use the same version as before (POSTGRES_BIN names its folder), or another LABELREVIEW_DATA."
        )


def _maintenance_url(places: Places) -> str:
    return places.database_url.replace(f"/{DATABASE}?", "/postgres?")


def _create_database(places: Places) -> None:
    with psycopg.connect(_maintenance_url(places), autocommit=True) as connection:
        held = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not held:
            connection.execute(f"CREATE DATABASE {DATABASE}")
