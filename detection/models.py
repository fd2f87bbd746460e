"""What machines said: detection runs, imported predictions and embeddings."""

from django.conf import settings
from django.db import models

from reviews.models import UNFINISHED, Dataset, Item, JobStatus


class DetectionRun(models.Model):
    """One background pass of detectors over a dataset. Live progress is in the cache, the outcome here."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs", db_index=False)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    stage = models.CharField(max_length=20, blank=True, default="")
    progress = models.FloatField(default=0.0)
    methods = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    # Null until the run has succeeded.
    summary = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    # Where in the storage the scores of all items are.
    artefact = models.CharField(max_length=200, blank=True, default="")
    # Counts the workers that took it up; only the last of them may finish it.
    attempt = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["dataset", "-id"], name="run_newest_first")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=JobStatus.values), name="run_status"),
            models.UniqueConstraint(
                fields=["dataset"], condition=models.Q(status__in=UNFINISHED), name="run_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.dataset_id} ({self.status})"


class PredictionModel(models.Model):
    """A model whose predictions were imported, and the classes it knows in their order."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="prediction_models")
    name = models.CharField(max_length=200)
    classes = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="prediction_model_name_once")]

    def __str__(self) -> str:
        return self.name


class Prediction(models.Model):
    """A model's out-of-sample opinion on one item.

    Like every table that an import fills, it has no row-by-row foreign keys (docs/adr/0002).
    """

    model = models.ForeignKey(
        PredictionModel,
        on_delete=models.DO_NOTHING,
        related_name="predictions",
        db_constraint=False,
        db_index=False,
    )
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, related_name="predictions", db_constraint=False, db_index=False
    )
    # Probabilities as 32-bit floats in the order of the model's classes; classes that came later are 0.
    probs = models.BinaryField(null=True)
    # Boxes or spans with scores.
    value = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "item"], name="prediction_once")]

    def __str__(self) -> str:
        return f"{self.model_id} on {self.item_id}"


class TrainingCourse(models.Model):
    """How one item fared while a model learned from it: no out-of-sample opinion, and kept apart from those.

    Reduced when it comes in, to what does not grow with the number of classes; so it is about the label that
    the item had then.
    """

    model = models.ForeignKey(
        PredictionModel,
        on_delete=models.DO_NOTHING,
        related_name="courses",
        db_constraint=False,
        db_index=False,
    )
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    # The label, and the likeliest class beside it: places among the model's classes.
    given = models.BigIntegerField()
    rival = models.BigIntegerField()
    # 32-bit floats, one an epoch: the label's lead over the best other class, and its loss.
    margins = models.BinaryField()
    losses = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "item"], name="training_course_once")]

    def __str__(self) -> str:
        return f"{self.item_id} in the training of {self.model_id}"


class Embedding(models.Model):
    """A user's own features of one item, as 32-bit floats."""

    item = models.OneToOneField(
        Item, primary_key=True, on_delete=models.DO_NOTHING, related_name="embedding", db_constraint=False
    )
    dataset = models.ForeignKey(Dataset, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"embedding of {self.item_id}"
