"""Class probabilities of every item by models that never saw it, from features alone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from . import forest, kernel_ridge, sparse_ridge, temperature
from .detector import Floats, Ints


def probabilities(
    features: NDArray[np.float32] | csr_array,
    labels: Ints,
    n_classes: int,
    *,
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> Floats:
    """Out-of-sample class probabilities, shape (n_items, n_classes); NaN rows for items without a label.

    features : float array or sparse array, shape (n_items, n_features), finite
    labels   : int array, shape (n_items,), in [0, n_classes), -1 where there is none
    tick     : called with the share done, 0..1; may raise to stop

    Dense features are standardised here, and answered by a blend of ridge regression and trees;
    sparse ones by ridge regression alone. A class that no item carries gets probability 0.
    """
    probs = np.full((len(labels), n_classes), np.nan, dtype=np.float32)
    known = np.flatnonzero(labels >= 0)
    if len(known) == 0:
        return probs
    classes, compact = np.unique(labels[known], return_inverse=True)
    probs[known] = 0
    if len(classes) == 1 or len(known) < 3:
        probs[np.ix_(known, classes)] = 1 / len(classes)
    else:
        model = _sparse if issparse(features) else _dense
        own = features if len(known) == len(labels) else features[known]
        probs[np.ix_(known, classes)] = model(own, compact, len(classes), seed, tick)
    return probs


def _sparse(
    features: csr_array, labels: Ints, n_classes: int, seed: int, tick: Callable[[float], None]
) -> Floats:
    scores = sparse_ridge.left_out_scores(features, labels, n_classes, seed=seed, tick=tick)
    return temperature.by_favourite(temperature.fit(scores, labels)[0], labels)


def _dense(
    features: NDArray[np.float32], labels: Ints, n_classes: int, seed: int, tick: Callable[[float], None]
) -> Floats:
    features = _standardised(features)
    ridge = kernel_ridge.left_out_scores(features, labels, n_classes, seed=seed, tick=lambda x: tick(x * 0.5))
    trees = forest.left_out_scores(features, labels, n_classes, seed=seed, tick=lambda x: tick(0.5 + x * 0.5))
    return temperature.by_favourite(temperature.blend([ridge, trees], labels), labels)


def _standardised(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Zero mean and unit variance per column; a constant column becomes 0."""
    features = np.asarray(features, dtype=np.float32)
    spread = features.std(axis=0)
    return (features - features.mean(axis=0)) / np.where(spread > 1e-9, spread, 1)
