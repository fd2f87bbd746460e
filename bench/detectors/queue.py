"""What a reviewer meets: the first items of the queue, the meaning of its number, and rare classes."""

from collections.abc import Iterator

import numpy as np
from cleanlab.filter import find_label_issues

from bench.detectors import masks, sets
from bench.detectors.row import Row, once
from detection.algorithms import out_of_fold
from detection.algorithms.detector import Inputs
from detection.algorithms.suspicions import WORTH_A_LOOK, Judgement, judge

BINS = 10
FIRST = 0.05
RATES = (0.0, 0.01, 0.05, 0.1)


def measure(*, full: bool) -> Iterator[Row]:
    for table in sets.tables():
        if len(table.labels) < 500:
            continue
        found = []
        for seed in range(3 if full else 1):
            given = sets.spoiled(table, "random", seed, FIRST)
            probs = out_of_fold.probabilities(table.features, given, table.n_classes)
            judged = judge(Inputs(labels=given, n_classes=table.n_classes, probs=probs))
            found.append(_first(judged, probs, given, table.labels))
        theirs, ours, error, suggested = np.mean(found, axis=0)
        yield Row(f"first 5 % right, {table.name}", f"{theirs:.2f}", f"{ours:.2f}", "", "≥ .90")
        yield Row(f"calibration error, {table.name}", "", f"{error:.3f}", "", "≤ .05")
        yield Row(f"suggestion right, {table.name}", "", f"{suggested:.2f}", "", "≥ .90")
    yield from _calibration()
    yield _speed(*((1_000_000, 100) if full else (100_000, 100)))
    yield from _rare(seeds=5 if full else 2)


def _first(
    judged: Judgement, probs: np.ndarray, given: np.ndarray, true: np.ndarray
) -> tuple[float, float, float, float]:
    """How many of the first are wrong, by self-confidence and by ours; how far ours is from what happens; how
    many suggestions are right where the flag is.
    """
    n, wrong, doubt = round(FIRST * len(given)), given != true, judged.wrongness
    by_confidence = np.argsort(probs[np.arange(len(given)), given])[:n]
    ours = np.argsort(-doubt)[:n]
    flagged = wrong & (doubt >= WORTH_A_LOOK)
    right = (judged.suggested == true)[flagged].mean()
    return wrong[by_confidence].mean(), wrong[ours].mean(), off(doubt, wrong), right


def off(doubt: np.ndarray, wrong: np.ndarray) -> float:
    """The expected calibration error, in ten bins."""
    bins = np.minimum((doubt * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, doubt - wrong, minlength=BINS)).sum() / len(doubt))


def _calibration() -> Iterator[Row]:
    """Of small sets, too, and where there is little wrong or nothing."""
    for table in sets.tables():
        if len(table.labels) > 2000:
            continue
        errors = []
        for rate in RATES:
            given = sets.spoiled(table, "random", 0, rate)
            probs = out_of_fold.probabilities(table.features, given, table.n_classes)
            doubt = judge(Inputs(labels=given, n_classes=table.n_classes, probs=probs)).wrongness
            errors.append(off(doubt, given != table.labels))
        said = " / ".join(f"{error:.3f}" for error in errors)
        yield Row(f"calibration error at 0 / 1 / 5 / 10 % wrong, {table.name}", "", said, "", "≤ .05")


def _speed(n: int, k: int) -> Row:
    labels, probs = masks.model(n, k)
    taken = once(lambda: judge(Inputs(labels=labels, n_classes=k, probs=probs)))[0]
    return Row(f"all evidence weighed, {n:,} × {k}", "", f"{taken:.1f} s", "", "")


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
