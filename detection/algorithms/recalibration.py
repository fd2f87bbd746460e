"""What people decided of earlier flags, turned back on the probabilities: of flags that say 80 %, eight in
ten were wrong?

Platt: Probabilistic Outputs for Support Vector Machines (1999), with the remedy for few examples of Lin,
Lin, Weng: A Note on Platt's Probabilistic Outputs. Machine Learning 68 (2007),
doi:10.1007/s10994-007-5018-6. Departs from them in what few decisions are shrunk towards: no change, by
normal priors on slope and offset, and not the classes' shares.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from .detector import Bools, Floats

# The standard deviations of the priors: a few decisions hardly move either, hundreds outweigh them.
SLOPE_SPREAD = 0.3
OFFSET_SPREAD = 0.4
LEAST_SLOPE = 0.1
CLIP = 1e-6


class Recalibration(NamedTuple):
    """log-odds become slope * log-odds + offset; `decisions` is how many it was learned from."""

    slope: float = 1.0
    offset: float = 0.0
    decisions: int = 0

    def of(self, probability: Floats) -> Floats:
        """The recalibrated probabilities; 0, no label or no doubt, stays 0, and all stay as they were
        without decisions.
        """
        if self.decisions == 0:
            return probability
        odds = self.slope * _log_odds(probability) + self.offset
        return np.where(probability > 0, 1 / (1 + np.exp(-odds)), 0.0)


def fit(stated: Floats, wrong: Bools) -> Recalibration:
    """What makes the stated probabilities agree with what people found.

    stated : float array, shape (n_decisions,), the probability before any recalibration
    wrong  : bool array, shape (n_decisions,), whether the label turned out to be wrong
    """
    if len(stated) == 0:
        return Recalibration()
    design = np.column_stack([_log_odds(stated), np.ones(len(stated))])
    start = np.array([1.0, 0.0])
    precision = np.array([SLOPE_SPREAD, OFFSET_SPREAD]) ** -2.0

    def cost(at: Floats) -> tuple[float, Floats]:
        odds = design @ at
        surprise = np.logaddexp(0, odds).sum() - odds[wrong].sum()
        slope = design.T @ (1 / (1 + np.exp(-odds)) - wrong) + precision * (at - start)
        return float(surprise + precision @ (at - start) ** 2 / 2), slope

    # A slope below zero would turn the order round, which no decision on the top of a queue can justify.
    bounds = [(LEAST_SLOPE, None), (None, None)]
    slope, offset = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Recalibration(float(slope), float(offset), len(stated))


def _log_odds(probability: Floats) -> Floats:
    clipped = np.clip(probability, CLIP, 1 - CLIP)
    return np.log(clipped / (1 - clipped))
