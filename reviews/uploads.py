"""An import from the file handed in until the worker has it; `reviews.importing` reads the file."""

from typing import Any

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from . import media, progress
from .models import ImportJob, JobStatus
from .permissions import Ability, Member

TASK = "reviews.import"


def receive(
    *,
    member: Member,
    file: File,
    format: str = "",
    mapping: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> ImportJob:
    """A queued import of `file` into the member's dataset; the worker is told once this is committed."""
    member.require(Ability.IMPORT)
    with transaction.atomic():
        job = ImportJob.objects.create(
            dataset=member.dataset,
            file_name=str(file.name),
            format=format,
            mapping=mapping or {},
            dry_run=dry_run,
            created_by_id=member.user.pk,
        )
        job.file = media.storage().save(f"imports/{job.pk}", file)
        job.save(update_fields=["file"])
        transaction.on_commit(lambda: current_app.send_task(TASK, kwargs={"job_id": job.pk}))
    return job


def cancel(*, job: ImportJob, member: Member) -> ImportJob:
    """The import as it stands after it was asked to stop; one that has not begun stops at once."""
    member.require(Ability.IMPORT)
    progress.cancel(kind="import", id=job.pk)
    queued = ImportJob.objects.filter(pk=job.pk, status=JobStatus.QUEUED)
    queued.update(status=JobStatus.CANCELLED, finished_at=timezone.now())
    job.refresh_from_db(fields=["status", "finished_at"])
    return job
