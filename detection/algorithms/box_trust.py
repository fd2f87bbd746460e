"""How far a model's boxes are to be believed, class by class, learnt from how often they meet given boxes.

The share of boxes that meet one, by their confidence, is fitted by a curve that rises to a plateau (a
psychometric function with lapses: Wichmann, Hill 2001, doi:10.3758/BF03194544): what is missing below the
plateau are the model's own errors, what is missing on the plateau are objects that people missed. Confidence
is seen on two scales, its log odds and its rank, each centred and scaled; the one that fits better counts.
So it matters what a confidence is worth, and not whether it is .9 or .2.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, xlog1py, xlogy
from scipy.stats import rankdata

from .box_matching import Boxes
from .detector import Bools, Floats

BINS = 40
# A class with fewer predicted boxes than this is believed as all classes together are.
ENOUGH = 100
# What is assumed of the share that people missed before the data speak, and how many boxes that is worth.
MISSED, WORTH = 0.02, 50.0
CERTAIN = 1e-3
START = np.array([1.0, 0.5, -4.0])
SIMPLEX = START + np.vstack([np.zeros(3), np.diag([1.5, 1.0, 1.0])])


class Trust(NamedTuple):
    """
    real   : float array, shape (n_predicted,), the probability that each box shows an object of its class
    missed : float array, shape (n_predicted,), the share of such objects that people missed
    """

    real: Floats
    missed: Floats


class _Curve(NamedTuple):
    """P(meets) = (1 - missed) expit(height + slope x), on one of the two scales of confidence."""

    surprise: float
    scale: int
    height: float
    slope: float
    missed: float


def learn(predicted: Boxes, met: Bools, n_classes: int) -> Trust:
    """The trust in each predicted box.

    met : bool array, shape (n_predicted,), whether a given box of its class is at the place of each
    """
    scales = np.zeros((2, len(met)))
    groups = [np.flatnonzero(predicted.label == k) for k in range(n_classes)]
    for group in groups:
        scales[:, group] = _scales(predicted.score[group])
    common = _fitted(scales, met)
    real, missed = np.zeros(len(met)), np.zeros(len(met))
    for group in groups:
        curve = _fitted(scales[:, group], met[group]) if len(group) >= ENOUGH else common
        x = scales[curve.scale, group]
        real[group] = np.clip(expit(curve.height + curve.slope * x), CERTAIN, 1 - CERTAIN)
        missed[group] = curve.missed
    return Trust(real, missed)


def _scales(score: Floats) -> Floats:
    """The confidences of one class on two scales of mean 0 and deviation 1, shape (2, n)."""
    if not len(score):
        return np.zeros((2, 0))
    both = np.array([logit(np.clip(score, 1e-4, 1 - 1e-4)), logit((rankdata(score) - 0.5) / len(score))])
    spread = both.std(axis=1, keepdims=True)
    return (both - both.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, 1)


def _fitted(scales: Floats, met: Bools) -> _Curve:
    """The likeliest curve, on the scale that suits it."""
    return min((_on_scale(number, scale, met) for number, scale in enumerate(scales)), key=_surprise)


def _surprise(curve: _Curve) -> float:
    return curve.surprise


def _on_scale(number: int, scale: Floats, met: Bools) -> _Curve:
    x, n, k = _binned(scale, met)

    def surprise(parameters: Floats) -> float:
        height, steepness, lapse = parameters
        missed = np.clip(expit(lapse), CERTAIN, 0.9)
        meets = np.clip(expit(height + np.exp(steepness) * x) * (1 - missed), 1e-9, 1 - 1e-9)
        heard = xlogy(k, meets) + xlog1py(n - k, -meets)
        assumed = WORTH * (xlogy(MISSED, missed) + xlog1py(1 - MISSED, -missed))
        # Neither a step nor a flat line unless the data insist.
        return float(-heard.sum() - assumed + 0.02 * height**2 + 0.2 * steepness**2)

    options = {"xatol": 0.01, "fatol": 0.01, "maxiter": 400, "initial_simplex": SIMPLEX}
    best = minimize(surprise, START, method="Nelder-Mead", options=options)
    height, steepness, lapse = best.x
    missed = float(np.clip(expit(lapse), CERTAIN, 0.9))
    return _Curve(float(best.fun), number, float(height), float(np.exp(steepness)), missed)


def _binned(scale: Floats, met: Bools) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Mean place on the scale, number, and number met, of the boxes in bins of like place."""
    which = np.clip(((scale + 4) / 8 * BINS).astype(int), 0, BINS - 1)
    n = np.bincount(which, minlength=BINS)
    filled = np.flatnonzero(n)
    x = np.bincount(which, scale, minlength=BINS)[filled] / n[filled]
    return x, n[filled], np.bincount(which, met, minlength=BINS)[filled]
