"""One line of the table, and how its times are taken."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple


class Row(NamedTuple):
    what: str
    theirs: str
    ours: str
    gain: str
    reach: str


def seconds(work: Callable[[], Any], *, times: int = 3) -> float:
    """The shortest of several runs; the first, which may compile and warm up, is not counted."""
    work()
    return min(_once(work) for _ in range(times))


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """The time of a single run, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def megabytes(work: Callable[[], Any]) -> float:
    """The most memory that arrays took at once on top of what was there."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def speed(what: str, theirs: float, ours: float, reach: str) -> Row:
    return Row(what, f"{theirs * 1e3:.1f} ms", f"{ours * 1e3:.1f} ms", f"{theirs / ours:.1f} ×", reach)


def _once(work: Callable[[], Any]) -> float:
    return once(work)[0]
