"""Files into datasets, in the background: a job ends whole or leaves nothing.

A job may be handed to a worker more than once, after one was killed. What counts is its row, which is locked
while somebody works on it; whoever finds it finished goes home.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from itertools import islice
from pathlib import PurePath
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.base import File
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from . import media, progress
from .errors import NotAllowedNow
from .formats.archive import Archive, Limits
from .formats.errors import FormatError
from .formats.parsing import MAX_NAME_LENGTH
from .formats.registry import open_source
from .intake import CATEGORIES, COUNTED, Intake, Sidecar
from .models import UNFINISHED, Dataset, ImportJob, JobStatus
from .tasktypes.registry import TASK_TYPES

# What takes predictions and embeddings; `detection` adds its own, as `reviews` may not know it.
SIDECARS: list[Callable[[Dataset], Sidecar]] = []

LOCK_CLASS = 0x4C49  # "LI": imports into one dataset come one after the other
CHUNK = 5_000
PICTURES_CHUNK = 100  # pictures take long: the bar shall move and a cancellation be heard
ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=60)  # unlocked for so long after its start, a job has nobody working on it
UNHEARD_AFTER = timedelta(minutes=15)  # a message may wait for a free worker; twice is no harm
STRAY_AFTER = timedelta(hours=6)
FAULT = "The import stopped because of a fault of the program; the worker's log has it."
LOST = "The import was given up: the worker that ran it died several times."


def accept(
    *,
    dataset: Dataset,
    actor: User,
    file: File,
    file_name: str,
    format: str = "",
    mapping: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> ImportJob:
    """The job that will import the uploaded file, once `reviews.tasks.import_file` is told its id."""
    return ImportJob.objects.create(
        dataset=dataset,
        file=media.storage().save(f"imports/{uuid4().hex}", file),
        file_name=file_name[-255:],
        format=format,
        mapping=mapping or {},
        dry_run=dry_run,
        counts=dict.fromkeys(COUNTED, 0),
        created_by=actor,
    )


def cancel(*, job: ImportJob) -> None:
    """Stop the job before it begins, or at its next report; raises `NotAllowedNow` when it is over."""
    waiting = ImportJob.objects.filter(pk=job.pk, status=JobStatus.QUEUED)
    if waiting.update(status=JobStatus.CANCELLED, finished_at=timezone.now()):
        media.storage().delete(job.file)
    elif ImportJob.objects.filter(pk=job.pk, status=JobStatus.RUNNING).exists():
        progress.cancel(kind="import", id=job.pk)
    else:
        raise NotAllowedNow("This import is over.")


def run(*, job_id: int) -> ImportJob | None:
    """The job, over now; None where there is nothing to do or somebody else does it."""
    if not _claim(job_id):
        return None
    stored: list[str] = []
    outcome: dict[str, Any] | None
    try:
        outcome = _attempt(job_id, stored)
    except progress.Cancelled:
        outcome = {"status": JobStatus.CANCELLED}
    except OperationalError:
        raise  # the database went away or chose a victim: the sweep has it tried again
    except Exception:
        _close(job_id, status=JobStatus.FAILED, errors=[_plain_error("fault", FAULT)])
        media.discard(stored)
        raise
    if outcome is None:
        return None
    _close(job_id, **outcome)
    media.discard(stored)
    return ImportJob.objects.get(pk=job_id)


# One attempt


def _claim(job_id: int) -> bool:
    """Whether the job is to be done, and by this process; it is seen to be running from now on."""
    with transaction.atomic():
        job = _locked(job_id)
        if job is None:
            return False
        job.status, job.started_at = JobStatus.RUNNING, timezone.now()
        job.save(update_fields=["status", "started_at"])
    return True


def _locked(job_id: int) -> ImportJob | None:
    """The unfinished job, held until the transaction ends; None where it is over or somebody has it."""
    unfinished = ImportJob.objects.filter(pk=job_id, status__in=UNFINISHED)
    return unfinished.select_for_update(skip_locked=True, of=("self",)).select_related("created_by").first()


def _attempt(job_id: int, stored: list[str]) -> dict[str, Any] | None:
    """What is to be written of the job, or None where another process took it in the moment since the claim.

    Nothing is to be written of a success: the job's row says so in the transaction that brought the rows.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job is None:
            return None
        dataset = _alone_with_dataset(job)
        sidecars = [make(dataset) for make in SIDECARS]
        with closing(Intake(dataset=dataset, sidecars=sidecars, stored=stored)) as intake:
            _read(job, intake)
            outcome = _outcome(job, intake)
        if intake.errors or job.dry_run:
            transaction.set_rollback(True)
            return outcome
        _close(job_id, **outcome)
    stored.clear()
    return {}


def _outcome(job: ImportJob, intake: Intake) -> dict[str, Any]:
    counts = dict(intake.counts)
    if intake.errors:
        errors = [error.as_json() for error in intake.errors]
        return {"status": JobStatus.FAILED, "counts": counts, "format": job.format, "errors": errors}
    payload = {"file": job.file_name, "format": job.format, "mapping": job.mapping}
    intake.finish(actor=job.created_by, subject=job, payload=payload)
    return {"status": JobStatus.SUCCEEDED, "counts": counts, "format": job.format}


