"""Figures of datasets, counted when asked for and kept until something happens.

They are kept under the dataset's newest audit event, since nothing of this changes without one; and not for
long, as of two events at one moment the newer may be committed first.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from django.core.cache import cache
from django.db.models import Count, OuterRef, QuerySet

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
    TaskType,
    Version,
)

# The machine was right where people changed the label, and wrong where they kept it.
RIGHT = (FlagState.PROPOSED, FlagState.APPLIED)
DECIDED = (*RIGHT, FlagState.KEPT)

KEPT_FOR = 15  # seconds

T = TypeVar("T")


class FlagCounts(NamedTuple):
    by_state: Counter[str]
    # Of the open ones.
    by_kind: Counter[str]


class Progress(NamedTuple):
    decided: int
    total: int
    flags_right: float | None


def newest_event(*, dataset: int | OuterRef) -> QuerySet[AuditEvent, int]:
    """The id of the dataset's newest audit event, as a query of one value."""
    return AuditEvent.objects.filter(dataset=dataset).order_by("-id").values_list("id", flat=True)[:1]


def _kept(what: str, dataset: Dataset, count: Callable[[Dataset], T]) -> T:
    key = f"{what}:{dataset.pk}:{newest_event(dataset=dataset.pk).first()}"
    kept: T | None = cache.get(key)
    if kept is None:
        kept = count(dataset)
        cache.set(key, kept, KEPT_FOR)
    return kept


def open_flags(*, newest: Mapping[int, int | None]) -> dict[int, int]:
    """How many open flags each dataset has, by the datasets' ids with their newest events."""
    keys = {pk: f"open_flags:{pk}:{event}" for pk, event in newest.items()}
    kept = cache.get_many(keys.values())
    if missing := [pk for pk, key in keys.items() if key not in kept]:
        found = Flag.objects.filter(dataset__in=missing, state=FlagState.OPEN).values_list("dataset")
        counts = dict(found.annotate(Count("id")).order_by())
        fresh = {keys[pk]: counts.get(pk, 0) for pk in missing}
        cache.set_many(fresh, KEPT_FOR)
        kept |= fresh
    return {pk: kept[key] for pk, key in keys.items()}


def flag_counts(*, dataset: Dataset) -> FlagCounts:
    """How many flags stand in each state, and how many open ones there are of each kind."""
    return _kept("flag_counts", dataset, _count_flags)


def _count_flags(dataset: Dataset) -> FlagCounts:
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
    """How many items have a label, how many opinions there are on them and by how many people."""
    return _kept("label_counts", dataset, _count_labels)


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
    return _kept("confusion", dataset, _count_confusion)


def _count_confusion(dataset: Dataset) -> list[dict[str, Any]]:
    flags = Flag.objects.filter(dataset=dataset, given__isnull=False, suggested__isnull=False)
    standing = flags.exclude(state=FlagState.SUPERSEDED).exclude(kind=FlagKind.REPORTED)
    if dataset.task_type == TaskType.CLASSIFICATION:
        cells = standing.values_list("given", "suggested")
    else:  # of boxes and spans their classes; lists, as multilabel has them, name no one class
        cells = standing.filter(given__label__isnull=False, suggested__label__isnull=False).values_list(
            "given__label", "suggested__label"
        )
    counted = cells.annotate(count=Count("id")).order_by("-count")
    return [
        {"given": given, "suggested": suggested, "count": count}
        for given, suggested, count in counted
        if given != suggested
    ]
