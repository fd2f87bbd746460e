"""Where the laptop mode keeps everything: one folder, named by LABELREVIEW_DATA."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parent.parent.parent

# The kernel cuts a socket's path at 107 bytes; Postgres appends a name of its own.
LONGEST_SOCKET_PATH = 99
POSTGRES_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Places:
    """The files and addresses of one copy of LabelReview."""

    data: Path

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def media(self) -> Path:
        return self.data / "media"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def lock(self) -> Path:
        return self.data / "supervisor.lock"

    @property
    def running(self) -> Path:
        return self.data / "running.json"

    @property
    def secret_key(self) -> Path:
        return self.data / "secret_key"

    @property
    def demo_password(self) -> Path:
        return self.data / "demo_password"

    @property
    def schedule(self) -> Path:
        return self.data / "schedule"

    @property
    def sockets(self) -> Path:
        """The folder of the sockets: in the data folder, or in the temp folder where that is too long."""
        near = self.data / "sockets"
        if len(os.fsencode(near / "postgres" / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
            return near
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"labelreview-{os.geteuid()}-{digest}"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def broker_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://app@/labelreview?host={quote(str(self.postgres_sockets), safe='')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.broker_socket}"


def from_environment() -> Places:
    """The places that LABELREVIEW_DATA names, or `var/` in the checkout where it is unset."""
    named = os.environ.get("LABELREVIEW_DATA", "").strip()
    return Places(data=Path(named).expanduser().absolute() if named else PROJECT / "var")
