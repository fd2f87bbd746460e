"""Imports: a file handed in, and how far it has come."""

from datetime import datetime
from typing import Any, TypedDict

import orjson
from django.db import transaction
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import importing, progress, tasks
from reviews.formats.registry import FORMATS
from reviews.models import ImportJob, JobStatus
from reviews.permissions import Ability

from .pagination import paginate
from .schema import PAGING, operation, page_of
from .values import ObjectField
from .views import View, read


class RowErrorJSON(TypedDict):
    """What is wrong with one row of the file, or (without a line) with all of it."""

    line: int | None
    column: str | None
    code: str
    detail: str


class ImportJSON(TypedDict):
    id: int
    dataset: int
    status: JobStatus
    stage: str
    progress: float
    dry_run: bool
    format: str
    file_name: str
    counts: dict[str, int]
    errors: list[RowErrorJSON]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Mapping(ObjectField):
    """JSON text in a form's field."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            try:
                data = orjson.loads(data or "{}")
            except orjson.JSONDecodeError as error:
                raise serializers.ValidationError(f"This is not JSON: {error}") from error
        return super().to_internal_value(data)


class Upload(serializers.Serializer[Any]):
    file = serializers.FileField(max_length=255)
    format = serializers.ChoiceField([*FORMATS, "zip"], required=False, allow_blank=True, default="")
    mapping = Mapping(required=False, default=dict, help_text="Which column is what, as JSON text.")
    dry_run = serializers.BooleanField(required=False, default=False)


def render(job: ImportJob) -> ImportJSON:
    stage, fraction = "done", 1.0
    if job.status != JobStatus.SUCCEEDED:
        stage, fraction = progress.read(kind="import", id=job.pk)
    return {
        "id": job.pk,
        "dataset": job.dataset_id,
        "status": JobStatus(job.status),
        "stage": stage,
        "progress": fraction,
        "dry_run": job.dry_run,
        "format": job.format,
        "file_name": job.file_name,
        "counts": job.counts,
        "errors": job.errors,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


class ImportsView(View):
    parser_classes = [MultiPartParser]

    @operation("imports_list", page_of(ImportJSON), parameters=PAGING, refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        rows = ImportJob.objects.filter(dataset=self.member(dataset).dataset)
        page = paginate(
            request=request, rows=rows, order=["-id"], render=lambda found: [render(job) for job in found]
        )
        return Response(page)

    @operation(
        "imports_create",
        ImportJSON,
        status=202,
        request={"multipart/form-data": Upload},
        refuses=(400, 401, 403, 404, 413),
    )
    def post(self, request: Request, dataset: int) -> Response:
        """Hand in a file; it is read in the background."""
        member = self.member(dataset, Ability.IMPORT)
        given = read(Upload, request)
        with transaction.atomic():
            job = importing.accept(
                dataset=member.dataset, actor=member.user, file_name=given["file"].name or "upload", **given
            )
            transaction.on_commit(lambda: tasks.import_file.delay(job_id=job.pk))
        return Response(render(job), status=202)


class ImportView(View):
    @operation("imports_read", ImportJSON, refuses=(401, 404))
    def get(self, request: Request, job: int) -> Response:
        found, _ = self.seen(ImportJob.objects.all(), job)
        return Response(render(found))


class CancelView(View):
    @operation("imports_cancel", ImportJSON, refuses=(401, 403, 404, 409))
    def post(self, request: Request, job: int) -> Response:
        """Ask a running import to stop; it leaves nothing behind."""
        found, _ = self.seen(ImportJob.objects.all(), job, Ability.IMPORT)
        importing.cancel(job=found)
        found.refresh_from_db(fields=["status", "finished_at"])
        return Response(render(found))
