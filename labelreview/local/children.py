"""A process that we started, answer for, and take down together with everything that it started in turn."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

# Every child carries it in its environment, so that a later start can tell the orphans of this data folder.
MARK = "LABELREVIEW_SUPERVISED"
PR_SET_PDEATHSIG = 1
LARGEST_LOG = 10 * 1024 * 1024


class CannotStart(Exception):
    """A part does not come up; the text is for the person at the terminal."""


@dataclass
class Child:
    """One program: how it starts, how it is asked to stop, and its process once it runs."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    cwd: Path | str
    stop_signal: int = signal.SIGTERM
    patience: float = 10.0
    user: str | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0

    def start(self) -> None:
        _rotate(self.log)
        identity: dict[str, Any] = {}
        if self.user is not None:
            identity = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.cwd,
                # A group of its own: Ctrl-C in the terminal reaches us alone, and we stop things in order.
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
                **identity,
            )
        self.started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def ended_with(self) -> int | None:
        return self.process.poll() if self.process else None

    def stop(self) -> None:
        """Ask, wait, then kill; returns when neither the program nor anything in its group is left."""
        if self.process is None:
            return
        if self.alive:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.clear_group()

    def clear_group(self) -> None:
        """Kill what a dead program left behind: a worker's forks, a web server's processes on our port."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return

    def last_words(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def wait_until(ready: Callable[[], bool], *, child: Child, seconds: float) -> None:
    """Return once `ready()`; raises CannotStart, with the log's end, when the child dies or time runs out."""
    give_up_at = time.monotonic() + seconds
    while not ready():
        if not child.alive:
            raise CannotStart(f"{child.name} ended with code {child.ended_with}:\n{child.last_words()}")
        if time.monotonic() > give_up_at:
            raise CannotStart(f"{child.name} does not answer after {seconds:.0f} s:\n{child.last_words()}")
        time.sleep(0.05)


def die_with_parent(stop_signal: int) -> Callable[[], None]:
    """For Popen's preexec_fn: however we die, the child is then sent the signal."""
    return partial(follow_parent, os.getpid(), stop_signal)


def follow_parent(parent: int, stop_signal: int) -> None:
    """Ask the kernel to send this process the signal when its parent ends (Linux only, elsewhere nothing)."""
    # A shell that starts us in the background has these ignored, and our children are stopped by them.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), stop_signal)


def clear_orphans(mark: str, *, patience: float = 10.0) -> None:
    """End what a killed supervisor of the same data folder left running."""
    orphans = [process for process in psutil.process_iter() if _mark_of(process) == mark]
    for act in (psutil.Process.terminate, psutil.Process.kill):
        for process in orphans:
            _unless_gone(act, process)
        _, orphans = psutil.wait_procs(orphans, timeout=patience)


def _mark_of(process: psutil.Process) -> str | None:
    if process.pid in (os.getpid(), os.getppid()):
        return None
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _unless_gone(act: Callable[[psutil.Process], None], process: psutil.Process) -> None:
    try:
        act(process)
    except psutil.NoSuchProcess:
        return


def _rotate(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
