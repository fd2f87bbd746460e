"""Whether imported probabilities can be out-of-sample at all: a model that was trained on an item knows its
label by heart.

Zhang et al.: Understanding Deep Learning Requires Rethinking Generalization. ICLR 2017, arXiv:1611.03530:
networks fit even random labels without an error. Wrong labels then look as right as the others, and nothing
is found.
"""

from typing import NamedTuple

import numpy as np

from .detector import Inputs

PERFECT = 0.995
FEWEST = 100
# The nearest neighbours must disagree with so many times as many labels, or the task may simply be easy.
BESIDE_NEIGHBOURS = 5.0
NOTABLE = 0.01


class ByHeart(NamedTuple):
    """The share of labels that the model gives back, and that the nearest other items give."""

    agreement: float
    neighbours: float


def learnt_by_heart(inputs: Inputs) -> ByHeart | None:
    """How suspiciously the imported probabilities agree with the labels; None where there is nothing to
    call out.

    Without neighbours to compare with nothing is called out: the task may be that easy.
    """
    if not inputs.imported or inputs.probs is None or inputs.neighbours is None:
        return None
    near = inputs.neighbours.item[:, 0] if inputs.neighbours.item.size else np.full(len(inputs.labels), -1)
    comparable = (near >= 0) & (inputs.labels >= 0) & (inputs.labels[near] >= 0)
    known = np.flatnonzero(comparable & ~np.isnan(inputs.probs).any(axis=1))
    if len(known) < FEWEST:
        return None
    given = inputs.labels[known]
    agreement = float((inputs.probs[known].argmax(axis=1) == given).mean())
    alike = float((inputs.labels[near[known]] == given).mean())
    missed = max(1 - agreement, 1 / len(known))
    suspicious = agreement >= PERFECT and 1 - alike >= max(NOTABLE, BESIDE_NEIGHBOURS * missed)
    return ByHeart(agreement, alike) if suspicious else None
