"""Figures of a dataset, counted when asked for: in a number of queries that does not grow with it."""

from collections import Counter
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count

from .models import (
    Annotation,
    AuditEvent,
    Correction,
    Dataset,
    Flag,
    FlagKind,
    FlagState,
    Item,
    LabelStatus,
    Version,
)

# The machine was right where people changed the label, and wrong where they kept it.
RIGHT = (FlagState.PROPOSED, FlagState.APPLIED)
DECIDED = (*RIGHT, FlagState.KEPT)

COUNT_KEPT_FOR = 60


class FlagCounts(NamedTuple):
    by_state: Counter[str]
    # Of the open ones.
    by_kind: Counter[str]


class Progress(NamedTuple):
    decided: int
    total: int
    flags_right: float | None


def flag_counts(*, dataset: Dataset) -> FlagCounts:
    """How many flags stand in each state, and how many open ones there are of each kind."""
    by_state: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    groups = (
        Flag.objects.filter(dataset=dataset)
        .values_list("state", "kind")
        .annotate(count=Count("id"))
        .order_by()
    )
    for state, kind, count in groups:
        by_state[state] += count
        if state == FlagState.OPEN:
            by_kind[kind] += count
    return FlagCounts(by_state, by_kind)


def progress(flags: FlagCounts) -> Progress:
    """How much of the review is done, and in which share of the decided flags the label was indeed wrong."""
    by_state = flags.by_state
    decided = sum(by_state[state] for state in DECIDED)
    right = sum(by_state[state] for state in RIGHT)
    total = by_state.total() - by_state[FlagState.SUPERSEDED]
    return Progress(decided, total, right / decided if decided else None)


def correction_counts(*, dataset: Dataset) -> dict[str, int]:
    groups = Correction.objects.filter(dataset=dataset).values_list("state").annotate(Count("id")).order_by()
    return dict(groups)


def label_counts(*, dataset: Dataset) -> dict[str, int]:
    """How many items have a label, how many opinions there are on them and by how many people.

    Kept under the newest audit event: nothing of this changes without one.
    """
    newest = AuditEvent.objects.filter(dataset=dataset).order_by("-id").values_list("id", flat=True).first()
    key = f"label_counts:{dataset.pk}:{newest}"
    return cache.get_or_set(key, lambda: _count_labels(dataset), COUNT_KEPT_FOR) or {}


def _count_labels(dataset: Dataset) -> dict[str, int]:
    unlabelled = Item.objects.filter(dataset=dataset, current_revision__status=LabelStatus.UNLABELLED).count()
    return {
        "labelled": dataset.item_count - unlabelled,
        "annotations": Annotation.objects.filter(annotator__dataset=dataset).count(),
        "annotators": dataset.annotators.count(),
        "versions": Version.objects.filter(dataset=dataset).count(),
    }


def confusion(*, dataset: Dataset) -> list[dict[str, Any]]:
    """How many flags that stand say that what was given as one class should be another."""
    flags = Flag.objects.filter(dataset=dataset, given__isnull=False, suggested__isnull=False)
    standing = flags.exclude(state=FlagState.SUPERSEDED).exclude(kind=FlagKind.REPORTED)
    cells = standing.values("given", "suggested").annotate(count=Count("id")).order_by("-count")
    return [dict(cell) for cell in cells if cell["given"] != cell["suggested"]]
