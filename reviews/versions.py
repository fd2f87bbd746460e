"""Versions: named positions in the ledger, read back exactly as the dataset stood there."""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from . import ledger
from .errors import NotAllowedNow, NotVisible
from .models import Dataset, LabelStatus, Version

ROWS_AT = """
    SELECT i.external_id, i.text, i.features, i.media_path, i.split, i.meta, r.value, r.status
    FROM (
        SELECT DISTINCT ON (r.item_id) r.item_id, r.value, r.status
        FROM reviews_labelrevision r JOIN reviews_seal s ON s.event_id = r.event_id
        WHERE s.dataset_id = %s AND s.position <= %s
        ORDER BY r.item_id, r.number DESC
    ) r JOIN reviews_item i ON i.id = r.item_id
    WHERE r.status <> 'excluded'
    ORDER BY r.item_id
"""


def rows_at(*, dataset_id: int, position: int) -> Iterator[dict[str, Any]]:
    """The canonical rows of the dataset as it stood at `position`, in order of import, streamed.

    Excluded items are left out. Holds a transaction open until it is exhausted or closed.
    """
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(ROWS_AT, [dataset_id, position])
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield _canonical_row(*row)


def _canonical_row(
    external_id: str,
    text: str | None,
    features: str | None,
    media_path: str,
    split: str,
    meta: str,
    value: str | None,
    status: str,
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": external_id}
    if text is not None:
        row["text"] = text
    if features is not None:
        row["features"] = orjson.loads(features)
    if media_path:
        row["image"] = media_path
    if value is not None and value != "null":
        row["label"] = orjson.loads(value)
    if split:
        row["split"] = split
    if meta != "{}":
        row["meta"] = orjson.loads(meta)
    if status == LabelStatus.AMBIGUOUS:
        row["ambiguous"] = True
    return row


def freeze(*, dataset: Dataset, tag: str, note: str, actor: User) -> Version:
    """A new version: everything committed so far, under a name, with the hash of its canonical export."""
    position = ledger.seal(dataset_id=dataset.pk, patience_ms=5000)
    sha256, count = content_hash(dataset_id=dataset.pk, position=position)
    with transaction.atomic():
        ledger.share(dataset_id=dataset.pk)
        version, created = Version.objects.get_or_create(
            dataset=dataset,
            tag=tag,
            defaults={
                "note": note,
                "position": position,
                "sha256": sha256,
                "item_count": count,
                "created_by": actor,
            },
        )
        if not created:
            raise NotAllowedNow(f"There is a version {tag} already; versions never change.")
        ledger.record(
            dataset_id=dataset.pk,
            actor=actor,
            action="version.freeze",
            subject=version,
            payload={"tag": tag, "position": position, "sha256": sha256, "items": count},
        )
    return version


def content_hash(*, dataset_id: int, position: int) -> tuple[str, int]:
    """SHA-256 of the canonical export at `position`, and how many items are in it."""
    digest, count = hashlib.sha256(), 0
    for row in rows_at(dataset_id=dataset_id, position=position):
        digest.update(ledger.canonical_bytes(row))
        count += 1
    return digest.hexdigest(), count


DIFFERING = """
    WITH touched AS (
        SELECT DISTINCT ON (r.item_id) r.item_id, r.id AS after_id FROM reviews_labelrevision r
        JOIN reviews_seal s ON s.event_id = r.event_id
        WHERE s.dataset_id = %(dataset)s AND s.position > %(older)s AND s.position <= %(newer)s
          AND r.item_id > %(after_item)s
        ORDER BY r.item_id, r.number DESC
    ), differing AS (
        SELECT t.item_id, t.after_id, b.value AS value_before, b.status AS status_before,
               a.value, a.status, a.cause, a.event_id
        FROM touched t
        JOIN reviews_labelrevision a ON a.id = t.after_id
        LEFT JOIN LATERAL (
            SELECT r.value, r.status FROM reviews_labelrevision r
            JOIN reviews_seal s ON s.event_id = r.event_id
            WHERE r.item_id = t.item_id AND s.position <= %(older)s ORDER BY r.number DESC LIMIT 1
        ) b ON true
        WHERE (b.status IS NULL OR (b.value, b.status) IS DISTINCT FROM (a.value, a.status))
    )
"""

DIFF = f"""{DIFFERING}
    SELECT d.item_id, i.external_id, d.value_before, d.status_before, d.value, d.status, d.cause,
           u.username, e.created_at, coalesce(c_d.reason, ''),
           CASE WHEN s.task_type = 'spans' THEN i.text END
    FROM differing d
    JOIN reviews_item i ON i.id = d.item_id
    JOIN reviews_dataset s ON s.id = i.dataset_id
    JOIN reviews_auditevent e ON e.id = d.event_id
    LEFT JOIN auth_user u ON u.id = e.actor_id
    LEFT JOIN reviews_correction c ON c.revision_id = d.after_id
    LEFT JOIN reviews_decision c_d ON c_d.id = c.decision_id
    ORDER BY d.item_id LIMIT %(limit)s
"""  # noqa: S608

DIFF_COUNTS = f"""{DIFFERING}
    SELECT count(*) FILTER (WHERE status_before IS NOT NULL), count(*) FILTER (WHERE status_before IS NULL),
           count(*) FILTER (WHERE status = 'excluded')
    FROM differing
"""  # noqa: S608


def before_all(*, dataset: Dataset) -> Version:
    """The dataset before anything was imported: what a first version differs from."""
    return Version(dataset=dataset, tag="", position=0)


def previous(*, version: Version) -> Version:
    """The version frozen before this one, or the empty one before all."""
    earlier = Version.objects.filter(dataset=version.dataset_id, id__lt=version.pk).select_related(
        "created_by"
    )
    return earlier.order_by("-id").first() or before_all(dataset=version.dataset)


def named(*, dataset: Dataset, name: str) -> Version:
    """The dataset's version with this id or tag; `NotVisible` where there is none."""
    same = Version.objects.filter(dataset=dataset).select_related("created_by")
    by_id = same.filter(pk=int(name)).first() if name.isdecimal() and len(name) < 19 else None
    found = by_id or (None if "\0" in name else same.filter(tag=name).first())
    if found is None:
        raise NotVisible("This dataset has no such version.")
    return found


def diff(*, older: Version, newer: Version, after_item: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Up to `limit` items whose label differs between two versions, by id above `after_item`."""
    with connection.cursor() as cursor:
        cursor.execute(DIFF, {**_bounds(older, newer), "after_item": after_item, "limit": limit})
        return [_difference(*row) for row in cursor.fetchall()]


def diff_counts(*, older: Version, newer: Version) -> dict[str, int]:
    """How many labels changed between two versions, are new, and are of excluded items now."""
    with connection.cursor() as cursor:
        cursor.execute(DIFF_COUNTS, {**_bounds(older, newer), "after_item": 0})
        changed, added, excluded = cursor.fetchone()
    return {"changed": changed, "added": added, "excluded": excluded}


def _bounds(older: Version, newer: Version) -> dict[str, int]:
    return {"dataset": newer.dataset_id, "older": older.position, "newer": newer.position}


def _difference(
    item_id: int,
    external_id: str,
    value_before: str | None,
    status_before: str | None,
    value_after: str | None,
    status_after: str,
    cause: str,
    author: str | None,
    at: Any,
    reason: str,
    text: str | None,
) -> dict[str, Any]:
    return {
        "item": {"id": item_id, "external_id": external_id, "text": text},
        "before": _label(value_before, status_before) if status_before else None,
        "after": _label(value_after, status_after),
        "cause": cause,
        "author": author,
        "reason": reason,
        "at": at,
    }


def _label(value: str | None, status: str | None) -> dict[str, Any]:
    return {"value": None if value is None else orjson.loads(value), "status": status}
