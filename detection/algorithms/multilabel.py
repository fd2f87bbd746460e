"""Multilabel: which classes of an item are wrongly given or wrongly left out, one class against the rest.

Confident learning (Northcutt, Jiang, Chuang, JAIR 70 (2021), doi:10.1613/jair.1.12125) on each class as a
problem of its own, as in Thyagarajan et al.: Identifying Incorrect Annotations in Multi-Label Classification
Data, arXiv:2211.13895, and in cleanlab 2.9's `multilabel_classification`, with the same masks and scores.
Departs from them in the work: with two classes pruning by class, by noise rate and by both are one and the
same, so that each class takes a few passes over its column and no sorting, however many classes there are.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .detector import Bools, Floats, Ints

# cleanlab's tolerances, kept so that borderline items fall on the same side.
CLOSE = 1e-6
NO_ITEM_REACHES = 2.0
COLUMNS = 16
# So many items at a time stay near the processor.
ROWS = 2048
ALPHA = 0.8
# 0.2 to this power is below what a float can add to one, so that further classes do not count.
DEPTH = 24
ITERATIONS = 15
FIRST_ERROR_RATE = 0.02
SHRINKAGE = 5.0
REFIT_EVERY = 5
POWERS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
SAMPLE = 10_000
FLOOR = 1e-6
# Below this a label is more than nine times as likely right: not worth a person's minute.
WORTH_A_LOOK = 0.1
LIKELIER_WRONG = 0.5


class Suspects(NamedTuple):
    """
    item, of_class : int arrays, shape (n_found,)
    given          : bool array, shape (n_found,): a spurious label where true, a missing one where false
    score          : float array, shape (n_found,), the probability that the yes or no is wrong
    """

    item: Ints
    of_class: Ints
    given: Bools
    score: Floats


def label_quality(labels: Bools, probs: Floats) -> Floats:
    """The probability that the model gives to each given yes or no, shape (n_items, n_classes); low is bad.

    labels : bool array, shape (n_items, n_classes)
    probs  : float array, shape (n_items, n_classes), in [0, 1], independent of each other, out-of-sample
    """
    # |0 - p| where given and |1 - p| where not: exact, and twice as fast as a choice.
    quality = np.subtract(~labels, probs)
    return np.abs(quality, out=quality)


def item_quality(labels: Bools, probs: Floats) -> Floats:
    """One number for all classes of an item, shape (n_items,): the moving average towards its worst class.

    Of the qualities in falling order each next one weighs 0.8 against all before it; takes what
    `label_quality` takes.
    """
    n_items, n_classes = probs.shape
    if n_classes == 0:
        return np.ones(n_items)
    weights = ALPHA * (1 - ALPHA) ** np.arange(min(n_classes, DEPTH))
    if n_classes <= DEPTH:
        weights[-1] = (1 - ALPHA) ** (n_classes - 1)
    result = np.empty(n_items)
    for start in range(0, n_items, ROWS):
        rows = slice(start, start + ROWS)
        quality = label_quality(labels[rows], probs[rows])
        if n_classes > DEPTH:
            quality = np.partition(quality, DEPTH - 1, axis=1)[:, :DEPTH]
        quality.sort(axis=1)
        result[rows] = quality @ weights
    return result


def find_issues(labels: Bools, probs: Floats) -> Bools:
    """The mask of likely wrong yeses and noes, shape (n_items, n_classes).

    Takes what `label_quality` takes; NaN raises ValueError. Where equal probabilities straddle the number
    to be pruned, the lower index is taken.
    """
    if labels.shape != probs.shape:
        raise ValueError("labels and probabilities must have one shape")
    mask = np.zeros(probs.shape, dtype=bool, order="F")
    for k, given, yes in _columns(labels, probs):
        if np.isnan(yes.sum()):
            raise ValueError("probabilities must not be NaN")
        mask[_of_class(given, yes), k] = True
    return mask


def wrongness(labels: Bools, probs: Floats) -> Floats:
    """The probability that each yes or no is wrong, shape (n_items, n_classes).

    Dawid and Skene (1979, doi:10.2307/2346806) with the labels as one observer of each class, whose rates of
    false yeses and noes are estimated, and the model as the prior, made as sharp as suits the labels. Takes
    what `label_quality` takes.
    """
    wrong = np.zeros(probs.shape, dtype=np.float32, order="F")
    for k, given, yes in _columns(labels, probs):
        wrong[:, k] = _wrong_of_class(given, yes)
    return wrong


def suspect(labels: Bools, probs: Floats) -> Suspects:
    """The yeses and noes worth a look, the likeliest errors first; takes what `label_quality` takes.

    Of a class with hardly an error the mask may have none, however sure the model is of it: what is likelier
    wrong than right counts in any case.
    """
    worth = find_issues(labels, probs)
    wrong = wrongness(labels, probs)
    worth &= wrong >= WORTH_A_LOOK
    worth |= wrong >= LIKELIER_WRONG
    item, of_class = np.nonzero(worth)
    score = wrong[item, of_class]
    order = np.lexsort((of_class, item, -score))
    return Suspects(item[order], of_class[order], labels[item, of_class][order], score[order])


def _columns(labels: Bools, probs: Floats) -> Iterator[tuple[int, Bools, Floats]]:
    """(class, its labels, its probabilities), contiguous: columns of a row-wise matrix are slow to read."""
    for start in range(0, probs.shape[1], COLUMNS):
        given = np.ascontiguousarray(labels[:, start : start + COLUMNS].T)
        yes = np.ascontiguousarray(probs[:, start : start + COLUMNS].T)
        yield from ((start + k, given[k], yes[k]) for k in range(len(given)))


def _of_class(given: Bools, yes: Floats) -> Ints:
    """The items whose label of one class is likely wrong."""
    rows = np.flatnonzero(~given), np.flatnonzero(given)
    # Each side is seen from its own label: how likely that label is, and how likely the other one.
    own = 1 - yes[rows[0]], yes[rows[1]]
    other = yes[rows[0]], 1 - yes[rows[1]]
    reach = [max(p.mean(), 2 * CLOSE) if len(p) else NO_ITEM_REACHES for p in own]
    counts = np.zeros((2, 2), order="F")  # the order of cleanlab's sums
    for side in (0, 1):
        n_own, n_other = _confident_counts(own[side], other[side], reach[side], reach[1 - side], side)
        counts[side, side], counts[side, 1 - side] = max(n_own, 1), n_other
    quotas = _quotas(counts, np.array([len(rows[0]), len(rows[1])]))
    return np.concatenate([rows[s][_pruned(own[s], other[s], quotas[s], s)] for s in (0, 1)])


def _confident_counts(
    own: Floats, other: Floats, reach_own: float, reach_other: float, side: int
) -> tuple[int, int]:
    """How many items of one label the model confidently takes for that label, and for the other."""
    sure_own, sure_other = own >= reach_own - CLOSE, other >= reach_other - CLOSE
    both = np.flatnonzero(sure_own & sure_other)
    preferred = own[both] >= other[both] if side == 0 else own[both] > other[both]
    n_own = int(sure_own.sum()) - len(both) + int(preferred.sum())
    n_other = int(sure_other.sum()) - int(preferred.sum())
    return n_own, n_other


def _quotas(counts: Floats, n_given: Ints) -> list[int]:
    """How many noes and yeses are wrong: the confident counts scaled to all of them; one stays of each.

    counts : float array, shape (2 given, 2 true)
    """
    # In this order, and twice: a half that the last bit lifts is rounded the other way.
    scaled = (counts.T / counts.sum(axis=1) * n_given).T
    scaled = scaled / max(scaled.sum(), 1e-100) * n_given.sum()
    wrong = [_rounded(scaled[side])[1 - side] for side in (0, 1)]
    return [max(min(w, int(n) - 1), 0) for w, n in zip(wrong, n_given, strict=True)]


def _rounded(row: Floats) -> list[int]:
    """Whole numbers with the sum of the two of `row`: the one that rounding moved further gives way."""
    whole = [round(value) for value in row]
    gap = round(row.sum()) - sum(whole)
    first_moved, last_moved = row - whole
    if gap:
        lifted = last_moved >= first_moved if gap > 0 else last_moved < first_moved
        whole[int(lifted)] += gap
    return whole


def _pruned(own: Floats, other: Floats, quota: int, side: int) -> Ints:
    """At most `quota` positions with the least probability of the own label, of those the model disputes."""
    candidates = np.flatnonzero(other > own + CLOSE if side == 0 else other >= own + CLOSE)
    if len(candidates) <= quota or not quota:
        return candidates[:quota]
    keys = own[candidates]
    least = np.partition(keys, quota - 1)[quota - 1]
    below, level = candidates[keys < least], candidates[keys == least]
    return np.concatenate([below, level[: quota - len(below)]])


def _wrong_of_class(given: Bools, yes: Floats) -> NDArray[np.floating[Any]]:
    """The probability that each label of one class is wrong."""
    likely = np.clip(yes, FLOOR, 1 - FLOOR)
    against = np.log(likely / (1 - likely)) * np.where(given, -1.0, 1.0)  # log odds that the label is wrong
    sides, n_given = given.astype(np.intp), np.array([np.count_nonzero(~given), np.count_nonzero(given)])
    rates, power, wrong = np.array([FIRST_ERROR_RATE, FIRST_ERROR_RATE]), 1.0, against
    for step in range(ITERATIONS):
        if step % REFIT_EVERY == 0:
            power = _sharpest(against, sides, rates)
        # A no is false where yes is true and was missed; it is right where no is true and was not overlooked.
        heard = np.log(rates / (1 - rates[::-1]))
        wrong = 1 / (1 + np.exp(-(power * against + heard[sides])))
        rates = _error_rates(np.bincount(sides, wrong, minlength=2), n_given)
    return wrong


def _error_rates(n_wrong: NDArray[Any], n_given: Ints) -> Floats:
    """The rates of false noes where yes is true, and of false yeses, each shrunk towards the common one."""
    n_true = n_given[::-1] - n_wrong[::-1] + n_wrong  # of yes, of no
    everywhere = (n_wrong.sum() + FIRST_ERROR_RATE) / (n_given.sum() + 1)
    return np.clip((n_wrong + SHRINKAGE * everywhere) / (n_true + SHRINKAGE), FLOOR, 0.5)


def _sharpest(against: Floats, sides: Ints, rates: Floats) -> float:
    """The power of the model's odds under which the labels are likeliest, seen on a sample."""
    stride = max(len(against) // SAMPLE, 1)
    odds, side = against[::stride], sides[::stride]
    likelihoods = []
    for power in POWERS:
        other = 1 / (1 + np.exp(-power * odds))
        likelihoods.append(np.log(other * rates[side] + (1 - other) * (1 - rates[1 - side])).sum())
    return POWERS[int(np.argmax(likelihoods))]
