"""The ledger: official labels as append-only revisions, and a sealed chain of events over them.

Writers hold a shared advisory lock per dataset until they commit; sealing takes the exclusive one for a
moment. At that moment no event is in flight, so every event with an id above the last sealed one is
committed and unsealed, and the chain is extended without touching a row that exists.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from psycopg.errors import LockNotAvailable

from .errors import LedgerBusy, NotAllowedNow
from .models import AuditEvent, Cause, Dataset, Item, LabelRevision, Seal
from .rows import Columns, as_json, fetch, fetch_one, insert

LOCK_CLASS = 0x4C52  # "LR": keeps our advisory locks apart from anyone else's in the same database
GENESIS = "0" * 64
# Plain statements, which others may go on from: every decision writes these rows, and the ORM takes longer to
# compose its statements than Postgres to carry them out.
SHARED = "SELECT pg_advisory_xact_lock_shared(%(lock)s, %(dataset)s), pg_advisory_xact_lock(%(item_lock)s)"
EVENT = """
    INSERT INTO reviews_auditevent
        (dataset_id, actor_id, action, subject_type, subject_id, created_at, payload)
    SELECT %(dataset)s, %(actor)s, %(done)s, %(subject_type)s, %(subject)s, %(created_at)s,
           %(payload)s::jsonb
"""  # its columns come from `event_columns`; a FROM clause may follow
# An event, the revision that it brings and the item's pointer to it; `source` is what may follow on `EVENT`.
# The number of a revision is taken once per item: of two that follow the same base the second one fails.
APPENDED = f"""
    event AS ({EVENT} {{source}} RETURNING id),
    revision AS (
        INSERT INTO reviews_labelrevision (item_id, number, value, status, cause, event_id)
        SELECT %(item)s, %(number)s, %(value)s::jsonb, %(status)s, %(cause)s, id FROM event
        RETURNING id, event_id
    ),
    pointed AS (
        UPDATE reviews_item i SET current_revision_id = r.id FROM revision r
        WHERE i.id = %(item)s AND i.current_revision_id = %(base)s RETURNING i.id
    )
"""
APPENDED_ROW = "SELECT r.id, r.event_id, p.id FROM revision r LEFT JOIN pointed p ON true"
APPEND = f"WITH {APPENDED.format(source='')} {APPENDED_ROW}"


def share(*, dataset_id: int, item_id: int | None = None) -> None:
    """Join the writers of this dataset's ledger until the transaction ends; before the first event.

    Whoever may change the label of an item names it, and waits for others who do: two flags of one item that
    are answered at the same moment would each wait for the other's row.
    """
    with connection.cursor() as cursor:
        if item_id is None:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [LOCK_CLASS, dataset_id])
        else:
            cursor.execute(SHARED, locks(dataset_id=dataset_id, item_id=item_id))


def locks(*, dataset_id: int, item_id: int) -> dict[str, int]:
    """What `SHARED` needs to be told."""
    return {"lock": LOCK_CLASS, "dataset": dataset_id, "item_lock": (LOCK_CLASS << 48) + item_id}


def record(
    *, dataset_id: int, actor: User | None, action: str, subject: Any, payload: dict[str, Any]
) -> AuditEvent:
    """The audit event of what `actor` did to `subject`, written in the caller's transaction."""
    made = event(dataset_id=dataset_id, actor=actor, action=action, subject=subject, payload=payload)
    insert(made)
    return made


def event(
    *, dataset_id: int, actor: User | None, action: str, subject: Any, payload: dict[str, Any]
) -> AuditEvent:
    """The same, not written yet."""
    return AuditEvent(
        dataset_id=dataset_id,
        actor_id=actor.pk if actor else None,
        action=action,
        subject_type=subject._meta.model_name,
        subject_id=subject.pk,
        payload=payload,
    )


def event_columns(event: AuditEvent) -> dict[str, Any]:
    """What `EVENT` needs to be told."""
    return {
        "dataset": event.dataset_id,
        "actor": event.actor_id,
        "done": event.action,
        "subject_type": event.subject_type,
        "subject": event.subject_id,
        "created_at": event.created_at,
        "payload": as_json(event.payload),
    }


# Label revisions

MOVED_ON = (
    "The official label of this item has changed since this correction was proposed. Take back what came "
    "after it, or decide anew on the label as it stands."
)


