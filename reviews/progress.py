"""How far background work has come. It lives in the cache: the work itself runs inside one long transaction,
whose rows nobody else can see until it ends, and a screen that polls must not cost the database anything."""

from typing import Literal, NamedTuple

from django.core.cache import cache

Kind = Literal["import", "run"]
KEPT_FOR = 24 * 3600


class Progress(NamedTuple):
    stage: str
    fraction: float


class Cancelled(Exception):
    """Somebody asked for this piece of work to stop."""


def report(*, kind: Kind, id: int, stage: str, fraction: float) -> None:
    """Say how far the work is, 0..1; raises `Cancelled` once a cancellation was asked for."""
    cache.set(f"progress:{kind}:{id}", (stage, round(fraction, 4)), KEPT_FOR)
    if cache.get(f"cancel:{kind}:{id}"):
        raise Cancelled


def read(*, kind: Kind, id: int) -> Progress:
    return Progress(*(cache.get(f"progress:{kind}:{id}") or ("", 0.0)))


def cancel(*, kind: Kind, id: int) -> None:
    """Ask the work to stop at its next report."""
    cache.set(f"cancel:{kind}:{id}", True, KEPT_FOR)
