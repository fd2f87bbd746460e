"""Out-of-sample probabilities of many classes at once: ridge regression, left-one-out, all classes together.

One decomposition serves every class, so that hundreds cost little more than one: dense features as in
`dense_ridge` (Allen 1974, doi:10.1080/00401706.1974.10489157), sparse ones by conjugate gradients as in
`sparse_ridge`. Each class's scores become probabilities by a logistic curve of its own (Platt 1999).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from . import dense_ridge, sparse_ridge
from .detector import Bools, Floats

PENALTIES_DENSE = (1e-2, 1e-1, 1.0, 10.0)
PENALTIES_SPARSE = (4.0, 2.0, 1.0)
BANDWIDTH = 0.7
NEWTON_STEPS = 12
# Curves lean on a slope and height of none as much as this many items would.
LEANING = 1e-2
STEEPEST = 30.0
# No label is taken to be surer than this: some of them are the errors that are looked for.
NOISE = 0.02
COLUMNS = 64
# So many items, evenly spread, tell two numbers as well as all of them do.
ASKED = 10_000


def probabilities(
    features: NDArray[np.float32] | csr_array,
    labels: Bools,
    *,
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> Floats:
    """The probability of each class in each item by a model that never saw the item.

    features : float array or sparse array, shape (n_items, n_features), finite
    labels   : bool array, shape (n_items, n_classes)
    returns  : float array, shape (n_items, n_classes), independent of each other
    """
    n, n_classes = labels.shape
    if n < 3 or n_classes == 0:
        return np.full(labels.shape, 0.5, dtype=np.float32)
    targets = labels.astype(np.float32)
    scores = (_sparse if issparse(features) else _dense)(features, targets, seed, tick)
    probs = np.empty(labels.shape, dtype=np.float32)
    for start in range(0, n_classes, COLUMNS):
        part = slice(start, start + COLUMNS)
        probs[:, part] = _calibrated(scores[:, part], targets[:, part])
    return probs


def _dense(
    features: NDArray[np.float32], targets: NDArray[np.float32], seed: int, tick: Callable[[float], None]
) -> NDArray[np.float32]:
    """The scores under the penalty that leaves the least squared error, in closed form."""
    features = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-9)
    features = features.astype(np.float32)
    projection = dense_ridge.projection_of(features, BANDWIDTH, np.random.default_rng(seed))
    size = dense_ridge.N_FEATURES + 1
    gram, moment = np.zeros((size, size)), np.zeros((size, targets.shape[1]))
    for rows, lifted in dense_ridge.lift(features, projection):
        gram += lifted.T @ lifted
        moment += lifted.T @ targets[rows]
    tick(0.4)
    eigenvalues, vectors = np.linalg.eigh(gram)
    rotation, loadings = vectors.astype(np.float32), vectors.T @ moment
    best, least = targets, np.inf
    for step, penalty in enumerate(PENALTIES_DENSE):
        inverse = 1 / (np.maximum(eigenvalues, 0) + penalty)
        weights, shrunk = (loadings * inverse[:, None]).astype(np.float32), inverse.astype(np.float32)
        scores = np.empty_like(targets)
        for rows, lifted in dense_ridge.lift(features, projection):
            rotated = lifted @ rotation
            leverage = np.minimum(rotated**2 @ shrunk, dense_ridge.HIGHEST_LEVERAGE)[:, None]
            scores[rows] = (rotated @ weights - leverage * targets[rows]) / (1 - leverage)
        error = float(np.square(scores - targets).mean())
        if error < least:
            best, least = scores, error
        tick(0.4 + 0.6 * (step + 1) / len(PENALTIES_DENSE))
    return best


def _sparse(
    features: csr_array, targets: NDArray[np.float32], seed: int, tick: Callable[[float], None]
) -> NDArray[np.float32]:
    """The scores under the penalty that leaves the least squared error, beyond the share of each class."""
    n, n_classes = targets.shape
    usual = targets.mean(axis=0)
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.float32), (n, sparse_ridge.PROBES))
    right = np.hstack([targets - usual, signs])
    lengths = np.asarray(features.multiply(features).sum(axis=1)).ravel()
    best, least = targets, np.inf
    for step, penalty in enumerate(PENALTIES_SPARSE):
        solved = sparse_ridge.solve(features, right, np.float32(penalty))
        diagonal = (signs * solved[:, n_classes:]).mean(axis=1)
        diagonal = np.clip(diagonal, 1 / (penalty + lengths), 1 / penalty)
        scores = targets - solved[:, :n_classes] / diagonal[:, None]
        error = float(np.square(scores - targets).mean())
        if error < least:
            best, least = scores, error
        tick((step + 1) / len(PENALTIES_SPARSE))
    return best


def _calibrated(scores: NDArray[np.float32], targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each column's scores as probabilities, by the logistic curve under which its labels are likeliest."""
    some = slice(None, None, max(1, len(scores) // ASKED))
    middle, spread = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1e-9)
    x = (scores - middle) / spread
    slope, height = _fitted(x[some], targets[some], targets.mean(axis=0))
    return _curve(slope, height, x)


def _fitted(x: Floats, targets: Floats, usual: Floats) -> tuple[Floats, Floats]:
    """The slope and height of each column's curve, by Newton's method."""
    usual = np.clip(usual, 1e-6, 1 - 1e-6)
    slope, height = np.ones_like(usual), np.log(usual / (1 - usual))
    softened = targets * (1 - NOISE) + NOISE * usual
    for _ in range(NEWTON_STEPS):
        p = _curve(slope, height, x)
        weight, gap = p * (1 - p), softened - p
        g_slope, g_height = (gap * x).sum(axis=0) - LEANING * slope, gap.sum(axis=0)
        h_ss, h_sh = (weight * x * x).sum(axis=0) + LEANING, (weight * x).sum(axis=0)
        h_hh = weight.sum(axis=0) + LEANING
        determinant = np.maximum(h_ss * h_hh - h_sh**2, 1e-9)
        slope = slope + np.clip((h_hh * g_slope - h_sh * g_height) / determinant, -2, 2)
        height = height + np.clip((h_ss * g_height - h_sh * g_slope) / determinant, -2, 2)
    return slope, height


def _curve(slope: Floats, height: Floats, x: Floats) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(slope * x + height, -STEEPEST, STEEPEST)))).astype(np.float32)
