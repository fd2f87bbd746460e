"""What the workers do for the project as a whole."""

from celery import shared_task

from .sessions import SessionStore


@shared_task(name="labelreview.clear_sessions")
def clear_sessions() -> None:
    """Forget the sessions that have expired, which nobody can use any more."""
    SessionStore.clear_expired()
