"""How many items of each given class are of which true class, counted from confident predictions.

Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels. JAIR 70 (2021),
doi:10.1613/jair.1.12125. In the same floating-point steps as cleanlab 2.9, so that halves are rounded alike.
"""

import numpy as np
from numpy.typing import NDArray

from .detector import Floats, Ints
from .row_scan import CLOSE, Scan, check, scan, self_confidence

Counts = NDArray[np.int64]
NO_ITEM_REACHES = 2
TINY = 1e-100


class ByClass:
    """The items in the order of their given class: `rows(k)` are those of class k, ascending."""

    def __init__(self, labels: Ints, n_classes: int) -> None:
        check(labels, n_classes)
        # Short integers are sorted by counting.
        self.order = np.argsort(labels.astype(np.uint16) if n_classes < 2**16 else labels, kind="stable")
        self.counts = np.bincount(labels, minlength=n_classes)
        self.starts = np.concatenate([[0], np.cumsum(self.counts)])

    def rows(self, k: int) -> Ints:
        return self.order[self.starts[k] : self.starts[k + 1]]


def thresholds(labels: Ints, probs: Floats) -> Floats:
    """The mean self-confidence of each class, shape (n_classes,); out of reach for a class without items."""
    return _thresholds(self_confidence(labels, probs), ByClass(labels, probs.shape[1]))


def confident_joint(labels: Ints, probs: Floats) -> Counts:
    """Estimated counts of (given, true) pairs, shape (n_classes, n_classes); rows sum as given."""
    by_class = ByClass(labels, probs.shape[1])
    return joint_of(labels, read(labels, probs, by_class), by_class)


def read(labels: Ints, probs: Floats, by_class: ByClass) -> Scan:
    """Each row beside its label, where a class counts from its threshold on."""
    given = self_confidence(labels, probs)
    return scan(labels, probs, given, _thresholds(given, by_class) - CLOSE)


def joint_of(labels: Ints, seen: Scan, by_class: ByClass) -> Counts:
    """`confident_joint` of rows that were already read."""
    n_classes = len(by_class.counts)
    sure = seen.guess >= 0
    pairs = seen.guess[sure].astype(np.int64) * n_classes + labels[sure]
    by_true = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    np.fill_diagonal(by_true, np.maximum(by_true.diagonal(), 1))
    return _calibrated(by_true, by_class.counts)


def quotas(joint: Counts) -> Counts:
    """How many items to suspect, by [given, true]: the joint, with one item at least left per class."""
    quota = np.maximum(joint, 0)
    for k in np.flatnonzero(joint.diagonal() < 1):
        sources = max(np.count_nonzero(joint[k]) - 1, 1)
        quota[k] = np.maximum(joint[k] - (1 - joint[k, k]) / sources, 0)
        quota[k, k] = 1
    return quota


def _thresholds(given: Floats, by_class: ByClass) -> Floats:
    sorted_by_class = given[by_class.order]
    means = [
        np.add.reduce(sorted_by_class[start:end]) / (end - start) if end > start else NO_ITEM_REACHES
        for start, end in zip(by_class.starts[:-1], by_class.starts[1:], strict=True)
    ]
    return np.clip(means, 2 * CLOSE, None)


def _calibrated(by_true: Counts, label_counts: Counts) -> Counts:
    """The counts scaled so that those of each given class sum to what was given, in whole numbers."""
    scaled = by_true / np.maximum(by_true.sum(axis=0), TINY)
    scaled *= label_counts
    scaled /= max(scaled.sum(), TINY)
    scaled *= label_counts.sum()
    return _rounded_rows(np.ascontiguousarray(scaled.T))


def _rounded_rows(matrix: Floats) -> Counts:
    """Whole numbers with each row's sum: the entries that rounding moved furthest give way first."""
    whole = matrix.round()
    missing = matrix.sum(axis=1).round() - whole.sum(axis=1)
    for k in np.flatnonzero(missing):
        # Never more than half a unit per entry was lost, so that each gives way once at most.
        order = np.argsort(matrix[k] - whole[k])
        first = order[::-1] if missing[k] > 0 else order
        whole[k, first[: int(abs(missing[k]))]] += np.sign(missing[k])
    return whole.astype(np.int64)
