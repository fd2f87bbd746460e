from django.conf import settings as project
from django.db import models

from .triggers import KEPT


class TaskType(models.TextChoices):
    CLASSIFICATION = "classification"
    MULTILABEL = "multilabel"
    SPANS = "spans"
    BOXES = "boxes"


class Media(models.TextChoices):
    IMAGE = "image"
    TEXT = "text"
    TABLE = "table"


class SignoffPolicy(models.TextChoices):
    """Whose approval a correction needs before the official label changes."""

    NONE = "none"
    SECOND_REVIEWER = "second_reviewer"
    EXPERT = "expert"


class Role(models.TextChoices):
    ANNOTATOR = "annotator"
    LEAD = "lead"
    EXPERT = "expert"
    OWNER = "owner"


class Dataset(models.Model):
    """Items of one task type with their classes, members and settings."""

    name = models.CharField(max_length=200)
    task_type = models.CharField(max_length=20, choices=TaskType)
    media = models.CharField(max_length=10, choices=Media)
    classes = models.JSONField(default=list, blank=True)
    signoff_policy = models.CharField(max_length=20, choices=SignoffPolicy, default=SignoffPolicy.NONE)
    settings = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True, default="")
    # What the last finished detection run said of the whole set; see `reviews.flags.record_health`.
    health = models.JSONField(null=True, blank=True)
    # Kept by the import that adds the items, in its transaction, so that no page counts a million rows.
    item_count = models.PositiveIntegerField(default=0)
    members = models.ManyToManyField(project.AUTH_USER_MODEL, through="Membership", related_name="datasets")
    created_by = models.ForeignKey(project.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(task_type__in=TaskType.values), name="dataset_task_type"
            ),
            models.CheckConstraint(condition=models.Q(media__in=Media.values), name="dataset_media"),
            models.CheckConstraint(
                condition=models.Q(signoff_policy__in=SignoffPolicy.values), name="dataset_signoff_policy"
            ),
        ]
        triggers = [KEPT]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """The role of one user in one dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(project.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "dataset"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.dataset}"
