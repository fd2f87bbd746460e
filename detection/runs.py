"""Detection runs: asked for, stopped, taken up, ended, recovered. `execution` does the work of one.

A run may be handed to a worker more than once, after one was killed. Who works on it holds a lock of its
database session, and those who work on pieces of it share that lock; each taking-up has a number, and only
the last one may finish, in one transaction that replaces everything. Pieces may wait for a free worker while
nobody holds the lock: who works on one leaves word of when.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import ChannelError

from reviews import ledger, progress
from reviews.errors import DomainError, NotAllowedNow
from reviews.models import UNFINISHED, Dataset, JobStatus
from reviews.permissions import Ability, Member

from .embedders.choice import MEDIA, parse
from .models import DetectionRun

TASK = "detection.run"
LOCK_CLASS = 0x4C44  # "LD": keeps these advisory locks apart from the others in the same database
ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=60)  # unlocked for so long after its start, a run has nobody working on it
REQUEUED_AFTER = timedelta(minutes=15)  # a message may wait for a free worker; twice is no harm
DIED = f"The worker died {ATTEMPTS} times at this run."
DEFAULTS: dict[str, Any] = {
    "seed": 0,
    "min_probability": 0.1,
    "max_flags": None,
    "trust_model_below": False,
    "embedder": None,
}


def request(
    *, member: Member, methods: Sequence[str] | None = None, options: dict[str, Any] | None = None
) -> DetectionRun:
    """A queued run; the worker is told on commit. Raises `NotAllowedNow` while another one is under way."""
    member.require(Ability.RUN)
    chosen = _methods(member.dataset, methods)
    how = DEFAULTS | {"embedder": member.dataset.settings.get("embedder")} | (options or {})
    how["embedder"] = _embedder(member.dataset, how["embedder"])
    try:
        with transaction.atomic():
            run = DetectionRun.objects.create(
                dataset=member.dataset,
                methods=chosen,
                options=how,
                created_by_id=member.user.pk,
            )
            ledger.share(dataset_id=member.dataset.pk)
            ledger.record(
                dataset_id=member.dataset.pk,
                actor=run.created_by,
                action="run.request",
                subject=run,
                payload={"methods": chosen, "options": run.options},
            )
            transaction.on_commit(partial(send, run.pk))
    except IntegrityError as error:
        raise NotAllowedNow("A detection run of this dataset is under way.") from error
    return run


def cancel(*, run: DetectionRun, member: Member) -> DetectionRun:
    """The run as it stands after it was asked to stop; one that waits stops at once."""
    member.require(Ability.RUN)
    progress.cancel(kind="run", id=run.pk)
    waiting = DetectionRun.objects.filter(pk=run.pk, status=JobStatus.QUEUED)
    if not waiting.update(status=JobStatus.CANCELLED, finished_at=timezone.now()):
        run.refresh_from_db()
        if run.status not in UNFINISHED:
            raise NotAllowedNow("This run is over.")
    run.refresh_from_db()
    return run


def send(run_id: int) -> None:
    current_app.send_task(TASK, kwargs={"run_id": run_id})


def sweep() -> int:
    """How many runs were handed out again, or given up, because the worker that had them died."""
    now = timezone.now()
    lost = DetectionRun.objects.filter(status=JobStatus.RUNNING, started_at__lt=now - LOST_AFTER)
    forgotten = DetectionRun.objects.filter(status=JobStatus.QUEUED, created_at__lt=now - REQUEUED_AFTER)
    swept = 0
    for run in [*lost, *forgotten]:
        with held(run.pk) as nobody_works_on_it:
            if not nobody_works_on_it or _pieces_may_wait(run.pk):
                continue
        if run.attempt >= ATTEMPTS:
            end(run, JobStatus.FAILED, error=DIED)
        elif cache.add(f"run:handed-out:{run.pk}", True, REQUEUED_AFTER.total_seconds()):
            send(run.pk)
        else:
            continue
        swept += 1
    return swept


def _methods(dataset: Dataset, methods: Sequence[str] | None) -> list[str]:
    """The names of the detectors to run, all that know the task type when none are named."""
    # Not before it is needed: the web processes shall not carry SciPy about.
    from .algorithms.registry import methods_for

    able = methods_for(dataset.task_type)
    if not able:
        raise DomainError(f"No detector knows the task type “{dataset.task_type}” yet.")
    unknown = [name for name in methods or () if name not in able]
    if unknown:
        said = f"“{unknown[0]}” is no method for {dataset.task_type}: there are {', '.join(able)}."
        raise DomainError(said, fields={"methods": [said]})
    return [name for name in able if name in methods] if methods else able


def _embedder(dataset: Dataset, said: Any) -> dict[str, str] | None:
    """The embedder that this says, known to read the dataset's items; the built-in ways for None."""
    if said is None:
        return None
    try:
        choice = parse(said)
        if dataset.media not in MEDIA[choice.kind]:
            raise ValueError(f"No embedder of kind {choice.kind} reads {dataset.media} items.")
    except ValueError as error:
        raise DomainError(str(error), fields={"options.embedder": [str(error)]}) from None
    return choice.plain()


