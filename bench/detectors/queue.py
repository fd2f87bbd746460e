"""What a reviewer meets: the first items of the queue, the meaning of its number, and rare classes."""

from collections.abc import Iterator

import numpy as np
from cleanlab.filter import find_label_issues

from bench.detectors import sets
from bench.detectors.row import Row
from detection.algorithms import out_of_fold
from detection.algorithms.detector import Inputs
from detection.algorithms.suspicions import WORTH_A_LOOK, judge

BINS = 10
FIRST = 0.05


def measure(*, full: bool) -> Iterator[Row]:
    for table in sets.tables():
        if len(table.labels) < 500:
            continue
        found = []
        for seed in range(3 if full else 1):
            given = sets.spoiled(table, "random", seed)
            probs = out_of_fold.probabilities(table.features, given, table.n_classes)
            doubt = judge(Inputs(labels=given, n_classes=table.n_classes, probs=probs)).wrongness
            found.append(_first(doubt, probs, given, given != table.labels))
        theirs, ours, error = np.mean(found, axis=0)
        yield Row(f"first 5 % right, {table.name}", f"{theirs:.2f}", f"{ours:.2f}", "", "≥ .90")
        yield Row(f"calibration error, {table.name}", "", f"{error:.3f}", "", "≤ .05")
    yield from _rare(seeds=5 if full else 2)


def _first(
    doubt: np.ndarray, probs: np.ndarray, given: np.ndarray, wrong: np.ndarray
) -> tuple[float, float, float]:
    """How many of the first are wrong, by self-confidence and by ours; how far ours is from what happens."""
    n = round(FIRST * len(given))
    by_confidence = np.argsort(probs[np.arange(len(given)), given])[:n]
    bins = np.minimum((doubt * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, doubt - wrong, minlength=BINS)
    return wrong[by_confidence].mean(), wrong[np.argsort(-doubt)[:n]].mean(), np.abs(gaps).sum() / len(given)


def _rare(*, seeds: int) -> Iterator[Row]:
    """A class of 1 %: what is flagged of it, where errors are as likely everywhere."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        true = (rng.random(20_000) < 0.01).astype(int)
        points = (rng.normal(size=(len(true), 8)) + 1.2 * true[:, None]).astype(np.float32)
        given = np.where(rng.random(len(true)) < 0.01, 1 - true, true)
        probs = out_of_fold.probabilities(points, given, 2, seed=seed)
        wrong, rare = given != true, given == 1
        doubt = judge(Inputs(labels=given, n_classes=2, probs=probs)).wrongness
        flags = find_label_issues(given, probs.astype(float), n_jobs=1)
        recall = (flags & wrong & rare).sum() / (wrong & rare).sum()
        order = np.flatnonzero(rare)[np.argsort(-doubt[rare])]
        enough = np.searchsorted(np.cumsum(wrong[order]), recall * (wrong & rare).sum()) + 1
        shown = rare & (doubt >= WORTH_A_LOOK)
        found.append(
            (
                wrong[flags & rare].mean(),
                wrong[order[:enough]].mean(),
                recall,
                wrong[shown].mean(),
            )
        )
    theirs, ours, recall, shown = np.mean(found, axis=0)
    yield Row(f"1 % class: precision at recall {recall:.2f}", f"{theirs:.2f}", f"{ours:.2f}", "", "≥ .50")
    yield Row("1 % class: precision of all that is shown", "", f"{shown:.2f}", "", "≥ .50")
