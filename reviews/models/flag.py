from django.conf import settings
from django.db import models
from django.db.models.functions import Random

from .dataset import Dataset
from .item import Item
from .triggers import KEPT


class FlagKind(models.TextChoices):
    WRONG_CLASS = "wrong_class"
    MISSING_LABEL = "missing_label"
    SPURIOUS_LABEL = "spurious_label"
    BAD_BOUNDARY = "bad_boundary"
    DUPLICATE_ANNOTATION = "duplicate_annotation"
    AMBIGUOUS = "ambiguous"
    OUT_OF_DISTRIBUTION = "out_of_distribution"
    INCONSISTENT_DUPLICATES = "inconsistent_duplicates"
    ANNOTATOR_DISAGREEMENT = "annotator_disagreement"
    STALE_GUIDELINE = "stale_guideline"
    BAD_DATA = "bad_data"
    REPORTED = "reported"


class FlagState(models.TextChoices):
    OPEN = "open"
    ESCALATED = "escalated"
    RETURNED = "returned"
    KEPT = "kept"
    PROPOSED = "proposed"
    APPLIED = "applied"
    SUPERSEDED = "superseded"


class Flag(models.Model):
    """A suspicion about one item or one part of it. Only `reviews.workflow` moves its state."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="flags", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=30, choices=FlagKind)
    part = models.JSONField(null=True)
    given = models.JSONField(null=True)
    suggested = models.JSONField(null=True)
    # The calibrated probability that the label is wrong, 0..1.
    score = models.FloatField()
    priority = models.FloatField()
    evidence = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=FlagState, default=FlagState.OPEN)
    version = models.PositiveIntegerField(default=1)
    # The detection run that raised it, null where a person did. People's data does not know machines, so
    # this is no foreign key.
    run = models.BigIntegerField(null=True)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    leased_until = models.DateTimeField(null=True)
    # A place in a random order that is drawn once, so that the random queue is an index scan.
    shuffle = models.FloatField(db_default=Random())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=FlagState.values), name="flag_state"),
            models.CheckConstraint(condition=models.Q(kind__in=FlagKind.values), name="flag_kind"),
            models.UniqueConstraint(
                fields=["item", "kind", "part"],
                condition=models.Q(state__in=["open", "escalated", "returned", "proposed"]),
                nulls_distinct=False,
                name="flag_suspicion_once",
            ),
        ]
        indexes = [
            models.Index(fields=["dataset", "state", "priority", "id"], name="flag_queue"),
            models.Index(fields=["dataset", "priority", "id"], name="flag_by_priority"),
            models.Index(fields=["dataset", "state", "shuffle"], name="flag_random"),
            models.Index(
                fields=["leased_to", "dataset"],
                condition=models.Q(leased_to__isnull=False),
                name="flag_leases",
            ),
        ]
        triggers = [KEPT]

    def __str__(self) -> str:
        return f"{self.kind} on {self.item_id} ({self.state})"
