"""Proof that the ledger is whole: the chain, the revisions under it, the current labels and the frozen
versions."""

from collections.abc import Iterator

from django.db.models import F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from .ledger import GENESIS, RevisionDigest, chain_hash
from .models import AuditEvent, Item, LabelRevision, Seal, Version
from .versions import content_hash


def verify(*, dataset_id: int) -> Iterator[str]:
    """What is broken in the dataset's ledger, in words, the earliest first; nothing where all of it holds."""
    yield from _verify_chain(dataset_id)
    yield from _verify_revisions(dataset_id)
    yield from _verify_pointers(dataset_id)
    yield from _verify_versions(dataset_id)


def _verify_chain(dataset_id: int) -> Iterator[str]:
    previous = GENESIS
    seals = Seal.objects.filter(dataset_id=dataset_id).select_related("event").order_by("position")
    for expected, link in enumerate(seals.iterator(chunk_size=2000), start=1):
        if link.position != expected:
            yield f"position {expected}: missing from the chain"
            return
        if link.hash != chain_hash(previous=previous, event=link.event):
            yield f"position {expected}: event {link.event_id} ({link.event.action}) does not match its hash"
            return
        previous = link.hash
    lost = AuditEvent.objects.filter(dataset_id=dataset_id, seal__isnull=True)
    last = Seal.objects.filter(dataset_id=dataset_id).aggregate(last=Max("event_id"))["last"] or 0
    if skipped := lost.filter(id__lt=last).order_by("id").first():
        yield f"event {skipped.pk} ({skipped.action}) was slipped in before the end of the chain"


def _verify_revisions(dataset_id: int) -> Iterator[str]:
    """Each event's digest against the revisions that stand, streamed in one pass over them."""
    revisions = (
        LabelRevision.objects.filter(item__dataset_id=dataset_id)
        .order_by("event_id", "item_id", "number")
        .values_list("event_id", "item__external_id", "number", "value", "status", "cause")
    )
    found: dict[int, RevisionDigest] = {}
    for event_id, external_id, number, value, status, cause in revisions.iterator(chunk_size=2000):
        digest = found.setdefault(event_id, RevisionDigest())
        digest.add(external_id=external_id, number=number, value=value, status=status, cause=cause)
    events = (
        AuditEvent.objects.filter(dataset_id=dataset_id).order_by("id").values_list("id", "action", "payload")
    )
    for event_id, action, payload in events.iterator(chunk_size=2000):
        actual = found.pop(event_id, RevisionDigest()).payload()
        if actual != payload.get("revisions", RevisionDigest().payload()):
            yield f"event {event_id} ({action}): its label revisions are not those that it recorded"
    if found:
        yield f"event {min(found)}: gone, though label revisions name it"


def _verify_pointers(dataset_id: int) -> Iterator[str]:
    newest = LabelRevision.objects.filter(item=OuterRef("pk")).order_by("-number").values("id")[:1]
    items = Item.objects.filter(dataset_id=dataset_id).annotate(
        newest=Coalesce(Subquery(newest), 0), current=Coalesce("current_revision_id", 0)
    )
    for item in items.exclude(newest__gt=0, newest=F("current")).order_by("id")[:20]:
        yield f"item {item.external_id}: its current label is not its newest revision"


def _verify_versions(dataset_id: int) -> Iterator[str]:
    for version in Version.objects.filter(dataset_id=dataset_id).order_by("position", "id"):
        frozen = AuditEvent.objects.filter(
            dataset_id=dataset_id,
            action="version.freeze",
            subject_id=version.pk,
            payload__sha256=version.sha256,
        )
        if not frozen.exists():
            yield f"version {version.tag}: its hash is not the one that the log recorded when it was frozen"
        if content_hash(dataset_id=dataset_id, position=version.position)[0] != version.sha256:
            yield f"version {version.tag}: its content does not match its hash"
