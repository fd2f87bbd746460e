"""How far a model's boxes are to be believed, class by class, learnt from how often they meet given boxes.

The share of boxes that meet one, by their confidence, is fitted by a curve that rises to a plateau (a
psychometric function with lapses: Wichmann, Hill 2001, doi:10.3758/BF03194544): what is missing below the
plateau are the model's own errors, what is missing on the plateau are objects that people missed. Confidence
is seen on two scales, its log odds and its rank, each centred and scaled; the one that fits better counts.
So it matters what a confidence is worth, and not whether it is .9 or .2.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit
from scipy.stats import rankdata

from .box_matching import Boxes
from .detector import Bools, Floats, Ints

# A class with fewer predicted boxes than this is believed as all classes together are.
ENOUGH = 100
# What is assumed of the share that people missed before the data speak, and how many boxes that is worth.
MISSED, WORTH = 0.02, 50.0
CERTAIN = 1e-3
# Confidences lie on a scale from -REACH to REACH, in so many bins.
REACH, BINS = 4.0, 64
HEIGHTS = np.linspace(-10, 10, 61)
SLOPES = np.geomspace(0.3, 12, 16)
LAPSES = np.geomspace(0.002, 0.6, 16)


class Trust(NamedTuple):
    """
    real   : float array, shape (n_predicted,), the probability that each box shows an object of its class
    missed : float array, shape (n_predicted,), the share of such objects that people missed
    """

    real: Floats
    missed: Floats


class _Curves(NamedTuple):
    """P(meets) = (1 - missed) expit(height + slope x), for every choice of the three; one row a choice.

    meets, fails : float arrays, shape (n_curves, BINS), the logs of the chances in each bin
    assumed      : float array, shape (n_curves,), the log of how likely each was thought before
    """

    height: Floats
    slope: Floats
    missed: Floats
    meets: Floats
    fails: Floats
    assumed: Floats


def learn(predicted: Boxes, met: Bools, n_classes: int) -> Trust:
    """The trust in each predicted box.

    met : bool array, shape (n_predicted,), whether a given box of its class is at the place of each
    """
    order = np.argsort(predicted.label, kind="stable")
    groups = np.split(order, np.searchsorted(predicted.label[order], np.arange(1, n_classes)))
    scales = np.zeros((2, len(met)))
    for group in groups:
        scales[:, group] = _scales(predicted.score[group])
    curves, curve, scale = _curves(), np.zeros(len(met), dtype=np.int64), np.zeros(len(met), dtype=np.int64)
    curve[:], scale[:] = _likeliest(scales, met)
    for group in groups:
        if len(group) >= ENOUGH:
            curve[group], scale[group] = _likeliest(scales[:, group], met[group])
    x = np.where(scale == 0, scales[0], scales[1])
    real = expit(curves.height[curve] + curves.slope[curve] * x)
    return Trust(np.clip(real, CERTAIN, 1 - CERTAIN), curves.missed[curve])


def _scales(score: Floats) -> Floats:
    """The confidences of one class on two scales of mean 0 and deviation 1, shape (2, n)."""
    if not len(score):
        return np.zeros((2, 0))
    both = np.array([logit(np.clip(score, 1e-4, 1 - 1e-4)), logit((rankdata(score) - 0.5) / len(score))])
    spread = both.std(axis=1, keepdims=True)
    return (both - both.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, 1)


def _likeliest(scales: Floats, met: Bools) -> tuple[int, int]:
    """The curve under which what met and what failed is likeliest, and the scale on which it is."""
    curves = _curves()
    fits = np.array([curves.assumed + _heard(curves, scale, met) for scale in scales])
    scale, curve = np.unravel_index(int(fits.argmax()), fits.shape)
    return int(curve), int(scale)


def _heard(curves: _Curves, scale: Floats, met: Bools) -> Floats:
    which = _bin(scale)
    meets, fails = np.bincount(which[met], minlength=BINS), np.bincount(which[~met], minlength=BINS)
    # Empty bins count for nothing, and leaving them out would copy every curve.
    return curves.meets @ meets.astype(float) + curves.fails @ fails.astype(float)


def _bin(scale: Floats) -> Ints:
    return np.clip(((scale + REACH) / (2 * REACH) * BINS).astype(int), 0, BINS - 1)


@cache
def _curves() -> _Curves:
    grid = np.meshgrid(HEIGHTS, SLOPES, LAPSES, indexing="ij")
    height, slope, missed = (axis.ravel() for axis in grid)
    x = (np.arange(BINS) + 0.5) * (2 * REACH / BINS) - REACH
    meets = np.clip(expit(height[:, None] + slope[:, None] * x) * (1 - missed[:, None]), 1e-9, 1 - 1e-9)
    assumed = WORTH * (MISSED * np.log(missed) + (1 - MISSED) * np.log1p(-missed))
    # Neither a step nor a flat line unless the data insist.
    assumed -= 0.02 * height**2 + 0.2 * np.log(slope) ** 2
    return _Curves(height, slope, missed, np.log(meets), np.log1p(-meets), assumed)
