"""Out-of-sample scores for dense features: ridge regression on random Fourier features, left-one-out in
closed form.

Rahimi, Recht: Random Features for Large-Scale Kernel Machines. NIPS 2007. The leave-one-out residual of
ridge regression is the residual divided by one minus the leverage (Allen 1974,
doi:10.1080/00401706.1974.10489157), so that no model is ever refitted, and a class with a single example
needs no folds.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import temperature
from .detector import Floats, Ints

N_FEATURES = 1024
# In units of the median distance between items: half resolves fine structure, 0.7 smooths more.
BANDWIDTHS = (0.5, 0.7)
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
ROWS = 8192
# Settings are tried on so many items, evenly spread.
TRIED = 3000
HIGHEST_LEVERAGE = 0.999


def left_out_scores(
    features: NDArray[np.float32], labels: Ints, n_classes: int, *, seed: int, tick: Callable[[float], None]
) -> Floats:
    """Scores of each item by a model that never saw it, shape (n_items, n_classes); best of a few settings.

    features : float array, shape (n_items, n_features), standardised
    labels   : int array, shape (n_items,), values in [0, n_classes)
    """
    some = slice(None, None, max(1, len(labels) // TRIED))
    trials = []
    for step, bandwidth in enumerate(BANDWIDTHS):
        projection = projection_of(features, bandwidth, np.random.default_rng(seed))
        scores, surprise = _best_penalty(features[some], projection, labels[some], n_classes)
        trials.append((surprise, projection, scores))
        tick((step + 1) / (len(BANDWIDTHS) + 1))
    _, projection, scores = min(trials, key=lambda trial: trial[0])
    if len(scores) < len(labels):
        scores = _best_penalty(features, projection, labels, n_classes)[0]
    tick(1.0)
    return scores


def projection_of(
    features: NDArray[np.float32], bandwidth: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    n, d = features.shape
    pairs = rng.integers(0, n, size=(2, 2000))
    distances = np.linalg.norm(features[pairs[0]] - features[pairs[1]], axis=1)
    positive = distances[distances > 0]
    typical = float(np.median(positive)) if len(positive) else 1.0
    return (rng.standard_normal((d, N_FEATURES // 2)) / (bandwidth * typical)).astype(np.float32)


def lift(
    features: NDArray[np.float32], projection: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The random features, with a constant one, of `ROWS` items at a time: all would not fit in memory."""
    scale = np.float32(np.sqrt(2 / N_FEATURES))
    for start in range(0, len(features), ROWS):
        rows = slice(start, min(start + ROWS, len(features)))
        angles = features[rows] @ projection
        ones = np.ones((len(angles), 1), dtype=np.float32)
        yield rows, np.hstack([scale * np.cos(angles), scale * np.sin(angles), ones])


def _best_penalty(
    features: NDArray[np.float32], projection: NDArray[np.float32], labels: Ints, n_classes: int
) -> tuple[Floats, float]:
    """The left-one-out scores under the best of `PENALTIES`, and how surprising the labels are under them."""
    model = _decomposed(features, projection, labels, n_classes)
    some = slice(None, None, max(1, len(labels) // TRIED))
    trials = model.left_out(features[some], labels[some], PENALTIES)
    surprises = [temperature.fit(scores, labels[some])[1] for scores in trials]
    best = int(np.argmin(surprises))
    if len(trials[best]) == len(labels):
        return trials[best], surprises[best]
    return model.left_out(features, labels, [PENALTIES[best]])[0], surprises[best]


class _Model(NamedTuple):
    """Ridge regression under every penalty at once: its Gram matrix by eigenvalues and eigenvectors."""

    projection: NDArray[np.float32]
    eigenvalues: Floats
    vectors: NDArray[np.float32]
    loadings: NDArray[np.float32]

    def left_out(
        self, features: NDArray[np.float32], labels: Ints, penalties: Sequence[float]
    ) -> list[NDArray[np.float32]]:
        """Under each penalty, the scores of items that the model was fitted on, each without itself."""
        targets = np.eye(self.loadings.shape[1], dtype=np.float32)
        shrunk = [(1 / (self.eigenvalues + penalty)).astype(np.float32) for penalty in penalties]
        found = [np.empty((len(labels), len(targets)), dtype=np.float32) for _ in penalties]
        for rows, lifted in lift(features, self.projection):
            rotated = lifted @ self.vectors
            squared = np.square(rotated, out=lifted)
            for scores, inverse in zip(found, shrunk, strict=True):
                fitted = rotated @ (self.loadings * inverse[:, None])
                leverage = np.minimum(squared @ inverse, HIGHEST_LEVERAGE)[:, None]
                scores[rows] = (fitted - leverage * targets[labels[rows]]) / (1 - leverage)
        return found


def _decomposed(
    features: NDArray[np.float32], projection: NDArray[np.float32], labels: Ints, n_classes: int
) -> _Model:
    targets = np.eye(n_classes, dtype=np.float32)
    size = N_FEATURES + 1
    gram, moment = np.zeros((size, size)), np.zeros((size, n_classes))
    for rows, lifted in lift(features, projection):
        gram += lifted.T @ lifted
        moment += lifted.T @ targets[labels[rows]]
    eigenvalues, vectors = np.linalg.eigh(gram)
    vectors = vectors.astype(np.float32)
    return _Model(projection, np.maximum(eigenvalues, 0), vectors, (vectors.T @ moment).astype(np.float32))
