"""Nearest neighbours: exact ones, and of very many items nearly all of them."""

from collections.abc import Iterator

import numpy as np
from sklearn.neighbors import NearestNeighbors

from bench.detectors.row import Row, at_least, memory, once, speed, spent
from detection.algorithms import nearest
from detection.algorithms.tiled_search import Tiles

N, K = 50_000, 10
# Of very many items so many are asked for, and so many of these are compared with an exact search.
ROWS, COMPARED = 8_000, 500


def measure(*, full: bool) -> Iterator[Row]:
    space = _made(N, 128)
    # The metric that cleanlab chooses above three dimensions.
    model = NearestNeighbors(n_neighbors=K + 1, metric="cosine").fit(space)
    theirs, they_took, (_, expected) = spent(lambda: model.kneighbors(space))
    ours, we_took, found = spent(lambda: nearest.search(space, k=K))
    same = (found.item == expected[:, 1:]).mean()
    yield speed(f"{K} nearest of {N:,} × 128, {same:.2%} the same", theirs, ours, 6)
    yield memory("their memory", we_took, they_took / 10, they_took)
    yield from _approximate(1_000_000 if full else 250_000)


def _approximate(n: int) -> Iterator[Row]:
    """Recall, and the time beside that of an exact search for the same."""
    space, rows = _made(n, 64), np.linspace(0, n - 1, ROWS).astype(np.int64)
    ours, found = once(lambda: nearest.search(space, k=K, rows=rows))
    some = np.linspace(0, ROWS - 1, COMPARED).astype(np.int64)
    exact, expected = once(lambda: Tiles(space).nearest(rows[some], K))
    pairs = zip(found.item[some].tolist(), expected.item.tolist(), strict=True)
    recall = np.mean([len(set(a) & set(b)) / K for a, b in pairs])
    yield at_least(f"{K} nearest of {n:,} × 64: recall", None, float(recall), 0.995)
    what = f"{ROWS:,} of {n:,} × 64, beside our exact search"
    yield speed(what, exact * ROWS / COMPARED, ours)


def _made(n: int, n_dimensions: int) -> np.ndarray:
    """Directions around fifty centres."""
    rng = np.random.default_rng(0)
    space = rng.normal(size=(50, n_dimensions))[rng.integers(0, 50, n)] + rng.normal(size=(n, n_dimensions))
    return (space / np.linalg.norm(space, axis=1, keepdims=True)).astype(np.float32)
