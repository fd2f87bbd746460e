"""What the figures were measured on, and what a group of processes needed of it."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

import psutil

PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


def describe() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GB of memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def load() -> float:
    """How many processes wanted a core on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


class Peak:
    """The peak resident memory of a program's processes from now on."""

    def __init__(self, program: psutil.Process) -> None:
        self._program = program
        for process in self._processes():
            _forget_peak(process.pid)

    @property
    def megabytes(self) -> float:
        """Of the largest process: what forks share is not counted twice."""
        return max(map(_peak, self._processes()), default=0) / 1e6

    def _processes(self) -> Sequence[psutil.Process]:
        return [self._program, *self._program.children(recursive=True)]


def _forget_peak(pid: int) -> None:
    """Let the kernel count the peak anew (Linux only; elsewhere only the present size is known)."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return


def _peak(process: psutil.Process) -> int:
    try:
        found = PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    except OSError:
        return int(process.memory_info().rss) if process.is_running() else 0
