"""Out-of-sample scores for dense features: kernel ridge regression on landmarks, left-one-out in closed form.

Williams, Seeger: Using the Nyström Method to Speed Up Kernel Machines. NIPS 2000; with all items as
landmarks it is exact. The leave-one-out residual of ridge regression is the residual divided by one minus
the leverage (Allen 1974, doi:10.1080/00401706.1974.10489157), so that no model is ever refitted, and a
class with a single example needs no folds. Departs from them in how scores are believed: what a model says
of an item far from the others varies with every label, and by how much the leverage tells as well; such
scores are drawn in, as in MacKay: The Evidence Framework Applied to Classification Networks (1992),
doi:10.1162/neco.1992.4.5.720.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import ndtri

from . import temperature
from .detector import Floats, Ints

LANDMARKS = 1024
# Where there are many items, half as many landmarks do in a third of the time what trees do better there.
MANY = 20_000
LANDMARKS_OF_MANY = 512
# Which features and which bandwidth to use is tried on so many items and landmarks, evenly spread.
TRIED = 2000
TRIED_LANDMARKS = 384
# The median distance is that between so many of the landmarks and all of them.
MEASURED = 100
# Ranks are for the columns of tables, whose scales are anything; those of pixels or embeddings are all alike.
MOST_RANKED = 256
# In units of the median distance between items: a quarter resolves fine structure, two is nearly linear.
BANDWIDTHS = (0.25, 0.5, 1.0, 2.0)
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
ROWS = 4096
# Coordinates of up to so many elements, a quarter of a gigabyte, are kept and not worked out twice.
KEPT = 2**26
HIGHEST_LEVERAGE = 0.999
# Landmarks that are nearly the same must not make the kernel singular.
JITTER = 1e-6

# Of equal values, the places before and behind them.
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")

Matrix = NDArray[np.float32]
View = Callable[[Matrix], Matrix]


def left_out_scores(
    features: Matrix, labels: Ints, n_classes: int, *, seed: int, tick: Callable[[float], None]
) -> Floats:
    """Scores of each item by a model that never saw it, shape (n_items, n_classes); best of a few settings.

    features : float array, shape (n_items, n_features), standardised
    labels   : int array, shape (n_items,), values in [0, n_classes)
    """
    few = slice(None, None, max(1, len(labels) // TRIED))

    def tried(view: View, bandwidth: float) -> tuple[float, View, float]:
        seen = view(features[few])
        kernel = Kernel.of(seen, TRIED_LANDMARKS, seed).at(bandwidth)
        return _best_penalty(kernel, seen, labels[few], n_classes)[1], view, bandwidth

    trials = []
    for bandwidth in BANDWIDTHS:
        trials.append(tried(as_they_are, bandwidth))
        tick(len(trials) / (len(BANDWIDTHS) + 4))
    if features.shape[1] <= MOST_RANKED:
        trials.append(tried(ranks_of(features[few]), min(trials, key=_surprise)[2]))
    _, view, bandwidth = min(trials, key=_surprise)
    seen = view(features)
    kernel = Kernel.of(seen, LANDMARKS if len(seen) <= MANY else LANDMARKS_OF_MANY, seed).at(bandwidth)
    scores = _best_penalty(kernel, seen, labels, n_classes)[0]
    tick(1.0)
    return scores


def _surprise(trial: tuple[float, View, float]) -> float:
    return trial[0]


def as_they_are(features: Matrix) -> Matrix:
    return features


def ranks_of(sample: Matrix) -> View:
    """A view of features in which each is normally distributed: what counts is the place among a sample's."""
    ordered = np.sort(sample, axis=0)

    def view(features: Matrix) -> Matrix:
        ranked = np.empty_like(features)
        for j, column in enumerate(ordered.T):
            below, upto = (np.searchsorted(column, features[:, j], side=side) for side in SIDES)
            ranked[:, j] = ndtri((below + upto + 1) / (2 * len(column) + 2))
        return ranked

    return view


