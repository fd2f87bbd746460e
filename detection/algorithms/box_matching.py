"""Which boxes of the same picture overlap, and which belong to each other; all pictures at once."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .detector import Bools, Floats, Ints

# So many pairs are looked at together: 2 million need about 200 MB.
PAIRS_AT_ONCE = 2_000_000


class Boxes(NamedTuple):
    """Boxes of all pictures; `score` is 1 throughout for boxes that people drew.

    image : int array, shape (n_boxes,), ascending, the picture of each
    bbox  : float array, shape (n_boxes, 4): x, y, width, height
    label : int array, shape (n_boxes,), values in [0, n_classes)
    score : float array, shape (n_boxes,), in [0, 1], on whatever scale the model has
    """

    image: Ints
    bbox: Floats
    label: Ints
    score: Floats


class Pairs(NamedTuple):
    """
    a, b : int arrays, shape (n_pairs,), indices of boxes of the same picture
    iou  : float array, shape (n_pairs,), what both cover over what either covers, above the least asked for
    """

    a: Ints
    b: Ints
    iou: Floats


def overlapping(a: Boxes, b: Boxes, *, least: float) -> Pairs:
    """The pairs of a box of `a` and one of `b` in the same picture whose overlap is above `least`."""
    low, high = (
        np.searchsorted(b.image, a.image, side="left"),
        np.searchsorted(b.image, a.image, side="right"),
    )
    none = np.zeros(0, dtype=np.int64)
    found = [Pairs(none, none, np.zeros(0))]
    for start, stop in _chunks(high - low):
        one, other = _products(np.arange(start, stop), low[start:stop], high[start:stop])
        # Few boxes of a picture stand above each other: the others need no second look.
        beside = np.flatnonzero(_shared(a.bbox, b.bbox, one, other, axis=0) > 0)
        one, other = one[beside], other[beside]
        iou = overlap(a.bbox[one], b.bbox[other])
        kept = np.flatnonzero(iou > least)
        found.append(Pairs(one[kept], other[kept], iou[kept]))
    one, other, iou = (np.concatenate(column) for column in zip(*found, strict=True))
    return Pairs(one, other, iou)


def overlap(a: Floats, b: Floats) -> Floats:
    """The intersection over union of boxes side by side, shape (n,), from two arrays of shape (n, 4)."""
    every = np.arange(len(a))
    both = np.maximum(_shared(a, b, every, every, axis=0), 0) * np.maximum(
        _shared(a, b, every, every, axis=1), 0
    )
    either = a[:, 2] * a[:, 3] + b[:, 2] * b[:, 3] - both
    return both / np.maximum(either, np.finfo(float).tiny)


def _shared(a: Floats, b: Floats, one: Ints, other: Ints, *, axis: int) -> Floats:
    """The length that each pair shares in one direction, negative where it is apart."""
    low_a, low_b = np.ascontiguousarray(a[:, axis]), np.ascontiguousarray(b[:, axis])
    high_a, high_b = low_a + a[:, axis + 2], low_b + b[:, axis + 2]
    return np.minimum(high_a[one], high_b[other]) - np.maximum(low_a[one], low_b[other])


def mutual_best(pairs: Pairs, worth: Floats) -> Ints:
    """The pairs of a one-to-one matching, ascending: again and again those that are the best of both sides.

    worth : float array, shape (n_pairs,), what to match by; ties go to the lower index
    """
    order = np.argsort(-worth, kind="stable")
    a, b, chosen = pairs.a[order], pairs.b[order], []
    while len(order):
        # In falling order of worth the first pair of a box is its best.
        best_a, best_b = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
        best_a[np.unique(a, return_index=True)[1]] = True
        best_b[np.unique(b, return_index=True)[1]] = True
        best = best_a & best_b
        chosen.append(order[best])
        free = ~(np.isin(a, a[best]) | np.isin(b, b[best]))
        order, a, b = order[free], a[free], b[free]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, dtype=np.int64)


def best_of(of: Ints, values: Floats, n: int) -> Floats:
    """The highest of the positive `values` of each of `n` things, 0 where it has none, shape (n,)."""
    result = np.zeros(n)
    np.maximum.at(result, of, values)
    return result


def suppressed(boxes: Boxes, worth: Floats, of: Ints, *, same_from: float, by_class: bool = False) -> Bools:
    """Whether a worthier box of the same picture overlaps each of the boxes `of` (ascending) that far.

    With `by_class` only boxes of the same class count. Of equally worthy ones the first stays. Shape (n_of,).
    """
    pairs = overlapping(take(boxes, of), boxes, least=same_from)
    a, b = of[pairs.a], pairs.b
    worthier = (worth[b] > worth[a]) | ((worth[b] == worth[a]) & (b < a))
    if by_class:
        worthier &= boxes.label[a] == boxes.label[b]
    hidden = np.zeros(len(of), dtype=bool)
    hidden[pairs.a[worthier]] = True
    return hidden


def take(boxes: Boxes, rows: Ints | Bools) -> Boxes:
    """Some of the boxes."""
    return Boxes(boxes.image[rows], boxes.bbox[rows], boxes.label[rows], boxes.score[rows])


def _chunks(counts: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of boxes that together have about as many partners as are looked at together."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        reached = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, reached + PAIRS_AT_ONCE, side="right")), start + 1)
        yield start, stop
        start = stop


def _products(rows: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Each of `rows` with each number from its `low` to its `high` (exclusive)."""
    counts = high - low
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(rows, counts), np.repeat(low, counts) + within
