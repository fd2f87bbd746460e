"""How many suspicions each class may have, so that a rare class neither floods the queue nor is buried in it.

Confident learning counts the errors of a class against the mean confidence in it, and over-flags classes
that hold few per cent (cleanlab's issue 568). The cap is what the calibrated probabilities expect:
`GENEROUS` times as many suspicions of a class as it should have errors, so that half of them at least may
be expected to be right.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from .detector import Floats, Ints

GENEROUS = 2.0
# A class may have as many suspicions whatever is expected, and keeps as many when the queue is cut short.
FLOOR = 3
# A class with less than this part of an equal share of the labels is rare.
RARE = 0.2

Kept = TypeVar("Kept")


def capped(order: Sequence[int], labels: Ints, wrongness: Floats, n_classes: int) -> list[int]:
    """The items of `order`, the likeliest errors first, that are within the cap of the class they are
    labelled with.
    """
    labelled = labels >= 0
    expected = np.bincount(labels[labelled], wrongness[labelled], minlength=n_classes)
    most = np.ceil(GENEROUS * expected - 1e-9) + FLOOR
    seen = np.zeros(n_classes, dtype=np.int64)
    kept = []
    for item in order:
        seen[labels[item]] += 1
        if seen[labels[item]] <= most[labels[item]]:
            kept.append(item)
    return kept


def cut(suspicions: Sequence[Kept], classes: Sequence[int], most: int | None) -> list[Kept]:
    """The first `most` suspicions; half of the places at least go by order alone, some to the first of each
    class.
    """
    if most is None or len(suspicions) <= most:
        return list(suspicions)
    floor = min(FLOOR, most // (2 * max(len(set(classes)), 1)))
    ranks: dict[int, int] = {}
    chosen = []
    for place, label in enumerate(classes):
        ranks[label] = ranks.get(label, 0) + 1
        if ranks[label] <= floor:
            chosen.append(place)
    first = frozenset(chosen)
    others = [place for place in range(len(suspicions)) if place not in first]
    places = sorted([*chosen, *others[: most - len(chosen)]])
    return [suspicions[place] for place in places]


def rare_counts(labels: Ints, n_classes: int) -> dict[int, int]:
    """The rare classes that there are, and how many labels each has."""
    counts = np.bincount(labels[labels >= 0], minlength=n_classes)
    equal = counts.sum() / max(np.count_nonzero(counts), 1)
    return {int(k): int(counts[k]) for k in np.flatnonzero((counts > 0) & (counts < RARE * equal))}
