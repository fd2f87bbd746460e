"""Background work as somebody at a terminal sees it: a bar that moves until the work is over."""

import time
from typing import TypeVar

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from detection.models import DetectionRun
from reviews import progress
from reviews.models import UNFINISHED, ImportJob, JobStatus

POLL_SECONDS = 0.1

Work = TypeVar("Work", ImportJob, DetectionRun)


def follow(*, work: Work, title: str, console: Console) -> Work:
    """The import or run, once it is over; meanwhile a bar says how far it is."""
    kind: progress.Kind = "import" if isinstance(work, ImportJob) else "run"
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task(title, total=1.0)
        while work.status in UNFINISHED:
            live = progress.read(kind=kind, id=work.pk)
            bars.update(bar, completed=live.fraction, description=f"{title} {live.stage}".strip())
            time.sleep(POLL_SECONDS)
            work.refresh_from_db()
        bars.update(bar, completed=1.0, description=title)
    return work


def succeeded(work: ImportJob | DetectionRun) -> None:
    """Raise, in words, unless the work succeeded."""
    if work.status == JobStatus.SUCCEEDED:
        return
    if isinstance(work, DetectionRun):
        raise CommandError(f"The detection run {_ended(work)}. {work.error}".strip())
    lines = [_complaint(error) for error in work.errors[:10]]
    more = work.counts.get("errors", len(work.errors)) - len(lines)
    if more > 0:
        lines.append(f"… and {more:,} more")
    raise CommandError("\n".join([f"The import {_ended(work)}; nothing of the file was kept.", *lines]))


def _ended(work: ImportJob | DetectionRun) -> str:
    return "was cancelled" if work.status == JobStatus.CANCELLED else "failed"


def _complaint(error: dict[str, object]) -> str:
    where = [f"line {error['line']}"] if error.get("line") else []
    where += [f"“{error['column']}”"] if error.get("column") else []
    return f"  {', '.join(where)}: {error['detail']}" if where else f"  {error['detail']}"
