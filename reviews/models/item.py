import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from .dataset import Dataset
from .triggers import KEPT


class MediaFile(models.Model):
    """One stored picture, addressed by its content: the same bytes are kept once for all datasets."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    format = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    # As displayed, after the EXIF orientation.
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class Item(models.Model):
    """One example. Everything here stays as it was imported; only `current_revision` moves.

    Like every table that an import fills, it has no row-by-row foreign keys (docs/adr/0002): the triggers
    below see to it that what they would point to never goes away.
    """

    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="items", db_index=False, db_constraint=False
    )
    external_id = models.TextField(db_collation="C")
    # Null: this is no text; empty: a text without a character, which a data check may flag.
    text = models.TextField(null=True, blank=True)  # noqa: DJ001
    features = models.JSONField(null=True, blank=True)
    media = models.ForeignKey(
        MediaFile, null=True, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    # Where the picture lay in the archive it came in; exports name it so again.
    media_path = models.TextField(blank=True, default="")
    split = models.TextField(blank=True, default="")
    meta = models.JSONField(default=dict, blank=True)
    # Only a pointer to the newest revision; `verify_ledger` proves that it points right.
    current_revision = models.ForeignKey(
        "LabelRevision",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "external_id"], name="item_external_id_once")
        ]
        # Texts and table rows have no picture, and importing them shall not pay for this index.
        indexes = [
            models.Index(fields=["media"], condition=models.Q(media__isnull=False), name="item_with_picture")
        ]
        triggers = [
            pgtrigger.ReadOnly(name="as_imported", exclude=["current_revision"]),
            KEPT,
        ]

    def __str__(self) -> str:
        return self.external_id


class ItemSearch(models.Model):
    """What text search looks through: made by the worker after an import, so that imports stay fast."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="search")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    document = models.TextField()

    class Meta:
        indexes = [GinIndex(name="item_search_trigrams", fields=["document"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.document[:80]


class GoldItem(models.Model):
    """An item whose label an expert vouches for; hidden in queues to measure people."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="gold")
    value = models.JSONField()

    def __str__(self) -> str:
        return f"gold of {self.item_id}"
