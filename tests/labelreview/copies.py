"""Whole copies of LabelReview: real supervisors on folders and ports of their own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from labelreview.local import lock
from labelreview.local.children import MARK
from labelreview.local.places import PROJECT, Places

# What the test session has of its own and a copy must not inherit.
OURS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "LABELREVIEW_TESTS", "LABELREVIEW_DATA"}
SETTINGS = {"DJANGO_SETTINGS_MODULE": "labelreview.settings", "WEB_WORKERS": "1", "WORKER_CONCURRENCY": "1"}
PATIENCE = 240.0
# What tells the command line of each part from the others'.
SIGNS = {
    "postgres": "bin/postgres",
    "broker": "valkey-server",
    "worker": "labelreview worker",
    "scheduler": "labelreview beat",
    "web": "granian",
}


@dataclass
class Copy:
    """One data folder and port, and the supervisor that runs on them."""

    data: Path
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        return inherited | SETTINGS | {"LABELREVIEW_DATA": str(self.data), "PORT": str(self.port)}

    def start(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "labelreview.local", "up", *arguments]
        log = self.data.parent / f"{self.data.name}.log"
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=self.environment, stdout=output, stderr=output, text=True
            )
        wait_for(lambda: self._is_ready() or self.process.poll() is not None)
        assert self.process.poll() is None, log.read_text()

    def _is_ready(self) -> bool:
        running = lock.read(Places(self.data))
        return running is not None and running.pid == self.process.pid

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=PROJECT, env=self.environment, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=20) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)
        except OSError:
            return {"status": "unavailable"}

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this copy, the supervisor aside."""
        return [process for process in psutil.process_iter() if _mark(process) == str(self.data)]

    def part(self, name: str) -> psutil.Process:
        """The process that the supervisor started for the part; LookupError while there is none."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            if child.status() != psutil.STATUS_ZOMBIE and SIGNS[name] in " ".join(child.cmdline()):
                return child
        raise LookupError(name)


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "nothing happened in time"
        time.sleep(0.1)


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
