"""Services for a command that needs them: those that run already, else its own while it lasts."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGTERM

from labelreview.local import lock, places
from labelreview.local.children import CannotStart, die_with_parent
from labelreview.local.places import PROJECT, Places

PATIENCE = 240.0


@contextmanager
def services(*, web: bool = False) -> Iterator[lock.Running]:
    """Postgres, the broker and a worker (and the web server, if asked) answer inside the block.

    Attaches to the copy that runs on this LABELREVIEW_DATA, which may serve no web; else starts one and stops
    it at the end. Raises CannotStart.
    """
    here = places.from_environment()
    if lock.is_held(here):
        yield _wait(here, None)
        return
    command = [sys.executable, "-m", "labelreview.local", "up", "--quiet", *([] if web else ["--no-web"])]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(SIGTERM),
    )
    try:
        yield _wait(here, process)
    finally:
        process.terminate()
        process.communicate()


def _wait(here: Places, process: subprocess.Popen[str] | None) -> lock.Running:
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        if process and process.poll() is not None:
            raise CannotStart(process.communicate()[0].strip())
        if running := lock.read(here):
            return running
        time.sleep(0.1)
    raise CannotStart(f"The services on {here.data} do not answer; see {here.logs}.")
