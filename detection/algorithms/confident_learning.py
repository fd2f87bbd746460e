"""Confident learning: labels that a model, which never saw them, confidently takes for another class.

Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels. JAIR 70 (2021),
doi:10.1613/jair.1.12125. The issue mask is the one of cleanlab 2.9's `find_label_issues` on the same
probabilities; only a tie in probability that straddles a quota may be broken differently from machine to
machine there.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .detector import (
    Bools,
    Detector,
    Evidence,
    Findings,
    Floats,
    Inputs,
    Ints,
    Names,
    needed,
    nothing,
    per_cent,
)

FilterBy = Literal["prune_by_noise_rate", "prune_by_class", "both"]
# cleanlab's tolerances, kept so that borderline items fall on the same side.
CLOSE = 1e-6
NO_ITEM_REACHES = 2.0


def self_confidence(labels: Ints, probs: Floats) -> Floats:
    """The probability that the model gives the given label; low is suspicious.

    labels : int array, shape (n_items,), values in [0, n_classes)
    probs  : float array, shape (n_items, n_classes), rows sum to 1, out-of-sample
    """
    return probs[np.arange(len(labels)), labels]


def normalised_margin(labels: Ints, probs: Floats) -> Floats:
    """How far the given label is ahead of the best other one, scaled to [0, 1]; low is suspicious."""
    given = self_confidence(labels, probs)
    return (given - _best_other(labels, probs) + 1) / 2


def thresholds(labels: Ints, probs: Floats) -> Floats:
    """The mean self-confidence of each class, shape (n_classes,); out of reach for a class without items."""
    n_classes = probs.shape[1]
    counts = np.bincount(labels, minlength=n_classes)
    means = np.full(n_classes, NO_ITEM_REACHES)
    for k in np.flatnonzero(counts):
        means[k] = probs[labels == k, k].mean()
    return np.maximum(means, 2 * CLOSE)


def confident_joint(labels: Ints, probs: Floats) -> NDArray[np.int64]:
    """Estimated counts of (given, true) pairs, shape (n_classes, n_classes); rows sum as given."""
    n_classes = probs.shape[1]
    confident = probs >= thresholds(labels, probs) - CLOSE
    how_many = confident.sum(axis=1)
    guess = np.where(how_many > 1, probs.argmax(axis=1), confident.argmax(axis=1))
    sure = how_many > 0
    pairs = guess[sure] * n_classes + labels[sure]
    # Transposed in memory, as cleanlab's is: the order of summation decides how a half is rounded further on.
    counts = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes).T
    np.fill_diagonal(counts, np.maximum(counts.diagonal(), 1))
    return _calibrated(counts, np.bincount(labels, minlength=n_classes))


def find_issues(labels: Ints, probs: Floats, filter_by: FilterBy = "prune_by_noise_rate") -> Bools:
    """The mask of likely label errors, shape (n_items,).

    labels : int array, shape (n_items,), values in [0, n_classes)
    probs  : float array, shape (n_items, n_classes), rows sum to 1, out-of-sample; NaN raises ValueError
    """
    if np.isnan(probs).any():
        raise ValueError("probabilities must not be NaN")
    # What the model itself would have given is never an issue, so only the rest needs sorting.
    candidate = ~_predicted_as_given(labels, probs)
    if not candidate.any():
        return candidate
    quota = _keep_one_per_class(confident_joint(labels, probs))
    mask = candidate.copy()
    if filter_by in ("prune_by_noise_rate", "both"):
        mask &= _by_noise_rate(labels, probs, candidate, quota)
    if filter_by in ("prune_by_class", "both"):
        mask &= _by_class(labels, probs, candidate, quota)
    return mask


def run(inputs: Inputs) -> Findings:
    probs = needed(inputs.probs)
    known = np.flatnonzero((inputs.labels >= 0) & ~np.isnan(probs).any(axis=1))
    if inputs.n_classes < 2 or len(known) == 0:
        return nothing(inputs)
    labels, probs = inputs.labels[known], probs[known]
    scores = np.zeros(len(inputs.labels))
    scores[known] = 1 - self_confidence(labels, probs)
    index = known[find_issues(labels, probs)]
    return Findings(scores=scores, index=index, suggested=probs[index].argmax(axis=1))


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    probs = needed(inputs.probs)
    item = findings.index[j]
    given, suggested = inputs.labels[item], findings.suggested[j]
    p_given, p_suggested = float(probs[item, given]), float(probs[item, suggested])
    text = (
        f"The model gives “{names.classes[suggested]}” {per_cent(p_suggested)} "
        f"and “{names.classes[given]}” {per_cent(p_given)}."
    )
    return Evidence(text, {"given": round(p_given, 4), "suggested": round(p_suggested, 4)})


DETECTOR = Detector(
    name="confident_learning",
    version=1,
    kind="wrong_class",
    needs=frozenset({"labels", "probs"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def _best_other(labels: Ints, probs: Floats) -> Floats:
    others = probs.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others.max(axis=1)


def _predicted_as_given(labels: Ints, probs: Floats) -> Bools:
    favoured = probs.copy()
    favoured[np.arange(len(labels)), labels] += CLOSE
    return favoured.argmax(axis=1) == labels


def _calibrated(counts: NDArray[np.int64], label_counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """`counts` scaled so that each row sums to what was given, in whole numbers."""
    scaled = (counts.T / np.maximum(counts.sum(axis=1), 1e-100) * label_counts).T
    scaled = scaled / max(scaled.sum(), 1e-100) * label_counts.sum()
    return _rounded_rows(scaled)


def _rounded_rows(matrix: Floats) -> NDArray[np.int64]:
    return np.array([_rounded(row) for row in matrix], dtype=np.int64)


def _rounded(row: Floats) -> Floats:
    """Whole numbers with the sum of `row`: the entries that rounding moved furthest give way first."""
    whole = row.round()
    target = row.sum().round()
    while missing := int(np.round(target - whole.sum())):
        step = 1 if missing > 0 else -1
        order = np.argsort(row - whole)[::-step]
        whole[order[: min(abs(missing), len(row))]] += step
    return whole


def _keep_one_per_class(joint: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many items to suspect, by [true, given]: the joint transposed, one item at least left per class."""
    quota = joint.T
    kept = np.maximum(quota.diagonal(), 1)
    raised = kept - quota.diagonal()
    sources = np.maximum(np.count_nonzero(quota, axis=0) - 1.0, 1.0)
    lowered = np.maximum(quota - raised / sources, 0)
    np.fill_diagonal(lowered, kept)
    return _rounded_rows(np.trunc(lowered))