class Kernel(NamedTuple):
    """A Gaussian kernel between items and landmarks, plus one, which stands for a constant term.

    landmarks : float array, shape (n_landmarks, n_features)
    squares   : float array, shape (n_landmarks,), their squared lengths
    scale     : what squared distances are divided by
    root      : float array, shape (n_landmarks, n_landmarks), what makes coordinates of kernel values
    """

    landmarks: Matrix
    squares: Matrix
    scale: float
    root: Matrix

    @classmethod
    def of(cls, features: Matrix, most: int, seed: int) -> "Kernel":
        """With `most` items as landmarks, and the median of their squared distances as the scale."""
        n = len(features)
        drawn = np.random.default_rng(seed).choice(n, most, replace=False) if n > most else np.arange(n)
        landmarks = features[np.sort(drawn)]
        kernel = cls(landmarks, np.square(landmarks).sum(axis=1), 1.0, np.zeros((0, 0), dtype=np.float32))
        apart = -kernel._exponents(landmarks[:: max(1, len(landmarks) // MEASURED)])
        apart = apart[apart > 0]
        return kernel._replace(scale=float(np.median(apart)) if len(apart) else 1.0)

    def at(self, bandwidth: float) -> "Kernel":
        """The same kernel at a bandwidth, in units of the median distance between landmarks."""
        kernel = self._replace(scale=2 * bandwidth**2 * self.scale)
        values = kernel._values(self.landmarks).astype(np.float64)
        lower = _cholesky(values)
        inverse = solve_triangular(lower, np.eye(len(lower)), lower=True, check_finite=False)
        return kernel._replace(root=inverse.T.astype(np.float32))

    def lift(self, features: Matrix) -> Iterator[tuple[slice, Matrix]]:
        """Coordinates whose products are the kernel, `ROWS` items at a time: all would not fit in memory."""
        for start in range(0, len(features), ROWS):
            rows = slice(start, min(start + ROWS, len(features)))
            yield rows, self._values(features[rows]) @ self.root

    def _values(self, features: Matrix) -> Matrix:
        exponents = self._exponents(features)
        np.exp(exponents, out=exponents)
        exponents += 1
        return exponents

    def _exponents(self, features: Matrix) -> Matrix:
        """Squared distances over the scale, negative."""
        scale = np.float32(self.scale)
        found = features @ (self.landmarks.T * (2 / scale))
        found -= (np.square(features).sum(axis=1) / scale)[:, None]
        found -= self.squares / scale
        return np.minimum(found, 0, out=found)


def _cholesky(values: Floats) -> Floats:
    """The lower factor of the kernel between landmarks, whose diagonal is 2, with as little added as needed.

    Distances between equal outliers are off by rounding, so that it need not be positive definite.
    """
    added = JITTER * len(values)
    while True:
        values[np.diag_indices_from(values)] = 2 + added
        try:
            return np.linalg.cholesky(values)
        except np.linalg.LinAlgError:
            added *= 10


class Coordinates(NamedTuple):
    """What the kernel makes of items, a few thousand at a time, or all at once where there is room for it."""

    kernel: Kernel
    features: Matrix
    kept: Matrix | None

    @classmethod
    def of(cls, kernel: Kernel, features: Matrix) -> "Coordinates":
        if len(features) * len(kernel.landmarks) > KEPT:
            return cls(kernel, features, None)
        kept = np.empty((len(features), len(kernel.landmarks)), dtype=np.float32)
        for rows, lifted in kernel.lift(features):
            kept[rows] = lifted
        return cls(kernel, features, kept)

    def among(self, some: slice) -> Iterator[tuple[slice, Matrix]]:
        """Those of every so many-th item, and where among these they stand."""
        if self.kept is None:
            yield from self.kernel.lift(self.features[some])
            return
        kept = self.kept[some]
        for start in range(0, len(kept), ROWS):
            rows = slice(start, min(start + ROWS, len(kept)))
            yield rows, kept[rows]


def _best_penalty(kernel: Kernel, features: Matrix, labels: Ints, n_classes: int) -> tuple[Floats, float]:
    """The left-one-out scores under the best of `PENALTIES`, and how surprising the labels are under them."""
    model = _decomposed(Coordinates.of(kernel, features), labels, n_classes)
    some = slice(None, None, max(1, len(labels) // TRIED))
    trials = []
    for penalty, (scores, variance) in zip(PENALTIES, model.left_out(labels, some, PENALTIES), strict=True):
        belief, surprise = temperature.fit_uncertain(scores, variance, labels[some])
        trials.append((surprise, penalty, belief, scores, variance))
    surprise, penalty, belief, scores, variance = min(trials, key=lambda trial: trial[0])
    if len(scores) < len(labels):
        scores, variance = model.left_out(labels, slice(None), [penalty])[0]
    return belief.of(scores, variance), surprise


class _Model(NamedTuple):
    """Ridge regression under every penalty at once: its Gram matrix by eigenvalues and eigenvectors."""

    coordinates: Coordinates
    eigenvalues: Floats
    vectors: Matrix
    loadings: Matrix

    def left_out(self, labels: Ints, some: slice, penalties: Sequence[float]) -> list[tuple[Matrix, Matrix]]:
        """Under each penalty, the scores of `some` of the items that the model was fitted on, each without
        itself, and their variance, in units of that of the labels.
        """
        targets, labels = np.eye(self.loadings.shape[1], dtype=np.float32), labels[some]
        shrunk = [(1 / (self.eigenvalues + penalty)).astype(np.float32) for penalty in penalties]
        found = [
            (np.empty((len(labels), len(targets)), dtype=np.float32), np.empty(len(labels), dtype=np.float32))
            for _ in penalties
        ]
        for rows, lifted in self.coordinates.among(some):
            rotated = lifted @ self.vectors
            squared = np.square(rotated)
            for (scores, variance), inverse in zip(found, shrunk, strict=True):
                fitted = rotated @ (self.loadings * inverse[:, None])
                leverage = np.minimum(squared @ inverse, HIGHEST_LEVERAGE)
                left = (1 - leverage)[:, None]
                scores[rows] = (fitted - leverage[:, None] * targets[labels[rows]]) / left
                variance[rows] = leverage / left[:, 0]
        return found


def _decomposed(coordinates: Coordinates, labels: Ints, n_classes: int) -> _Model:
    targets = np.eye(n_classes, dtype=np.float32)
    size = len(coordinates.kernel.landmarks)
    gram, moment = np.zeros((size, size)), np.zeros((size, n_classes))
    for rows, lifted in coordinates.among(slice(None)):
        gram += lifted.T @ lifted
        moment += lifted.T @ targets[labels[rows]]
    eigenvalues, vectors = np.linalg.eigh(gram)
    vectors = vectors.astype(np.float32)
    return _Model(coordinates, np.maximum(eigenvalues, 0), vectors, (vectors.T @ moment).astype(np.float32))
