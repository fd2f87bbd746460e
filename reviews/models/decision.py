import pgtrigger
from django.conf import settings
from django.db import models

from .dataset import Dataset
from .flag import Flag, FlagState
from .item import Item
from .ledger import LabelRevision, LabelStatus
from .triggers import APPEND_ONLY, KEPT


class Action(models.TextChoices):
    """What moves a flag: five for a reviewer, two for a signer, second thoughts, and a newer run."""

    KEEP = "keep"
    CORRECT = "correct"
    AMBIGUOUS = "ambiguous"
    EXCLUDE = "exclude"
    ESCALATE = "escalate"
    APPROVE = "approve"
    REJECT = "reject"
    UNDO = "undo"
    SUPERSEDE = "supersede"


class Decision(models.Model):
    """What one person said of a flag at one moment; an undo is one more of them."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="decisions", db_constraint=False)
    action = models.CharField(max_length=12, choices=Action)
    value = models.JSONField(null=True)
    reason = models.TextField(blank=True, default="")
    rule = models.CharField(max_length=20, blank=True, default="")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    from_state = models.CharField(max_length=12, choices=FlagState)
    to_state = models.CharField(max_length=12, choices=FlagState)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.action} {self.flag_id}"


class CorrectionState(models.TextChoices):
    PROPOSED = "proposed"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Correction(models.Model):
    """A proposed change of one official label. Only `state` and `revision` ever change."""

    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="corrections", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="corrections", db_constraint=False)
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="corrections", db_constraint=False)
    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, related_name="correction", db_constraint=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="corrections", db_index=False
    )
    base = models.ForeignKey(
        LabelRevision, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    value = models.JSONField(null=True)
    status = models.CharField(max_length=12, choices=LabelStatus)
    state = models.CharField(max_length=10, choices=CorrectionState, default=CorrectionState.PROPOSED)
    revision = models.OneToOneField(
        LabelRevision, null=True, on_delete=models.PROTECT, related_name="correction", db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["dataset", "state", "-id"], name="correction_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=CorrectionState.values), name="correction_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="applied") | models.Q(revision__isnull=False),
                name="applied_correction_has_revision",
            ),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state="proposed"), name="one_proposed_correction"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="frozen_proposal", exclude=["state", "revision"]),
            KEPT,
        ]

    def __str__(self) -> str:
        return f"{self.item_id} to {self.value} ({self.state})"


class Verdict(models.TextChoices):
    APPROVE = "approve"
    REJECT = "reject"


class SignOff(models.Model):
    """A second person's signed verdict on a correction: who, when, and what the signature means."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="signoffs")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signoffs")
    verdict = models.CharField(max_length=10, choices=Verdict)
    meaning = models.CharField(max_length=200)
    comment = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.verdict} of correction {self.correction_id}"
