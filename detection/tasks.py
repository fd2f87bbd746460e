"""What the workers do for detection."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from . import execution, pieces, runs

# The database may go away for a moment.
AGAIN: dict[str, Any] = {"autoretry_for": (OperationalError,), "max_retries": 3, "retry_backoff": True}


@shared_task(name=runs.TASK, **AGAIN)
def run(*, run_id: int) -> None:
    """Bring one detection run to its end, or hand out its pieces."""
    execution.execute(run_id=run_id)


# A chord counts the results of its pieces.
@shared_task(name=pieces.PIECE, ignore_result=False, **AGAIN)
def piece(*, run_id: int, attempt: int, stage: str, number: int) -> None:
    """Do one piece of a large run."""
    pieces.work(run_id=run_id, attempt=attempt, stage=stage, number=number)


@shared_task(name=pieces.ADVANCE, **AGAIN)
def advance(*, run_id: int, attempt: int) -> None:
    """Hand out the next pieces of a large run, or finish it."""
    pieces.advance(run_id=run_id, attempt=attempt)


@shared_task(name="detection.sweep")
def sweep() -> None:
    """Recover what a dead worker left."""
    runs.sweep()
    pieces.clear_left()
