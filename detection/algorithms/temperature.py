"""Scores to probabilities: one temperature, chosen so that held-out labels are least surprising.

Guo et al.: On Calibration of Modern Neural Networks. ICML 2017, arXiv:1706.04599. Departs from it in the
loss: a share `WRONG` of the labels is taken to be noise, so that confidently contradicted labels, the very
ones that are looked for, do not blunt the whole model.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from .detector import Floats, Ints

WRONG = 0.05
# So many items, evenly spread, tell one number as well as all of them do.
ASKED = 5000
# How far, by the standard deviation of its logarithm, the temperature of one class strays from that of all.
SPREAD = 0.3
LEAST = 1e-9


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


def by_favourite(probs: Floats, labels: Ints) -> Floats:
    """The probabilities with one temperature more for each class that a model names as the likeliest.

    A model that tells two classes apart badly is otherwise believed as much there as where it is sure. Few
    items of a class are pulled towards what it said.

    probs : float array, shape (n_items, n_classes), held-out
    """
    favourite, logs, found = probs.argmax(axis=1), np.log(probs + LEAST), probs.copy()
    for k in np.unique(favourite):
        rows = np.flatnonzero(favourite == k)
        some = rows[:: max(1, len(rows) // ASKED)]
        few, theirs, share = logs[some], labels[some], len(rows) / len(some)

        def cost(log_scale: float) -> float:
            scaled = softmax(few * np.exp(log_scale))  # noqa: B023
            unlikely = 0.5 * (log_scale / SPREAD) ** 2
            return share * len(theirs) * surprise(scaled, theirs) + unlikely  # noqa: B023

        best = minimize_scalar(cost, bounds=(-2, 2), method="bounded", options={"xatol": 0.02})
        found[rows] = softmax(logs[rows] * np.float32(np.exp(best.x)))
    return found


class Belief(NamedTuple):
    """Scores are multiplied by `scale`, and divided by the root of one plus `doubt` times their variance."""

    scale: float
    doubt: float

    def of(self, scores: Floats, variance: Floats) -> Floats:
        factors = self.scale / np.sqrt(1 + self.doubt * variance)
        return scores * factors.astype(scores.dtype)[:, None]


def fit_uncertain(scores: Floats, variance: Floats, labels: Ints) -> tuple[Belief, float]:
    """How far to believe scores of different variance, and how surprising the labels then are.

    variance : float array, shape (n_items,), of the scores of each item, in any unit
    """
    some = slice(None, None, max(1, len(labels) // ASKED))
    few, theirs, varied = scores[some], labels[some], variance[some].astype(np.float64)
    at = np.arange(len(few))

    def cost(logs: Floats) -> tuple[float, Floats]:
        scale, doubt = np.exp(logs)
        factors, widened = scale / np.sqrt(1 + doubt * varied), doubt * varied / (1 + doubt * varied)
        value, steep, probs = _cost(few * factors[:, None].astype(few.dtype), theirs, at)
        ahead = factors * steep * (few[at, theirs] - (probs * few).sum(axis=1))
        return value, np.array([ahead.sum(), -0.5 * (ahead * widened).sum()])

    best = _least(cost, np.array([_best(scores, labels)[0], 1.0]), [(-1, 6), (-6, 6)])
    return Belief(*(float(x) for x in np.exp(best[0]))), best[1]


def blend(models: Sequence[Floats], labels: Ints) -> Floats:
    """The probabilities of several models as one, each weighed so that held-out labels surprise least.

    models : float arrays, shape (n_items, n_classes), held-out log-probabilities or scores
    """
    some = slice(None, None, max(1, len(labels) // ASKED))
    few, theirs = [model[some] for model in models], labels[some]
    at = np.arange(len(theirs))

    def cost(logs: Floats) -> tuple[float, Floats]:
        weights = np.exp(logs).astype(few[0].dtype)
        value, steep, probs = _cost(_sum(weights, few), theirs, at)
        ahead = [steep * (model[at, theirs] - (probs * model).sum(axis=1)) for model in few]
        return value, np.array([weight * one.sum() for weight, one in zip(weights, ahead, strict=True)])

    start = np.full(len(models), 1 / len(models))
    logs = _least(cost, start, [(-6, 2)] * len(models))[0]
    return softmax(_sum(np.exp(logs).astype(models[0].dtype), models))


def _sum(weights: Floats, models: Sequence[Floats]) -> Floats:
    total = models[0] * weights[0]
    for weight, model in zip(weights[1:], models[1:], strict=True):
        total += weight * model
    return total


def _cost(scores: Floats, labels: Ints, at: Ints) -> tuple[float, Floats, Floats]:
    """The surprise, its slope along the score of each item's label, and the probabilities."""
    probs = softmax(scores)
    given = probs[at, labels].astype(np.float64)
    expected = (1 - WRONG) * given + WRONG / probs.shape[1]
    return float(-np.log(expected).mean()), -(1 - WRONG) * given / expected / len(at), probs


def _least(
    cost: Callable[[Floats], tuple[float, Floats]], start: Floats, bounds: list[tuple[float, float]]
) -> tuple[Floats, float]:
    """Where the cost is least, as logarithms, and what it is there."""
    logs = np.clip(np.log(start), *np.array(bounds, dtype=float).T)
    found = minimize(cost, logs, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    return found.x, float(found.fun)
