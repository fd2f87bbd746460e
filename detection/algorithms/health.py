"""How wrong a labelled set is as a whole."""

from typing import Literal, NamedTuple

import numpy as np

from .detector import Floats

Grade = Literal["safe", "watch", "act", "broken"]
CERTAINTY = 1.96
# The share by which the model behind the probabilities may itself be off; see docs/detectors.md for how it
# was seen.
MODEL_SLACK = 0.15
# The rule of three (Hanley, Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031): of n labels that all
# look right, up to 3 / n may be wrong, at 95 %.
NONE_SEEN = 3.0


class Health(NamedTuple):
    estimate: float
    low: float
    high: float
    grade: Grade


def assess(wrongness: Floats) -> Health:
    """The share of wrong labels with a 95 % interval and a grade.

    wrongness : float array, shape (n_labelled,), the probability that each label is wrong

    The interval adds what sampling leaves open (each label is wrong with its probability) to a slack for the
    model; its upper end is never below what n labels without a suspect would leave open.
    """
    n = max(len(wrongness), 1)
    estimate = float(wrongness.sum() / n)
    sampling = CERTAINTY * float(np.sqrt((wrongness * (1 - wrongness)).sum() + estimate * (1 - estimate))) / n
    margin = sampling + MODEL_SLACK * estimate
    high = max(estimate + margin, NONE_SEEN / n)
    return Health(estimate, max(estimate - margin, 0.0), min(high, 1.0), grade(estimate))


def grade(error_rate: float) -> Grade:
    if error_rate < 0.01:
        return "safe"
    if error_rate < 0.05:
        return "watch"
    return "act" if error_rate <= 0.10 else "broken"
