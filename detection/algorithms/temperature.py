"""Scores to probabilities: one temperature, chosen so that held-out labels are least surprising.

Guo et al.: On Calibration of Modern Neural Networks. ICML 2017, arXiv:1706.04599. Departs from it in the
loss: a share `WRONG` of the labels is taken to be noise, so that confidently contradicted labels, the very
ones that are looked for, do not blunt the whole model.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from .detector import Floats, Ints

WRONG = 0.05
# So many items, evenly spread, tell one number as well as all of them do.
ASKED = 5000


def softmax(scores: Floats) -> NDArray[Any]:
    """Rows that sum to 1, of the same float type; -inf is a class that cannot be."""
    if scores.shape[1] == 0:
        return scores
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def surprise(probs: Floats, labels: Ints) -> float:
    """The mean log-loss of the labels when a share `WRONG` of them is noise; low is good."""
    given = probs[np.arange(len(labels)), labels]
    return float(-np.log((1 - WRONG) * given + WRONG / probs.shape[1]).mean())


def fit(scores: Floats, labels: Ints) -> tuple[Floats, float]:
    """The probabilities at the best temperature, and how surprising the labels are under them.

    scores : float array, shape (n_items, n_classes), held-out, on any scale
    labels : int array, shape (n_items,), values in [0, n_classes)
    """
    best, cost = _best(scores, labels)
    return softmax(scores * best), cost


def scale(scores: Floats, labels: Ints) -> float:
    """What `fit` multiplies scores by, to be used on other scores of the same model."""
    return _best(scores, labels)[0]


def _best(scores: Floats, labels: Ints) -> tuple[float, float]:
    """The best factor, and how surprising the labels are at it."""
    some = slice(None, None, max(1, len(labels) // ASKED))
    few, theirs = scores[some], labels[some]

    def cost(log_scale: float) -> float:
        return surprise(softmax(few * np.exp(log_scale)), theirs)

    best = minimize_scalar(cost, bounds=(-1, 5), method="bounded", options={"xatol": 0.05})
    return float(np.exp(best.x)), float(best.fun)
