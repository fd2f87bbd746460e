"""Nearest neighbours: exact ones, and of very many items nearly all of them."""

from collections.abc import Iterator

import numpy as np
from sklearn.neighbors import NearestNeighbors

from bench.detectors.row import Row, at_least, megabytes, memory, once, speed
from detection.algorithms import nearest
from detection.algorithms.tiled_search import Tiles

K = 10
# Of very many items so many are asked for, and so many of these are compared with an exact search.
ROWS, COMPARED = 8_000, 500


def measure(*, full: bool) -> Iterator[Row]:
    n = 50_000 if full else 10_000
    space = _made(n, 128)
    # The metric that cleanlab chooses above three dimensions.
    model = NearestNeighbors(n_neighbors=K + 1, metric="cosine")
    taken = []
    theirs, expected = once(lambda: model.fit(space).kneighbors(space))
    taken.append(megabytes(lambda: model.kneighbors(space)))
    ours, found = once(lambda: nearest.search(space, k=K))
    taken.append(megabytes(lambda: nearest.search(space, k=K)))
    same = (found.item == expected[1][:, 1:]).mean()
    yield speed(f"{K} nearest of {n:,} × 128, {same:.2%} the same", theirs, ours, 6)
    # What a tenth is of the 1.65 GB that the yardstick took where it was measured, whatever the size.
    yield memory("its memory", taken[1], 165, taken[0])
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
