"""What is seen at the place of each given box, and how far the model is to be believed there."""

from typing import NamedTuple

import numpy as np

from . import box_trust
from .box_matching import Boxes, Pairs, best_of, mutual_best, overlapping
from .box_trust import Trust
from .detector import Bools, Floats, Ints

# Boxes that touch no more than this have nothing to do with each other.
TOUCHING = 0.1
# Boxes on one object overlap by half, or by this share of what is usual for the model.
SAME_OBJECT, SHARE_OF_USUAL = 0.5, 0.6
LEAST_MISS_RATE = 0.01
# How often the model misses is told apart by so many sizes; each leans on its class with so many boxes.
SIZES, LEANING = 8, 5.0
NOBODY = -1


class Scene(NamedTuple):
    """What is known of all pictures: the boxes, which of them overlap, and how far the model is believed.

    same_from   : the overlap from which boxes are on one object
    partner     : int array, shape (n_matched,), the pairs of the one-to-one matching
    odds, seen  : float arrays, shape (n_given,), the odds of what the model says at the place of each given
                  box if that is right, of its class, and of any class
    other, other_label : float and int array, shape (n_given,), the trust in the best box of another class
                  there, and that class
    """

    given: Boxes
    predicted: Boxes
    pairs: Pairs
    trust: Trust
    same_from: float
    partner: Ints
    odds: Floats
    seen: Floats
    other: Floats
    other_label: Ints


def survey(given: Boxes, predicted: Boxes, n_classes: int) -> Scene:
    """All that the search for errors needs to know, from the given and the predicted boxes."""
    pairs = overlapping(given, predicted, least=TOUCHING)
    same_from = _same_from(predicted, pairs)
    near = pairs.iou >= same_from
    of_class = given.label[pairs.a] == predicted.label[pairs.b]
    # A box that was only drawn off its place was not missed.
    first_match = mutual_best(pairs, pairs.iou + of_class)
    met = np.zeros(len(predicted.image), dtype=bool)
    met[pairs.b[near & of_class]] = True
    met[pairs.b[first_match[of_class[first_match]]]] = True
    trust = box_trust.learn(predicted, met, n_classes)
    believed = trust.real[pairs.b]
    n = len(given.image)
    own = best_of(pairs.a[near & of_class], believed[near & of_class], n)
    seen = best_of(pairs.a[near], believed[near], n)
    other, other_label = _best_other(given, predicted, pairs, near & ~of_class, believed)
    return Scene(
        given=given,
        predicted=predicted,
        pairs=pairs,
        trust=trust,
        same_from=same_from,
        partner=mutual_best(pairs, pairs.iou + believed + of_class),
        odds=np.maximum(odds_of(own), _miss_rate(given, own, n_classes, sizes=1)),
        seen=np.maximum(odds_of(seen), _miss_rate(given, seen, n_classes, sizes=SIZES)),
        other=other,
        other_label=other_label,
    )


def _same_from(predicted: Boxes, pairs: Pairs) -> float:
    """The overlap from which boxes are on one object: lower for a model that is always a little off."""
    matched = mutual_best(pairs, pairs.iou)
    if not len(matched):
        return SAME_OBJECT
    scores = predicted.score[pairs.b[matched]]
    confident = matched[scores >= np.median(scores)]
    return min(SAME_OBJECT, max(SHARE_OF_USUAL * float(np.median(pairs.iou[confident])), 2 * TOUCHING))


def _best_other(
    given: Boxes, predicted: Boxes, pairs: Pairs, chosen: Bools, believed: Floats
) -> tuple[Floats, Ints]:
    """The trust in the most trusted box of another class at each given box, and that class."""
    trust, label = np.zeros(len(given.image)), np.full(len(given.image), NOBODY)
    rising = np.flatnonzero(chosen)[np.argsort(believed[chosen], kind="stable")]
    trust[pairs.a[rising]] = believed[rising]  # of several the last one stays
    label[pairs.a[rising]] = predicted.label[pairs.b[rising]]
    return trust, label


def odds_of(probability: Floats) -> Floats:
    return probability / (1 - probability)


def _miss_rate(given: Boxes, seen: Floats, n_classes: int, *, sizes: int) -> Floats:
    """How often the model sees nothing where a box of that class and size is, shape (n_given,)."""
    missed = (seen == 0).astype(float)
    of_class = np.bincount(given.label, missed, minlength=n_classes) + 1.0
    of_class /= np.bincount(given.label, minlength=n_classes) + 2.0
    # Sizes of each class in bins of equal number; each bin leans on the rate of its class.
    order = np.lexsort((given.bbox[:, 2] * given.bbox[:, 3], given.label))
    place = np.empty(len(order))
    place[order] = np.arange(len(order))
    n_before, n = np.searchsorted(given.label[order], [given.label, given.label + 1])
    which = given.label * sizes + (sizes * (place - n_before) / np.maximum(n - n_before, 1)).astype(int)
    cells = np.bincount(which, missed, minlength=n_classes * sizes) + LEANING * np.repeat(of_class, sizes)
    rate = cells / (np.bincount(which, minlength=n_classes * sizes) + LEANING)
    return np.maximum(rate, LEAST_MISS_RATE)[which]
