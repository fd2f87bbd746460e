"""What the workers do for detection."""

from celery import shared_task
from django.db import OperationalError

from . import execution, runs


@shared_task(name=runs.TASK, autoretry_for=(OperationalError,), max_retries=3, retry_backoff=True)
def run(*, run_id: int) -> None:
    """Bring one detection run to its end."""
    execution.execute(run_id=run_id)


@shared_task(name="detection.sweep")
def sweep() -> None:
    """Recover what a dead worker left."""
    runs.sweep()
