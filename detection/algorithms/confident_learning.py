"""Confident learning: labels that a model, which never saw them, confidently takes for another class.

Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels. JAIR 70 (2021),
doi:10.1613/jair.1.12125. The issue mask is the one of cleanlab 2.9's `find_label_issues` on the same
probabilities.
"""

from typing import Literal

import numpy as np

from . import quota_selection
from .confident_joint import ByClass, confident_joint, joint_of, quotas, read, thresholds
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
from .label_quality import confidence_weighted_entropy, normalised_margin, self_confidence
from .row_scan import disagrees

__all__ = [
    "DETECTOR",
    "confidence_weighted_entropy",
    "confident_joint",
    "find_issues",
    "normalised_margin",
    "self_confidence",
    "thresholds",
]
FilterBy = Literal["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]


def find_issues(labels: Ints, probs: Floats, filter_by: FilterBy = "prune_by_noise_rate") -> Bools:
    """The mask of likely label errors, shape (n_items,).

    labels : int array, shape (n_items,), values in [0, n_classes)
    probs  : float array, shape (n_items, n_classes), rows sum to 1, out-of-sample; NaN raises ValueError
    """
    if len(labels) == 0 or probs.shape[1] < 2:
        return np.zeros(len(labels), dtype=bool)
    by_class = ByClass(labels, probs.shape[1])
    seen = read(labels, probs, by_class)
    # What the model itself would have given is never an issue, so only the rest needs sorting.
    candidate = disagrees(labels, probs, seen)
    if filter_by == "confident_learning":
        return candidate & (seen.guess >= 0) & (seen.guess != labels)
    quota = quotas(joint_of(labels, seen, by_class))
    mask = candidate
    if filter_by in ("prune_by_noise_rate", "both"):
        mask = mask & quota_selection.by_noise_rate(probs, seen, candidate, by_class, quota)
    if filter_by in ("prune_by_class", "both"):
        mask = mask & quota_selection.by_self_confidence(seen, candidate, by_class, quota)
    return mask


def run(inputs: Inputs) -> Findings:
    probs = needed(inputs.probs)
    known = np.flatnonzero((inputs.labels >= 0) & ~np.isnan(probs).any(axis=1))
    if inputs.n_classes < 2 or len(known) == 0:
        return nothing(inputs)
    # All are known as a rule, and a copy of a large matrix is nothing to make for nothing.
    probs, labels = probs if len(known) == len(probs) else probs[known], inputs.labels[known]
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
