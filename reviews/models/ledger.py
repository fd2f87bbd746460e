from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone

from .dataset import Dataset
from .item import Item
from .triggers import APPEND_ONLY


class AuditEvent(models.Model):
    """One line of the append-only log. `payload` carries what is needed to prove the rows it stands for."""

    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="audit_events", db_index=False, db_constraint=False
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["dataset", "-id"], name="audit_newest_first")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


class Seal(models.Model):
    """The place of one event in its dataset's chain, and the hash over it and the seal before."""

    event = models.OneToOneField(
        AuditEvent, primary_key=True, on_delete=models.PROTECT, related_name="seal", db_constraint=False
    )
    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="seals", db_index=False, db_constraint=False
    )
    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "position"], name="seal_position_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"


class LabelStatus(models.TextChoices):
    """What the official label says of the item beside its value."""

    LABELLED = "labelled"
    UNLABELLED = "unlabelled"
    AMBIGUOUS = "ambiguous"
    EXCLUDED = "excluded"


class Cause(models.TextChoices):
    IMPORT = "import"
    CONSENSUS = "consensus"
    CORRECTION = "correction"
    UNDO = "undo"


class LabelRevision(models.Model):
    """The official label of an item from one event on. Its author and time are the event's."""

    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="revisions", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    value = models.JSONField(null=True)
    status = models.CharField(max_length=12, choices=LabelStatus, default=LabelStatus.LABELLED)
    cause = models.CharField(max_length=12, choices=Cause)
    event = models.ForeignKey(
        AuditEvent, on_delete=models.PROTECT, related_name="revisions", db_constraint=False, db_index=False
    )

    class Meta:
        # Revisions lie in the order of their events, so blocks of them tell these apart; an import pays
        # nothing for it.
        indexes = [BrinIndex(name="revision_by_event", fields=["event"], autosummarize=True)]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="revision_number_once"),
            models.CheckConstraint(condition=models.Q(status__in=LabelStatus.values), name="revision_status"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.item_id} #{self.number}: {self.value}"


class Version(models.Model):
    """An immutable, named position in a dataset's ledger, with the hash of its canonical export."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    tag = models.CharField(max_length=50)
    note = models.TextField(blank=True, default="")
    position = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    item_count = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "tag"], name="version_tag_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.tag
