"""What the workers do for detection."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from . import execution, parts, runs

# The database may go away for a moment.
AGAIN: dict[str, Any] = {"autoretry_for": (OperationalError,), "max_retries": 3, "retry_backoff": True}


@shared_task(name=runs.TASK, **AGAIN)
def run(*, run_id: int) -> None:
    """Bring one detection run to its end, or hand out its parts."""
    execution.execute(run_id=run_id)


# A chord counts the results of its parts.
@shared_task(name=parts.PART, ignore_result=False, **AGAIN)
def part(*, run_id: int, attempt: int, stage: str, number: int) -> None:
    """Do one part of a large run."""
    parts.work(run_id=run_id, attempt=attempt, stage=stage, number=number)


@shared_task(name=parts.ADVANCE, **AGAIN)
def advance(*, run_id: int, attempt: int) -> None:
    """Hand out the next parts of a large run, or finish it."""
    parts.advance(run_id=run_id, attempt=attempt)


@shared_task(name="detection.sweep")
def sweep() -> None:
    """Recover what a dead worker left."""
    runs.sweep()
    parts.clear_left()
