from django.conf import settings
from django.db import models

from .dataset import Dataset


class JobStatus(models.TextChoices):
    """The states of background work, of imports and detection runs alike."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class ImportJob(models.Model):
    """One file on its way into a dataset. Live progress is in the cache; this row has the outcome."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="imports")
    file = models.CharField(max_length=200)
    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=20, blank=True, default="")
    mapping = models.JSONField(default=dict, blank=True)
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    counts = models.JSONField(default=dict)
    errors = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=JobStatus.values), name="import_status")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.status})"
