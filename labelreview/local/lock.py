"""One supervisor per data folder, and how other processes learn of it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import orjson

from labelreview.local.children import CannotStart
from labelreview.local.places import Places


@dataclass(frozen=True)
class Running:
    """What a supervisor says of itself once everything answers; `url` is None where it serves no web."""

    pid: int
    url: str | None


@contextmanager
def hold(places: Places) -> Iterator[None]:
    """Hold the data folder's lock; the kernel lets go of it however we end."""
    with places.lock.open("a+") as lock:
        # Somebody who only asks whether it is held holds it for a moment, too.
        give_up_at = time.monotonic() + 0.5
        while not _take(lock):
            if time.monotonic() > give_up_at:
                raise CannotStart(_already(places))
            time.sleep(0.05)
        places.running.unlink(missing_ok=True)  # of one that was killed
        try:
            yield
        finally:
            places.running.unlink(missing_ok=True)


def is_held(places: Places) -> bool:
    try:
        with places.lock.open("r+") as lock:
            return not _take(lock)
    except FileNotFoundError:
        return False


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def announce(places: Places, *, url: str | None) -> None:
    """Write down that everything answers."""
    fresh = places.running.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(Running(pid=os.getpid(), url=url)))
    fresh.replace(places.running)


def read(places: Places) -> Running | None:
    """The supervisor whose services answer by now; None while there is none, or while it still starts."""
    if not is_held(places):
        return None
    try:
        return Running(**orjson.loads(places.running.read_bytes()))
    except FileNotFoundError:
        return None


def _already(places: Places) -> str:
    running = read(places)
    where = f" at {running.url}" if running and running.url else ""
    return (
        f"LabelReview already runs on {places.data}{where}.\n"
        "Stop that one first, or start a second copy with its own PORT and LABELREVIEW_DATA."
    )
