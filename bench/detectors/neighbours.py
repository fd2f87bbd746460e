"""Exact nearest neighbours."""

from collections.abc import Iterator

import numpy as np
from sklearn.neighbors import NearestNeighbors

from bench.detectors.row import Row, megabytes, once, speed
from detection.algorithms import nearest

K = 10


def measure(*, full: bool) -> Iterator[Row]:
    n = 50_000 if full else 10_000
    rng = np.random.default_rng(0)
    space = (rng.normal(size=(50, 128))[rng.integers(0, 50, n)] + rng.normal(size=(n, 128))).astype(
        np.float32
    )
    space /= np.linalg.norm(space, axis=1, keepdims=True)
    # The metric that cleanlab chooses above three dimensions.
    model = NearestNeighbors(n_neighbors=K + 1, metric="cosine")
    theirs, expected = once(lambda: model.fit(space).kneighbors(space))
    ours, found = once(lambda: nearest.search(space, k=K))
    same = (found.item == expected[1][:, 1:]).mean()
    yield speed(f"{K} nearest of {n:,} × 128, {same:.2%} the same", theirs, ours, "6 ×")
    yield Row("its memory", "", f"{megabytes(lambda: nearest.search(space, k=K)):.0f} MB", "", "≤ 165 MB")
