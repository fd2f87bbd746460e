"""Several classes an item: masks and scores from given probabilities, which must be cleanlab's."""

import warnings
from collections.abc import Iterator

import numpy as np
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from cleanlab.multilabel_classification.rank import get_label_quality_scores

from bench.detectors.row import Row, seconds, speed
from detection.algorithms import multilabel as ours

N, K = 50_000, 20


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    labels, probs = made(N, K)
    listed = [np.flatnonzero(row).tolist() for row in labels]

    def masks() -> np.ndarray:
        return find_multilabel_issues_per_class(listed, probs, n_jobs=1)

    same = "identical" if (ours.find_issues(labels, probs) == masks()).all() else "NOT IDENTICAL"
    mine = seconds(lambda: ours.find_issues(labels, probs), times=5)
    yield speed(f"issue mask {N:,} × {K}, {same}", seconds(masks, times=2), mine, 10)
    close = np.allclose(
        ours.item_quality(labels, probs), get_label_quality_scores(listed, probs), rtol=0, atol=1e-12
    )
    theirs = seconds(lambda: get_label_quality_scores(listed, probs), times=2)
    mine = seconds(lambda: ours.item_quality(labels, probs), times=5)
    yield speed(f"items ranked {N:,} × {K}, {'the same' if close else 'NOT THE SAME'}", theirs, mine, 10)


def made(n: int, k: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes of every frequency, one label in twenty wrong, and what a model of middling skill would say."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, k)) < rng.uniform(0.02, 0.5, k)
    probs = np.clip(np.where(truth, 0.75, 0.2) + rng.normal(0, 0.18, truth.shape), 0, 1)
    # No two are equal: which of equals is taken is nobody's promise.
    probs = probs * (1 - 1e-9) + rng.random(truth.shape) * 1e-9
    return truth ^ (rng.random(truth.shape) < 0.05), probs
