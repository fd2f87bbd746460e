"""Flags as they come in, from machines and from people, and as a screen loads them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from psycopg.types.json import Jsonb

from . import ledger, workflow
from .corrections import check_label
from .errors import NotAllowedNow
from .models import (
    Correction,
    CorrectionState,
    Dataset,
    Flag,
    FlagKind,
    FlagState,
    Item,
    LabelStatus,
    TaskType,
)
from .tasktypes.registry import TASK_TYPES

# In these states a person's work is under way; the database allows one such flag per suspicion.
PENDING = (FlagState.ESCALATED, FlagState.RETURNED, FlagState.PROPOSED)
TOUCHED = (*PENDING, FlagState.KEPT, FlagState.APPLIED)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a detection run says of one item, or one part of it."""

    item_id: int
    kind: FlagKind
    given: Any
    suggested: Any
    score: float
    priority: float
    evidence: list[dict[str, Any]] = field(default_factory=list)
    part: Any = None


def for_display() -> QuerySet[Flag]:
    """Flags with the item and its label, which every decision and every screen needs."""
    return Flag.objects.select_related("item__media", "item__current_revision", "leased_to")


def report(*, item: Item, reporter: User, reason: str, suggested: Any = None) -> Flag:
    """A flag that a person raised on an item; an item has one of these at a time."""
    if suggested is not None:
        suggested = check_label(dataset=item.dataset, value=suggested, field="suggested")
    flag = Flag(
        dataset_id=item.dataset_id,
        item=item,
        kind=FlagKind.REPORTED,
        given=item.current_revision.value if item.current_revision else None,
        suggested=suggested,
        score=1.0,
        priority=1.0,
        evidence=[{"detector": "person", "text": reason, "data": {}}],
        raised_by=reporter,
    )
    with transaction.atomic():
        ledger.share(dataset_id=item.dataset_id)
        try:
            flag.save(force_insert=True)
        except IntegrityError as error:
            raise NotAllowedNow("This item was reported already, and waits for its answer.") from error
        ledger.record(
            dataset_id=item.dataset_id,
            actor=reporter,
            action="flag.report",
            subject=flag,
            payload={"item": item.external_id, "reason": reason, "suggested": suggested},
        )
    return flag


def replace_flags(*, dataset: Dataset, run_id: int, suspicions: Iterable[Suspicion]) -> Counter[str]:
    """How many flags of each kind stand after the run's suspicions replaced the open flags of earlier runs.

    What people have touched stays as it is: flags in anyone's hands, and suspicions that somebody already
    settled for the label as it stands.
    """
    with transaction.atomic():
        ledger.share(dataset_id=dataset.pk)
        superseded = _supersede(dataset_id=dataset.pk)
        settled, own = _settled(dataset_id=dataset.pk), _own(dataset=dataset)
        raised: Counter[str] = Counter()
        _copy(
            dataset_id=dataset.pk,
            run_id=run_id,
            suspicions=(
                s for s in suspicions if s.part not in own.get(s.item_id, ()) and not _is_settled(s, settled)
            ),
            raised=raised,
        )
        ledger.record(
            dataset_id=dataset.pk,
            actor=None,
            action="flags.replace",
            subject=dataset,
            payload={"run": run_id, "raised": dict(raised), "superseded": superseded},
        )
    return raised


def _supersede(*, dataset_id: int) -> int:
    """How many open flags of earlier runs were retired: those that nobody holds or talks about.

    Whoever answers a flag holds its row, and may be about to ask for others of the item that are retired
    here: waiting for theirs, too, would be a deadlock. What they hold is in their hands, and stays.
    """
    undiscussed = Flag.objects.filter(dataset_id=dataset_id, state=FlagState.OPEN, comments=None)
    unheld = undiscussed.exclude(leased_until__gt=timezone.now())
    ours = unheld.select_for_update(skip_locked=True, of=("self",)).values("pk")
    return workflow.supersede(Flag.objects.filter(pk__in=ours))


def _settled(*, dataset_id: int) -> dict[tuple[int, str], list[tuple[str, Any, Any]]]:
    """Per (item, kind): state, part and given value of the flags that people have in hand or have decided."""
    people = Q(state__in=[*TOUCHED, FlagState.OPEN])
    rows = Flag.objects.filter(people, dataset_id=dataset_id).values_list(
        "item", "kind", "state", "part", "given"
    )
    settled: dict[tuple[int, str], list[tuple[str, Any, Any]]] = {}
    for item, kind, state, part, given in rows.iterator():
        settled.setdefault((item, kind), []).append((state, part, given))
    return settled


def _own(*, dataset: Dataset) -> dict[int, list[Any]]:
    """Per item the parts that people gave it by a correction: their own, and no machine's business."""
    if dataset.task_type == TaskType.CLASSIFICATION:
        return {}  # such labels have no parts; `_settled` knows those that were corrected
    diff = TASK_TYPES[dataset.task_type].diff
    applied = Correction.objects.filter(dataset=dataset, state=CorrectionState.APPLIED)
    rows = applied.filter(status=LabelStatus.LABELLED).values_list("item", "base__value", "value")
    own: dict[int, list[Any]] = {}
    for item, before, value in rows.iterator():
        own.setdefault(item, []).extend(map(_where, diff(before, value)))
    return own


def _where(change: dict[str, Any]) -> Any:
    """Where a changed part now is: its place, or its class."""
    after = change["after"]
    if not isinstance(after, dict):
        return change["part"]
    return {name: value for name, value in after.items() if name != "label"}


def _is_settled(suspicion: Suspicion, settled: dict[tuple[int, str], list[tuple[str, Any, Any]]]) -> bool:
    """Whether people have this suspicion in hand, or have already answered it for the label as it stands.

    A label that was kept answers suspicions about that same label; once it changed, machines may ask again.
    A label that was corrected is people's own: machines do not dispute it.
    """
    of_class = isinstance(suspicion.part, dict) and "class" in suspicion.part  # the kind says if it is given
    return any(
        part == suspicion.part and (state != FlagState.KEPT or of_class or given == suspicion.given)
        for state, part, given in settled.get((suspicion.item_id, suspicion.kind), ())
    )


COPY_FLAGS = """
    COPY reviews_flag (dataset_id, item_id, kind, part, given, suggested, score, priority, evidence, state,
                       version, run, created_at) FROM STDIN
"""


def _copy(*, dataset_id: int, run_id: int, suspicions: Iterable[Suspicion], raised: Counter[str]) -> None:
    now = timezone.now()
    with connection.cursor() as cursor, cursor.copy(COPY_FLAGS) as copy:
        for s in suspicions:
            raised[s.kind] += 1
            copy.write_row(
                (
                    dataset_id,
                    s.item_id,
                    str(s.kind),
                    None if s.part is None else Jsonb(s.part),
                    None if s.given is None else Jsonb(s.given),
                    None if s.suggested is None else Jsonb(s.suggested),
                    s.score,
                    s.priority,
                    Jsonb(s.evidence),
                    FlagState.OPEN.value,
                    1,
                    run_id,
                    now,
                )
            )


def record_health(*, dataset: Dataset, health: dict[str, Any]) -> None:
    """Keep what the last finished run estimated of the whole set: grade, error rate, interval, run, time."""
    Dataset.objects.filter(pk=dataset.pk).update(health=health)
