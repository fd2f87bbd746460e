"""A detection run from the request to its flags.

A run may be handed to a worker more than once, after one was killed. Who works on it holds a lock of its
database session; each taking-up has a number, and only the last one may finish, in one transaction that
replaces everything.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from reviews import flags, ledger, media, progress
from reviews.errors import DomainError, NotAllowedNow
from reviews.models import UNFINISHED, Dataset, FlagKind, JobStatus
from reviews.permissions import Ability, Member

from .algorithms.registry import for_task
from .computation import DEFAULTS, STAGES, CannotDetect, Computation, Outcome
from .models import DetectionRun

TASK = "detection.run"
LOCK_CLASS = 0x4C44  # "LD": keeps these advisory locks apart from the others in the same database
ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=60)  # unlocked for so long after its start, a run has nobody working on it
REQUEUED_AFTER = timedelta(minutes=15)  # a message may wait for a free worker; twice is no harm


def request(
    *, member: Member, methods: Sequence[str] | None = None, options: dict[str, Any] | None = None
) -> DetectionRun:
    """A queued run; the worker is told on commit. Raises `NotAllowedNow` while another one is under way."""
    member.require(Ability.RUN)
    chosen = _methods(member.dataset, methods)
    try:
        with transaction.atomic():
            run = DetectionRun.objects.create(
                dataset=member.dataset,
                methods=chosen,
                options=DEFAULTS | (options or {}),
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


def execute(*, run_id: int) -> None:
    """Bring the run to its end, unless it is over or somebody else works on it."""
    with _held(run_id) as mine:
        run = _taken_up(run_id) if mine else None
        if run is None:
            return
        try:
            outcome = Computation(run).outcome()
            _finish(run, outcome)
        except progress.Cancelled:
            _end(run, JobStatus.CANCELLED)
        except CannotDetect as reason:
            _end(run, JobStatus.FAILED, error=str(reason))
        except SoftTimeLimitExceeded:
            _end(run, JobStatus.FAILED, error="The run took longer than this server allows.")
        except OperationalError:
            raise  # the database went away: the task is tried again
        except Exception:
            _end(run, JobStatus.FAILED, error="Something went wrong on the server; it has been logged.")
            raise


def sweep() -> int:
    """How many runs were handed out again, or given up, because the worker that had them died."""
    now = timezone.now()
    lost = DetectionRun.objects.filter(status=JobStatus.RUNNING, started_at__lt=now - LOST_AFTER)
    forgotten = DetectionRun.objects.filter(status=JobStatus.QUEUED, created_at__lt=now - REQUEUED_AFTER)
    swept = 0
    for run in [*lost, *forgotten]:
        with _held(run.pk) as nobody_works_on_it:
            if not nobody_works_on_it:
                continue
        swept += 1
        if run.attempt >= ATTEMPTS:
            _end(run, JobStatus.FAILED, error=f"The worker died {ATTEMPTS} times at this run.")
        else:
            send(run.pk)
    return swept


def _methods(dataset: Dataset, methods: Sequence[str] | None) -> list[str]:
    """The names of the detectors to run, all that know the task type when none are named."""
    able = [detector.name for detector in for_task(dataset.task_type)]
    if not able:
        raise DomainError(f"No detector knows the task type “{dataset.task_type}” yet.")
    unknown = [name for name in methods or () if name not in able]
    if unknown:
        said = f"“{unknown[0]}” is no method for {dataset.task_type}: there are {', '.join(able)}."
        raise DomainError(said, fields={"methods": [said]})
    return [name for name in able if name in methods] if methods else able


@contextmanager
def _held(run_id: int) -> Iterator[bool]:
    """Whether this session now holds the run's lock; the database lets go of it when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, run_id])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, run_id])


def _taken_up(run_id: int) -> DetectionRun | None:
    """The run with this attempt counted; None when it is over."""
    unfinished = DetectionRun.objects.filter(pk=run_id, status__in=UNFINISHED)
    started = unfinished.update(status=JobStatus.RUNNING, started_at=timezone.now(), attempt=F("attempt") + 1)
    return DetectionRun.objects.select_related("dataset").get(pk=run_id) if started else None


def _finish(run: DetectionRun, outcome: Outcome) -> None:
    """Write flags, health and summary at once, if the run is still this attempt's."""
    progress.report(kind="run", id=run.pk, stage="writing", fraction=STAGES["writing"])
    artefact = _store_scores(run, outcome)
    with transaction.atomic():
        mine = DetectionRun.objects.select_for_update().filter(
            pk=run.pk, status=JobStatus.RUNNING, attempt=run.attempt
        )
        if not mine.exists():
            return
        raised = flags.replace_flags(dataset=run.dataset, run_id=run.pk, suspicions=_suspicions(outcome))
        summary = _summary(outcome, raised)
        now = timezone.now()
        flags.record_health(
            dataset=run.dataset,
            health={
                "grade": outcome.health.grade,
                "error_rate": summary["error_rate"]["estimate"],
                "low": summary["error_rate"]["low"],
                "high": summary["error_rate"]["high"],
                "run": run.pk,
                "at": now.isoformat(),
            },
        )
        _end(run, JobStatus.SUCCEEDED, stage="done", progress=1.0, summary=summary, artefact=artefact)
    progress.report(kind="run", id=run.pk, stage="done", fraction=1.0)


def _end(run: DetectionRun, status: JobStatus, **more: Any) -> None:
    """The run is over, if it is still this attempt's."""
    still = DetectionRun.objects.filter(pk=run.pk, status__in=UNFINISHED, attempt=run.attempt)
    still.update(status=status, finished_at=timezone.now(), **more)


def _suspicions(outcome: Outcome) -> Iterator[flags.Suspicion]:
    ids, labels, classes = outcome.asked.ids, outcome.asked.labels, outcome.asked.classes
    for found in outcome.suspicions:
        yield flags.Suspicion(
            item_id=int(ids[found.item]),
            kind=FlagKind(found.kind),
            given=classes[labels[found.item]],
            suggested=classes[found.suggested] if found.suggested >= 0 else None,
            score=round(found.score, 6),
            priority=round(found.score, 6),
            evidence=[
                {"detector": detector, "text": told.text, "data": told.data}
                for detector, told in found.evidence
            ],
        )


def _summary(outcome: Outcome, raised: dict[str, int]) -> dict[str, Any]:
    health = outcome.health
    return {
        "items": len(outcome.asked.ids),
        "labelled": int((outcome.asked.labels >= 0).sum()),
        "flags": sum(raised.values()),
        "by_kind": dict(raised),
        "by_method": {name: len(found.index) for name, found in outcome.found.items()},
        "error_rate": {
            "estimate": round(health.estimate, 5),
            "low": round(health.low, 5),
            "high": round(health.high, 5),
        },
        "grade": health.grade,
        **outcome.notes,
    }


def _store_scores(run: DetectionRun, outcome: Outcome) -> str:
    """Where the scores of all items went: an array per detector, and how likely each label is wrong."""
    file = BytesIO()
    arrays: dict[str, Any] = {
        "items": outcome.asked.ids,
        "wrongness": outcome.judgement.wrongness.astype(np.float32),
        "suggested": outcome.judgement.suggested.astype(np.int32),
    }
    for name, found in outcome.found.items():
        arrays[f"score_{name}"] = found.scores.astype(np.float32)
    np.savez_compressed(file, **arrays)
    return media.storage().save(f"runs/{run.pk}.npz", ContentFile(file.getvalue()))