def _alone_with_dataset(job: ImportJob) -> Dataset:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, job.dataset_id])
    return Dataset.objects.get(pk=job.dataset_id)


def _read(job: ImportJob, intake: Intake) -> None:
    """Have everything that the file holds taken in; the errors are in the intake."""
    try:
        with media.opened(job.file) as file:
            size, furthest = file.seek(0, 2) or 1, 0.0
            file.seek(0)
            for take, chunk in _chunks(job, intake, file):
                take(chunk)
                if len(chunk) == 1 and isinstance(chunk[0], FormatError):
                    continue  # a block's errors come one by one: to tell of each takes longer than to find it
                furthest = max(furthest, file.tell() / size)  # an archive is read to and fro
                progress.report(kind="import", id=job.pk, stage="reading", fraction=0.9 * furthest)
    except FormatError as error:
        intake.refuse(error)
    if not intake.counts["rows"] and not intake.errors:
        intake.refuse(FormatError("empty_file", "the file has no rows"))
    progress.report(kind="import", id=job.pk, stage="writing", fraction=0.9)


def _chunks(
    job: ImportJob, intake: Intake, file: BinaryIO
) -> Iterator[tuple[Callable[..., None], list[Any]]]:
    """Some rows each, with what takes them in."""
    kind, source = open_source(file, name=job.format, limits=_limits())
    job.format = kind.name
    if isinstance(source, Archive):
        intake.archive = source
        media.share()
    dataset = intake.dataset
    mapping = job.mapping
    if kind.attaches:
        mapping = {"model": _stem(job.file_name), "categories": dataset.settings.get(CATEGORIES)} | mapping
    if kind.settings is not None:
        intake.settings = kind.settings(source, mapping)
    rows = kind.read(source, task=TASK_TYPES[dataset.task_type], media=dataset.media, mapping=mapping)
    size = 1 if kind.attaches else PICTURES_CHUNK if intake.archive else CHUNK
    while chunk := list(islice(rows, size)):
        yield (intake.attach if kind.attaches else intake.take), chunk


def _stem(file_name: str) -> str:
    """What the predictions of a file are called that names no model."""
    return PurePath(file_name).stem.strip().replace("\0", "")[:MAX_NAME_LENGTH] or "model"


def _limits() -> Limits:
    return Limits(
        entries=settings.MAX_ARCHIVE_ENTRIES,
        entry_bytes=settings.MAX_ARCHIVE_FILE_BYTES,
        total_bytes=settings.MAX_ARCHIVE_BYTES,
    )


def _close(job_id: int, **outcome: Any) -> None:
    """Write what became of the job, and let its file go when that is committed."""
    if not outcome:
        return
    jobs = ImportJob.objects.filter(pk=job_id, status__in=UNFINISHED)
    jobs.update(finished_at=timezone.now(), **outcome)
    name = ImportJob.objects.values_list("file", flat=True).get(pk=job_id)
    transaction.on_commit(lambda: _delete(name))


def _delete(name: str) -> None:
    with suppress(FileNotFoundError):
        media.storage().delete(name)


def _plain_error(code: str, detail: str) -> dict[str, Any]:
    return FormatError(code, detail).as_json()


# Recovery


def drop_strays() -> int:
    """How many uploaded files were deleted because no job waits for them: their upload ended half way."""
    files = media.storage()
    try:
        names = [f"imports/{name}" for name in files.listdir("imports")[1]]
    except FileNotFoundError:
        return 0
    waited_for = set(ImportJob.objects.filter(status__in=UNFINISHED).values_list("file", flat=True))
    strays = [name for name in names if name not in waited_for and _is_old(name)]
    for name in strays:
        _delete(name)
    return len(strays)


def _is_old(name: str) -> bool:
    return media.storage().get_modified_time(name) < timezone.now() - STRAY_AFTER


def unattended() -> list[int]:
    """Ids of the jobs that nobody works on and that are to be handed out again; hopeless ones are failed."""
    now = timezone.now()
    with transaction.atomic():
        jobs = ImportJob.objects.select_for_update(skip_locked=True)
        lost = jobs.filter(status=JobStatus.RUNNING, started_at__lt=now - LOST_AFTER)
        unheard = jobs.filter(status=JobStatus.QUEUED, created_at__lt=now - UNHEARD_AFTER)
        ids = [*lost.values_list("pk", flat=True), *unheard.values_list("pk", flat=True)]
    return [job_id for job_id in ids if _may_try_again(job_id)]


def _may_try_again(job_id: int) -> bool:
    if not cache.add(f"import:handed-out:{job_id}", True, LOST_AFTER.total_seconds()):
        return False
    key = f"import:attempts:{job_id}"
    cache.add(key, 0, 24 * 3600)
    if cache.incr(key) < ATTEMPTS:
        return True
    _close(job_id, status=JobStatus.FAILED, errors=[_plain_error("worker_lost", LOST)])
    return False
