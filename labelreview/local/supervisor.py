"""The laptop mode: starts the parts in order, keeps each alive, stops them in the reverse order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, MappingProxyType

from labelreview.environment import text
from labelreview.local import broker, commands, folder, lock, postgres, probes
from labelreview.local.children import MARK, CannotStart, Child, clear_orphans, die_with_parent, wait_until
from labelreview.local.places import PROJECT, Places

READY_SECONDS = 180.0
POLL_SECONDS = 0.2
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A part that ran this long was well: its next restart does not wait for the failures of before.
WELL_AFTER = 60.0


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Kept:
    """A child that is started again whenever it ends."""

    child: Child
    start: Callable[[], None]
    pause: float = SHORTEST_PAUSE
    restart_at: float | None = None

    def tend(self, say: Callable[[str], None]) -> None:
        """Notice the child's end, wait a little longer each time, and start it again."""
        if self.child.alive:
            return
        if self.restart_at is None:
            self._notice(say)
        elif time.monotonic() >= self.restart_at:
            self.restart_at = None
            try:
                self.start()
            except CannotStart as problem:
                say(str(problem))

    def _notice(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if now - self.child.started_at > WELL_AFTER:
            self.pause = SHORTEST_PAUSE
        say(f"{self.child.name} ended with code {self.child.ended_with}; starting it again.")
        self.child.clear_group()
        self.restart_at = now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


@dataclass
class Supervisor:
    """Everything that runs on one data folder."""

    places: Places
    with_web: bool = True
    say: Callable[[str], None] = print
    # Run once the database has its tables, before anything uses them, with more in their environment.
    first: Sequence[tuple[Sequence[str], Mapping[str, str]]] = ()
    kept: list[Kept] = field(default_factory=list)
    stopping: bool = False

    def run(self, *, once_ready: Callable[["Supervisor"], None]) -> None:
        """Start, call `once_ready`, watch until Ctrl-C or SIGTERM; leave nothing running in any case."""
        folder.make(self.places)
        with lock.hold(self.places):
            self._take_signals()
            try:
                self.start()
                once_ready(self)
                self.watch(lambda: False)
            except StopRequested:
                self.say("Stopping …")
            finally:
                self.stopping = True
                self.stop()

    def start(self) -> None:
        """Bring everything up in order; returns once all of it answers."""
        clear_orphans(self._mark)
        if self.with_web:
            probes.check_port()
        folder.make_secret_key(self.places)
        self._start_services()
        self._prepare_database()
        self._start_programs()
        worker = next(kept.child for kept in self.kept if kept.child.name == "worker")
        wait_until(self._ready, child=worker, seconds=READY_SECONDS)
        lock.announce(self.places, url=probes.address() if self.with_web else None)

    def stop(self) -> None:
        for kept in reversed(self.kept):
            kept.child.stop()
        self.kept.clear()
        clear_orphans(self._mark)

    def watch(self, until: Callable[[], bool]) -> None:
        """Keep every part alive until `until()`."""
        while not until():
            for kept in self.kept:
                kept.tend(self.say)
            time.sleep(POLL_SECONDS)

    def run_once(self, command: Sequence[str]) -> None:
        """Run a command beside the services, its output on the terminal; raises CannotStart when it fails."""
        process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=PROJECT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            self.watch(lambda: process.poll() is not None)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            raise CannotStart(f"`{' '.join(command[1:])}` ended with code {process.returncode}.")

    @property
    def environment(self) -> dict[str, str]:
        """What every child gets: ours, with the addresses written out."""
        return dict(os.environ) | {
            MARK: self._mark,
            "LABELREVIEW_DATA": str(self.places.data),
            "DATABASE_URL": text("DATABASE_URL", self.places.database_url),
            "REDIS_URL": text("REDIS_URL", self.places.redis_url),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def _mark(self) -> str:
        return str(self.places.data)

    def _start_services(self) -> None:
        if not text("DATABASE_URL"):
            self.say("Starting PostgreSQL …")
            database = postgres.start(self.places, self.environment)
            self._keep(database, lambda: postgres.start_again(database, self.places))
        if not text("REDIS_URL"):
            self.say("Starting the broker …")
            queue = broker.start(self.places, self.environment)
            self._keep(queue, lambda: broker.start_again(queue, self.places))

    def _prepare_database(self) -> None:
        for command, more in [(commands.migrate(), {}), *self.first]:
            environment = {**self.environment, **more}
            done = subprocess.run(
                command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise CannotStart(f"`{' '.join(command[1:])}` failed:\n{done.stdout}{done.stderr}")

    def _start_programs(self) -> None:
        self.say("Starting the worker" + (" and the web server …" if self.with_web else " …"))
        # A cold shutdown: its tasks go back to the queue, for the next start to take up.
        alone = {"LABELREVIEW_ONLY_WORKER": "" if text("REDIS_URL") else "1"}
        self._start_program("worker", commands.worker(), alone, stop_signal=signal.SIGQUIT)
        if self.with_web:
            self._start_program("scheduler", commands.scheduler(str(self.places.schedule)))
            self._start_program("web", commands.web())

    def _start_program(
        self,
        name: str,
        command: list[str],
        more: Mapping[str, str] = MappingProxyType({}),
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        child = Child(
            name=name,
            command=command,
            log=self.places.logs / f"{name}.log",
            environment={**self.environment, **commands.environment(name), **more},
            cwd=PROJECT,
            stop_signal=stop_signal,
        )
        self._keep(child, child.start)
        child.start()

    def _keep(self, child: Child, start: Callable[[], None]) -> None:
        self.kept.append(Kept(child=child, start=start))

    def _ready(self) -> bool:
        for kept in self.kept:
            if not kept.child.alive:
                raise CannotStart(f"{kept.child.name} ended at once:\n{kept.child.last_words()}")
        if self.with_web:
            return probes.is_well(probes.address())
        return probes.worker_answers(self.environment["REDIS_URL"])

    def _take_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Interrupt whatever goes on, once; the way down is not interrupted again."""
        if not self.stopping:
            self.stopping = True
            raise StopRequested
