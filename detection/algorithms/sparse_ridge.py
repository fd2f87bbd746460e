"""Out-of-sample scores for sparse features: ridge regression, left-one-out, by conjugate gradients in the
dual.

With A = X Xᵀ + λ I the leave-one-out residual of ridge regression is A⁻¹y / diag(A⁻¹); the diagonal comes
from a few random signs (Bekas, Kokiopoulou, Saad 2007, doi:10.1016/j.apnum.2007.01.003), solved for along
with the classes, and is clipped to the bounds it must obey. Only products with X are needed: nothing of
size n_items² or n_features × n_items is ever held.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from . import temperature
from .detector import Floats, Ints

PENALTIES = (4.0, 2.0, 1.0)
PROBES = 16
MOST_STEPS = 60
TOLERANCE = 1e-3


def left_out_scores(
    features: csr_array, labels: Ints, n_classes: int, *, seed: int, tick: Callable[[float], None]
) -> Floats:
    """Scores of each item by a model that never saw it, shape (n_items, n_classes); best of a few penalties.

    features : sparse float32 array, shape (n_items, n_features), rows of length 1
    labels   : int array, shape (n_items,), values in [0, n_classes)
    """
    targets = np.eye(n_classes, dtype=np.float32)[labels]
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.float32), (len(labels), PROBES))
    right = np.hstack([targets - targets.mean(axis=0), signs])
    lengths = np.asarray(features.multiply(features).sum(axis=1)).ravel()
    best, best_surprise = targets, np.inf
    for step, penalty in enumerate(PENALTIES):
        solved = solve(features, right, np.float32(penalty))
        diagonal = (signs * solved[:, n_classes:]).mean(axis=1)
        diagonal = np.clip(diagonal, 1 / (penalty + lengths), 1 / penalty)
        scores = targets - solved[:, :n_classes] / diagonal[:, None]
        surprise = temperature.fit(scores, labels)[1]
        tick((step + 1) / len(PENALTIES))
        if surprise > best_surprise:
            break
        best, best_surprise = scores, surprise
    return best


def solve(features: csr_array, right: NDArray[np.float32], penalty: np.float32) -> NDArray[np.float32]:
    """(X Xᵀ + penalty I)⁻¹ right, all columns at once."""
    transposed = features.T.tocsr()
    solution = np.zeros_like(right)
    residual, direction = right.copy(), right.copy()
    energy = (residual**2).sum(axis=0)
    enough = np.maximum(TOLERANCE**2 * energy, np.finfo(np.float32).tiny)
    for _ in range(MOST_STEPS):
        product = features @ (transposed @ direction) + penalty * direction
        step = energy / np.maximum((direction * product).sum(axis=0), np.finfo(np.float32).tiny)
        solution += step * direction
        residual -= step * product
        before, energy = energy, (residual**2).sum(axis=0)
        if (energy <= enough).all():
            break
        direction = residual + energy / np.maximum(before, np.finfo(np.float32).tiny) * direction
    return solution
