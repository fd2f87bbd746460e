"""What each of several annotators makes of each class, as far as so few answers can tell.

Kim, Ghahramani: Bayesian Classifier Combination. AISTATS 2012 (PMLR 22:619-627): a matrix of confusions for
each annotator, of which the expected logarithm counts and not the best guess, so that whoever answered
little weighs little. Departs from it in what is assumed beforehand, which is learnt from the crowd: rows
lean on the annotator's one accuracy, and that on everybody's, each as strongly as makes the answers
likeliest (Minka: Estimating a Dirichlet distribution, 2000). Where annotators differ in nothing but care, the
matrices shrink to one number each; where each has habits of their own, they stay.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from .detector import Floats, Votes
from .label_noise import one_rate

# How many imagined answers an annotator's accuracy may lean on, and a row on that accuracy. More of the first
# would make all annotators alike wherever each of them answered little.
ACCURACY_STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
ROW_STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1000.0)
# Before anything was seen: so many answers, of which so many are right.
ASSUMED, ASSUMED_RIGHT = 5.0, 4.5
ASSUMED_AGREEMENT, ASSUMED_PAIRS = 0.65, 10.0
LEAST = 1e-3
# The strengths are chosen by so many cells of the matrices, which those of evenly spread annotators are.
CELLS = 200_000


class Strengths(NamedTuple):
    """How many imagined answers an annotator's accuracy leans on, and each row of the confusions."""

    accuracy: float
    row: float


def first(votes: Votes, n_items: int, n_classes: int) -> Floats:
    """Everybody alike, as careful as two of them agree on an item; (n_annotators, n_classes, n_classes)."""
    cell = votes.item.astype(np.int64) * n_classes + votes.value
    alike = np.unique(cell, return_counts=True)[1].astype(float)
    asked = np.bincount(votes.item, minlength=n_items).astype(float)
    same, pairs = (alike * (alike - 1)).sum(), (asked * (asked - 1)).sum()
    agreement = (same + ASSUMED_PAIRS * ASSUMED_AGREEMENT) / (pairs + ASSUMED_PAIRS)
    # Two agree if both are right, or both wrong in the same way: a² + (1 - a)² / (k - 1) = agreement.
    k = n_classes
    right = (1 + np.sqrt(max((k - 1) * (k * agreement - 1), 0.0))) / k
    error_rate = float(np.clip(1 - right, 0.02, 0.95 * (1 - 1 / k)))
    return np.tile(one_rate(np.zeros(k, dtype=np.int64), error_rate), (votes.n_annotators, 1, 1))


def strengths(counts: Floats) -> Strengths:
    """The strengths under which what the annotators seem to have answered is likeliest.

    counts : float array, shape (n_annotators, n_classes true, n_classes answer), see `observers.counted`
    """
    right, answered = _right(counts), counts.sum(axis=(1, 2))
    both, usual = np.stack([right, answered - right], axis=1), _usual(right, answered)
    everybody = np.array([usual, 1 - usual])
    accuracy = max(ACCURACY_STRENGTHS, key=lambda strength: _likelihood(both, everybody, strength))
    some = slice(None, None, max(1, counts.size // CELLS))
    expected = _expected(counts, accuracy)[some]
    row = max(ROW_STRENGTHS, key=lambda strength: _likelihood(counts[some], expected, strength))
    return Strengths(accuracy, row)


def learn(counts: Floats, strengths: Strengths) -> Floats:
    """The geometric mean of P(answer | true class), (n_annotators, n_classes true, n_classes answer).

    Rows sum to less than 1, the less the fewer answers they come from; `counts` is as of `strengths`.
    """
    seen = counts + strengths.row * _expected(counts, strengths.accuracy)
    return np.exp(digamma(seen) - digamma(seen.sum(axis=2, keepdims=True)))


def _right(counts: Floats) -> Floats:
    return np.einsum("att->a", counts)


def _usual(right: Floats, answered: Floats) -> float:
    """The share of right answers of all annotators together."""
    return float(np.clip((right.sum() + ASSUMED_RIGHT) / (answered.sum() + ASSUMED), LEAST, 1 - LEAST))


def _expected(counts: Floats, strength: float) -> Floats:
    """What the matrices would be if each annotator had one accuracy and no habits; shape as of `learn`."""
    right, answered = _right(counts), counts.sum(axis=(1, 2))
    accuracy = (right + strength * _usual(right, answered)) / (answered + strength)
    accuracy = np.clip(accuracy, LEAST, 1 - LEAST)[:, None, None]
    n_classes = counts.shape[1]
    wrong = one_rate(counts.sum(axis=(0, 1)), 1.0)
    return accuracy * np.eye(n_classes) + (1 - accuracy) * wrong


def _likelihood(counts: Floats, expected: Floats, strength: float) -> float:
    """How likely counts (…, n) with shares spread around `expected` are: Dirichlet-multinomial, in logs."""
    assumed = strength * expected
    rows = gammaln(strength) - gammaln(counts.sum(axis=-1) + strength)
    return float((rows + (gammaln(counts + assumed) - gammaln(assumed)).sum(axis=-1)).sum())
