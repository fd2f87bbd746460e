"""Datasets with known label errors, as they stand after an import."""

from io import BytesIO
from typing import Any

import numpy as np
import orjson
from django.db import transaction

from reviews import ledger
from reviews.models import Cause, Dataset, Item, JobStatus, LabelRevision, LabelStatus
from tests import builders

PETS = "cat dog hamster fur paw leash vet purr bark kitten puppy tail whiskers bone"
MONEY = "bank loan credit interest rate market share fund tax budget invoice price debt bond"
WEATHER = "rain snow wind storm cloud sun frost humid thunder breeze fog hail drizzle heat"
TOPICS = {"pets": PETS.split(), "money": MONEY.split(), "weather": WEATHER.split()}


def texts(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts and what they are about."""
    rng = np.random.default_rng(seed)
    truth = [str(topic) for topic in rng.choice(list(TOPICS), count)]
    return [" ".join(rng.choice(TOPICS[topic], 12)) for topic in truth], truth


def noisy_texts(count: int = 150, wrong: int = 8, **more: Any) -> tuple[Dataset, list[Item], list[int]]:
    """A dataset of three topics, its items, and which of them are labelled wrong."""
    said, truth = texts(count)
    others = {"pets": "money", "money": "weather", "weather": "pets"}
    labels: list[str | None] = [others[topic] if i < wrong else topic for i, topic in enumerate(truth)]
    dataset = builders.dataset(classes=tuple(TOPICS), **more)
    return dataset, filled(dataset, [{"text": text} for text in said], labels), list(range(wrong))


def filled(
    dataset: Dataset, rows: list[dict[str, Any]], labels: list[str | None], name: str = "item"
) -> list[Item]:
    """Items with these contents and labels, imported by one event."""
    names = [f"{name}{n:06d}" for n in range(len(rows))]
    statuses = [LabelStatus.UNLABELLED if label is None else LabelStatus.LABELLED for label in labels]
    with transaction.atomic():
        ledger.share(dataset_id=dataset.pk)
        items = Item.objects.bulk_create(
            Item(dataset=dataset, external_id=name, **row) for name, row in zip(names, rows, strict=True)
        )
        digest = ledger.RevisionDigest()
        for name, label, status in zip(names, labels, statuses, strict=True):
            digest.add(external_id=name, number=1, value=label, status=status, cause=Cause.IMPORT)
        event = ledger.record(
            dataset_id=dataset.pk,
            actor=dataset.created_by,
            action="import",
            subject=dataset,
            payload={"revisions": digest.payload()},
        )
        revisions = LabelRevision.objects.bulk_create(
            LabelRevision(item=item, number=1, value=label, status=status, cause=Cause.IMPORT, event=event)
            for item, label, status in zip(items, labels, statuses, strict=True)
        )
        for item, revision in zip(items, revisions, strict=True):
            item.current_revision = revision
        Item.objects.bulk_update(items, ["current_revision"])
        dataset.item_count += len(items)
        dataset.save(update_fields=["item_count"])
    return items


def imported(rows: list[dict[str, Any]], **more: Any) -> Dataset:
    """A dataset that an import of these canonical rows has filled."""
    dataset = builders.dataset(**{"classes": ()} | more)
    add(dataset, b"\n".join(orjson.dumps(row) for row in rows), "rows.jsonl")
    return dataset


def add_arrays(dataset: Dataset, *, name: str = "net.npz", **arrays: Any) -> None:
    """Import NumPy arrays for items that are there."""
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    add(dataset, file.getvalue(), name)


def add(dataset: Dataset, content: bytes, name: str) -> None:
    job = builders.imported(dataset, content, name=name)
    assert job.status == JobStatus.SUCCEEDED, job.errors
    dataset.refresh_from_db()
