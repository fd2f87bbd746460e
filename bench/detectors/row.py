"""One line of the table, and how its times are taken."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple


class Row(NamedTuple):
    """`holds` says whether what is to be reached is reached; None where there is nothing to reach."""

    what: str
    theirs: str
    ours: str
    gain: str
    reach: str
    holds: bool | None = None


def seconds(work: Callable[[], Any], *, times: int = 3) -> float:
    """The shortest of several runs; the first, which may compile and warm up, is not counted."""
    work()
    return min(_once(work) for _ in range(times))


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """The time of a single run, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def spent(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """The time of a single run, the most megabytes that it took, and what came of it."""
    tracemalloc.start()
    duration, result = once(work)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return duration, peak / 1e6, result


def megabytes(work: Callable[[], Any]) -> float:
    """The most memory that arrays took at once on top of what was there."""
    return spent(work)[1]


def speed(what: str, theirs: float, ours: float, least: float | None = None) -> Row:
    """Two times in seconds; ours should be the shorter at least so many times."""
    gain = theirs / ours
    reach, holds = ("", None) if least is None else (f"≥ {least:g} ×", gain >= least)
    return Row(what, _time(theirs), _time(ours), f"{gain:.1f} ×", reach, holds)


def at_least(what: str, theirs: float | None, ours: float, least: float | None = None) -> Row:
    """Two shares of what is found or right."""
    reach, holds = ("", None) if least is None else (f"≥ {least:.2f}", ours >= least)
    return Row(what, "" if theirs is None else f"{theirs:.3f}", f"{ours:.3f}", "", reach, holds)


def memory(what: str, ours: float, most: float, theirs: float | None = None) -> Row:
    """Megabytes on top of what is given."""
    return Row(
        what,
        "" if theirs is None else f"{theirs:.0f} MB",
        f"{ours:.0f} MB",
        "",
        f"≤ {most:.0f} MB",
        ours <= most,
    )


def lacking(what: str, folder: str) -> Row:
    """What is said in place of a measurement whose set is not on this machine."""
    return Row(what, "", f"not measured: {folder} is not here", "", "")


def _time(duration: float) -> str:
    return f"{duration:.1f} s" if duration >= 10 else f"{duration * 1e3:.1f} ms"


def _once(work: Callable[[], Any]) -> float:
    return once(work)[0]