class RevisionDigest:
    """SHA-256 over the revisions of one event, in order of item and number; the payload carries it."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, *, external_id: str, number: int, value: Any, status: str, cause: str) -> None:
        self.add_lines([canonical_bytes([external_id, number, value, status, cause])])

    def add_lines(self, lines: Sequence[bytes]) -> None:
        """Take in many revisions at once, each as the line that `add` makes of it."""
        self.count += len(lines)
        self._hash.update(b"".join(lines))

    def payload(self) -> dict[str, Any]:
        return {"count": self.count, "sha256": self._hash.hexdigest()}


def canonical_bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class Relabelling:
    """An item's next official label, after `base`, and its audit event; not written yet."""

    item: Item
    base: LabelRevision
    value: Any
    status: str
    cause: Cause
    actor: User
    subject: Any
    payload: dict[str, Any]

    def columns(self) -> dict[str, Any]:
        """What `APPENDED` needs to be told."""
        revision = {"number": self.base.number + 1, "value": as_json(self.value), "status": self.status}
        place = {"cause": self.cause, "item": self.item.pk, "base": self.base.pk}
        return event_columns(self._event()) | revision | place

    def written(self, row: Sequence[Any]) -> LabelRevision:
        """The revision that `APPENDED_ROW` told of; `NotAllowedNow` where `base` was no longer the newest."""
        revision_id, event_id, pointed = row
        if pointed is None:
            raise NotAllowedNow(MOVED_ON)
        revision = LabelRevision(
            pk=revision_id,
            item=self.item,
            number=self.base.number + 1,
            value=self.value,
            status=self.status,
            cause=self.cause,
            event_id=event_id,
        )
        self.item.current_revision = revision
        return revision

    def _event(self) -> AuditEvent:
        digest, number = RevisionDigest(), self.base.number + 1
        digest.add(
            external_id=self.item.external_id,
            number=number,
            value=self.value,
            status=self.status,
            cause=self.cause,
        )
        changed = {
            "item": self.item.external_id,
            "before": {"value": self.base.value, "status": self.base.status},
            "after": {"value": self.value, "status": self.status},
            "revisions": digest.payload(),
        }
        return event(
            dataset_id=self.item.dataset_id,
            actor=self.actor,
            action=f"label.{self.cause}",
            subject=self.subject,
            payload=self.payload | changed,
        )


def append_revision(relabelling: Relabelling) -> LabelRevision:
    """The next official label of the item, appended together with its audit event.

    Raises `NotAllowedNow` where its base is no longer the newest revision: somebody else's label came first.
    """
    try:
        row = fetch_one(APPEND, relabelling.columns())
    except IntegrityError as error:
        raise NotAllowedNow(MOVED_ON) from error
    return relabelling.written(row or (None, None, None))


# Sealing

BATCH = 2000
EVENT_ROW = Columns(AuditEvent, "e")
EVENTS_AFTER = f"""
    SELECT {EVENT_ROW.sql} FROM reviews_auditevent e
    WHERE e.dataset_id = %s AND e.id > %s ORDER BY e.id LIMIT %s
"""
SEALS = """
    INSERT INTO reviews_seal (event_id, hash, dataset_id, position)
    SELECT event, hash, %s, %s + place
    FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS sealed (event, hash, place)
"""


def unsealed_datasets() -> list[int]:
    """Ids of the datasets whose newest event is not in the chain yet."""
    newest = AuditEvent.objects.filter(dataset=OuterRef("pk")).order_by("-id").values("id")[:1]
    sealed = Seal.objects.filter(dataset=OuterRef("pk")).order_by("-position").values("event_id")[:1]
    ends = Dataset.objects.annotate(newest=Subquery(newest), sealed=Coalesce(Subquery(sealed), 0))
    return list(ends.filter(newest__gt=F("sealed")).values_list("pk", flat=True))


def seal(*, dataset_id: int, patience_ms: int = 100) -> int:
    """The position of the last event in the chain, after every committed event was added to it.

    Raises `LedgerBusy` where the writers (an import, say) do not make room within `patience_ms`: those who
    queue for the lock make new writers queue behind them, so the wait is short.
    """
    with transaction.atomic():
        _lock_exclusively(dataset_id=dataset_id, patience_ms=patience_ms)
        last = Seal.objects.filter(dataset_id=dataset_id).order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        for batch in _committed(dataset_id=dataset_id, after=last.event_id if last else 0):
            hashes = []
            for event in batch:
                previous = chain_hash(previous=previous, event=event)
                hashes.append(previous)
            with connection.cursor() as cursor:
                cursor.execute(SEALS, [dataset_id, position, [event.pk for event in batch], hashes])
            position += len(batch)
    return position


def chain_hash(*, previous: str, event: AuditEvent) -> str:
    """SHA-256 over the hash before and every column of the event."""
    line = [
        previous,
        event.pk,
        event.dataset_id,
        event.actor_id,
        event.action,
        event.subject_type,
        event.subject_id,
        event.payload,
        event.created_at.isoformat(),
    ]
    return hashlib.sha256(canonical_bytes(line)).hexdigest()


def _lock_exclusively(*, dataset_id: int, patience_ms: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{patience_ms}ms"])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, dataset_id])
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise LedgerBusy(
                "Something is being written, an import perhaps. Try again in a moment."
            ) from error
        raise


def _committed(*, dataset_id: int, after: int) -> Iterator[list[AuditEvent]]:
    """The dataset's events whose id is above `after`, in their order, a batch at a time."""
    while rows := fetch(EVENTS_AFTER, [dataset_id, after, BATCH]):
        batch = [EVENT_ROW.build(row) for row in rows]
        yield batch
        after = batch[-1].pk