def _by_noise_rate(labels: Ints, probs: Floats, candidate: Bools, quota: NDArray[np.int64]) -> Bools:
    """For each pair of classes, as many items as its quota with the largest margin of the other class."""
    mask = np.zeros(len(labels), dtype=bool)
    for k, rows in _rows_by_class(labels, candidate):
        for j in np.flatnonzero(quota[:, k]):
            if j != k:
                mask[_smallest(probs[rows, k] - probs[rows, j], rows, candidate, quota[j, k])] = True
    return mask


def _by_class(labels: Ints, probs: Floats, candidate: Bools, quota: NDArray[np.int64]) -> Bools:
    """For each class, as many of the least self-confident items as are estimated to be wrong."""
    mask = np.zeros(len(labels), dtype=bool)
    for k, rows in _rows_by_class(labels, candidate):
        mask[_smallest(probs[rows, k], rows, candidate, len(rows) - quota[k, k])] = True
    return mask


def _rows_by_class(labels: Ints, candidate: Bools) -> list[tuple[int, Ints]]:
    """The items of each class that has a candidate and more than the one item that must stay."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(labels.max() + 2))
    groups = [(k, order[starts[k] : starts[k + 1]]) for k in range(len(starts) - 1)]
    return [(k, rows) for k, rows in groups if len(rows) > 1 and candidate[rows].any()]


def _smallest(keys: Floats, rows: Ints, candidate: Bools, count: int) -> Ints:
    """The candidates among the `count` rows with the smallest keys."""
    if count <= 0:
        return rows[:0]
    chosen = rows[np.argsort(keys)[:count]]
    return chosen[candidate[chosen]]
