from django.conf import settings
from django.db import models

from .dataset import Dataset
from .item import Item
from .triggers import APPEND_ONLY, KEPT


class Annotator(models.Model):
    """Whoever gave opinions in a dataset: a name from an import, and the user behind it when there is one."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="annotators")
    name = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="annotator_names"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="annotator_name_once")]
        triggers = [KEPT]

    def __str__(self) -> str:
        return self.name


class Annotation(models.Model):
    """One annotator's opinion on one item; never overwritten."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="annotations", db_constraint=False)
    annotator = models.ForeignKey(
        Annotator, on_delete=models.PROTECT, related_name="annotations", db_constraint=False
    )
    value = models.JSONField()
    # When the opinion was given, as the import said; unknown where it did not.
    given_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.annotator_id} on {self.item_id}: {self.value}"
