"""How an item fared while a model learned, from what the model said of it after each epoch.

Pleiss, Zhang, Elenberg, Weinberger: Identifying Mislabeled Data using the Area Under the Margin Ranking.
NeurIPS 2020, arXiv:2001.10528. The margin is that of the scores before softmax: they differ from the
logarithms of the probabilities by a number that is the same for all classes.
"""

from typing import NamedTuple

import numpy as np

from .detector import Floats, Ints

TINY = 1e-12


class Followed(NamedTuple):
    """
    margins : float32 array, shape (n, n_epochs), the lead of the label over the best other class, in scores
    losses  : float32 array, shape (n, n_epochs), the negative log-probability of the label
    rival   : int array, shape (n,), the likeliest class beside the label, on the average of all epochs: at
              the end the label may have been learnt by heart
    """

    margins: Floats
    losses: Floats
    rival: Ints


def follow(probs: Floats, labels: Ints) -> Followed:
    """What the detector needs of a training, without the probabilities of all classes.

    probs  : float array, shape (n_epochs, n, n_classes), values in [0, 1], two classes or more
    labels : int array, shape (n,), values in [0, n_classes)
    """
    logs = np.log(np.maximum(probs, TINY), dtype=np.float32)
    at = np.arange(len(labels))
    given = logs[:, at, labels]
    logs[:, at, labels] = -np.inf
    likely = probs.mean(axis=0)
    likely[at, labels] = -1
    return Followed((given - logs.max(axis=2)).T, -given.T, likely.argmax(axis=1))