@contextmanager
def held(run_id: int) -> Iterator[bool]:
    """Whether this session now holds the run's lock; the database lets go of it when the process dies."""
    with _locked(run_id, "SELECT pg_try_advisory_lock(%s, %s)", "SELECT pg_advisory_unlock(%s, %s)") as mine:
        yield mine


@contextmanager
def shared(run_id: int) -> Iterator[None]:
    """Hold the run's lock beside others who work on pieces of it, as soon as nobody has it alone."""
    lock, unlock = "pg_advisory_lock_shared(%s, %s)", "pg_advisory_unlock_shared(%s, %s)"
    with _locked(run_id, f"SELECT {lock} IS NOT NULL", f"SELECT {unlock}"):
        yield


@contextmanager
def _locked(run_id: int, lock: str, unlock: str) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute(lock, [LOCK_CLASS, run_id])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(unlock, [LOCK_CLASS, run_id])


def taken_up(run_id: int) -> DetectionRun | None:
    """The run with this attempt counted; None when it is over."""
    unfinished = DetectionRun.objects.filter(pk=run_id, status__in=UNFINISHED)
    started = unfinished.update(status=JobStatus.RUNNING, started_at=timezone.now(), attempt=F("attempt") + 1)
    return DetectionRun.objects.select_related("dataset").get(pk=run_id) if started else None


def end(run: DetectionRun, status: JobStatus, **more: Any) -> None:
    """The run is over, if it is still this attempt's."""
    still = DetectionRun.objects.filter(pk=run.pk, status__in=UNFINISHED, attempt=run.attempt)
    still.update(status=status, finished_at=timezone.now(), **more)


def under_way(run_id: int, attempt: int) -> DetectionRun | None:
    """The run, if it is being worked on in this attempt."""
    running = DetectionRun.objects.filter(pk=run_id, status=JobStatus.RUNNING, attempt=attempt)
    return running.select_related("dataset").first()


def is_unfinished(run_id: int) -> bool:
    return DetectionRun.objects.filter(pk=run_id, status__in=UNFINISHED).exists()


def saw(run_id: int) -> None:
    """Leave word that somebody works on a piece of the run."""
    cache.set(_seen(run_id), time.time(), progress.KEPT_FOR)


def _seen(run_id: int) -> str:
    return f"run:seen:{run_id}"


def _pieces_may_wait(run_id: int) -> bool:
    """Whether pieces of the run that nobody works on may be waiting for a free worker."""
    seen_at = cache.get(_seen(run_id))
    if seen_at is None:
        return False
    quiet = timedelta(seconds=time.time() - seen_at)
    return quiet < LOST_AFTER or (quiet < REQUEUED_AFTER and _messages_wait())


def _messages_wait() -> bool:
    with current_app.connection_for_read() as broker:
        try:
            return broker.SimpleQueue(current_app.conf.task_default_queue).qsize() > 0
        except ChannelError:  # Redis knows no empty queue
            return False
