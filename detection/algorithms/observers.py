"""Those who answered, official labels among them: what they said, and how often each takes which class for
which.

Dawid, Skene: Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm. Applied
Statistics 28 (1979), doi:10.2307/2346806. Departs from it in shrinking each confusion matrix towards that
observer's one error rate, so that rare classes and quiet annotators get no invented habits; of several
annotators the crowd says how far (see `crowd_confusions`).
"""

from typing import NamedTuple

import numpy as np

from . import crowd_confusions
from .detector import Floats, Inputs, Ints, Votes
from .label_noise import one_rate

# So many imagined items pull an annotator's error rate, and each row of the matrix, towards what is usual.
SHRINKAGE = 5.0
FLOOR = 1e-6
FIRST_ERROR_RATE = 0.05


class Source(NamedTuple):
    """Answers in the order in which items are gone through: `votes.item` is a place there and ascends.

    which    : int array, shape (n_votes,), where each answer stands among those that were passed in
    official : whether these are the official labels
    """

    votes: Votes
    which: Ints
    official: bool

    def between(self, start: int, stop: int) -> "Source":
        """The answers on the items from place `start` to `stop`, whose places are counted from `start`."""
        first, last = np.searchsorted(self.votes.item, [start, stop])
        item, annotator, value = (part[first:last] for part in self.votes[:3])
        kept = Votes(item - start, annotator, value, self.votes.n_annotators)
        return Source(kept, self.which[first:last], self.official)


def official(inputs: Inputs, order: Ints, *, fresh_only: bool = False) -> Source:
    """The official labels of the items `order`, as one observer.

    `fresh_only` leaves out what merely repeats a vote on the same item: it is no further evidence.
    """
    labels = inputs.labels[order]
    counts = labels >= 0
    if fresh_only and inputs.votes is not None:
        said = np.zeros(len(inputs.labels), dtype=bool)
        votes = inputs.votes
        said[votes.item[votes.value == inputs.labels[votes.item]]] = True
        counts &= ~said[order]
    item = np.flatnonzero(counts)
    return Source(Votes(item, np.zeros(len(item), dtype=np.int64), labels[item], 1), item, True)


def annotators(votes: Votes, order: Ints, n_items: int) -> Source:
    """The annotators' answers on the items `order`."""
    place = np.full(n_items, -1)
    place[order] = np.arange(len(order))
    at = place[votes.item]
    which = np.argsort(at, kind="stable")
    which = which[np.searchsorted(at[which], 0) :]
    return Source(
        Votes(at[which], votes.annotator[which], votes.value[which], votes.n_annotators), which, False
    )


def first_guess(probs: Floats, source: Source, weights: Floats | None, least: Floats | None) -> Floats:
    """Confusion matrices to begin with: a single observer's by the model, several ones' by how they agree.

    Several compare with each other; a weak model that judged them first would find itself confirmed.
    """
    votes = source.votes
    if votes.n_annotators > 1:
        return crowd_confusions.first(votes, *probs.shape)
    return confusions(counted(probs, votes, weights), FIRST_ERROR_RATE, least)


def counted(probs: Floats, votes: Votes, weights: Floats | None = None) -> Floats:
    """How often each observer gave which answer to which class, shape (n_annotators, n true, n answers).

    probs   : float array, shape (n_items, n_classes), how likely each true class is
    weights : float array, shape (n_items,), how many items each stands for; None: itself
    """
    n_classes = probs.shape[1]
    counts = np.zeros((votes.n_annotators * n_classes, n_classes))
    if len(votes.item):
        cell = votes.annotator * n_classes + votes.value
        order = np.argsort(cell, kind="stable")
        present, starts = np.unique(cell[order], return_index=True)
        rows = probs[votes.item[order]]
        if weights is not None:
            rows *= weights[votes.item[order], None]
        counts[present] = np.add.reduceat(rows, starts, axis=0)
    return counts.reshape(votes.n_annotators, n_classes, n_classes).transpose(0, 2, 1)


def confusions(counts: Floats, error_rates: Floats | float, least: Floats | None = None) -> Floats:
    """P(answer | true class) of each observer, shape (n_annotators, n_classes true, n_classes answer).

    least : what is not to be undercut beside the diagonal; see `label_noise`
    """
    answers = counts.sum(axis=(0, 1))
    rates = np.broadcast_to(error_rates, (len(counts),))
    counts = counts + SHRINKAGE * np.stack([one_rate(answers, float(rate)) for rate in rates])
    confusion = counts / counts.sum(axis=2, keepdims=True)
    if least is not None:
        confusion = np.maximum(confusion, least)
        confusion /= confusion.sum(axis=2, keepdims=True)
    return confusion


def error_rates(counts: Floats) -> Floats:
    """The share of wrong answers of each observer, shape (n_annotators,), shrunk towards everybody's."""
    answered = counts.sum(axis=(1, 2))
    wrong = answered - np.trace(counts, axis1=1, axis2=2)
    everybody = (wrong.sum() + SHRINKAGE * FIRST_ERROR_RATE) / (answered.sum() + SHRINKAGE)
    return np.clip((wrong + SHRINKAGE * everybody) / (answered + SHRINKAGE), FLOOR, 1 - FLOOR)


def add_heard(heard: Floats, votes: Votes, confusion: Floats) -> None:
    """Add to each item's row of `heard` the log-likelihood of the answers on it, were each class true."""
    if not len(votes.item):
        return
    logs = np.log(confusion).transpose(0, 2, 1)
    item, starts = np.unique(votes.item, return_index=True)
    rows = logs[votes.annotator, votes.value]
    heard[item] += rows if len(item) == len(rows) else np.add.reduceat(rows, starts, axis=0)
