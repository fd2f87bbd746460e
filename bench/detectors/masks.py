"""Issue masks and scores from given probabilities, which must be cleanlab's."""

from collections.abc import Iterator

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from bench.detectors.row import Row, megabytes, memory, seconds, speed
from detection.algorithms import confident_learning as ours

SCORES = {
    "self_confidence": (ours.self_confidence, 9),
    "normalized_margin": (ours.normalised_margin, 3),
    "confidence_weighted_entropy": (ours.confidence_weighted_entropy, 5),
}


def measure(*, full: bool) -> Iterator[Row]:
    for n, k in [(10_000, 10), (100_000, 10), (50_000, 100), (50_000, 1000), *([(1_000_000, 100)] * full)]:
        labels, probs = model(n, k)
        mask, expected = ours.find_issues(labels, probs), find_label_issues(labels, probs, n_jobs=1)
        same = "identical" if (mask == expected).all() else "NOT IDENTICAL"
        theirs = seconds(lambda: find_label_issues(labels, probs, n_jobs=1), times=2)  # noqa: B023
        mine = seconds(lambda: ours.find_issues(labels, probs), times=5)  # noqa: B023
        yield speed(f"issue mask {n:,} × {k}, {same}", theirs, mine, 9 if k <= 100 else 5)
        more = megabytes(lambda: ours.find_issues(labels, probs))  # noqa: B023
        yield memory(f"its memory, {n:,} × {k}", more, 50)
        yield from _scores(labels, probs)


def model(n: int, k: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels with one in ten wrong, and what a model of middling skill would say."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    scores = rng.standard_normal((n, k), dtype=np.float32)
    scores *= 1.4
    scores[np.arange(n), true] += 3 + np.log(k)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return np.where(rng.random(n) < 0.1, rng.integers(0, k, n), true), scores


def _scores(labels: np.ndarray, probs: np.ndarray) -> Iterator[Row]:
    for method, (score, reach) in SCORES.items():
        theirs = seconds(lambda: get_label_quality_scores(labels, probs, method=method), times=2)  # noqa: B023
        mine = seconds(lambda: score(labels, probs))  # noqa: B023
        yield speed(f"{method} {probs.shape[0]:,} × {probs.shape[1]}", theirs, mine, reach)
