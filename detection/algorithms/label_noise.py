"""How often, at least, official labels stray from true classes, as a model sees it that learned from these
labels.

A model that was trained on noisy labels predicts noisy labels: where one example in a hundred of a
frequent class is mislabelled as a rare one, it gives the rare class one per cent everywhere. Whoever then
asks how the labels came about is told that the model explains them all. Patrini et al.: Making Deep Neural
Networks Robust to Label Noise. CVPR 2017, arXiv:1609.03683, read the noise off at anchor points, which
surely belong to one class. Departs from it in the anchors: all items that reach the mean confidence of a
class (as in confident learning, doi:10.1613/jair.1.12125), since a single most extreme one is mostly luck;
and in believing them up to `MOST` and for rare classes only: a weak model's own confusions look the same
from here.
"""

import numpy as np

from .detector import Floats, Ints, spoken

# So many imagined items pull each row of the matrix towards one error rate for all classes.
SHRINKAGE = 5.0
MOST = 0.02
# Noise that makes up less of a class than this is left to be learned: there is enough of it to learn from.
WORTH_TELLING = 0.05
ROWS = 2**14


def least_noise(labels: Ints, probs: Floats) -> Floats:
    """P(official label | true class) at least, in [0, MOST], 0 on the diagonal; (n_classes, n_classes).

    labels : int array, shape (n_items,), in [0, n_classes), -1 where there is none
    probs  : float array, shape (n_items, n_classes), out-of-sample, rows sum to 1 or are NaN: not known
    """
    n, n_classes = probs.shape
    likeliest = np.empty(n, dtype=np.int64)
    for start in range(0, n, ROWS):
        # At once, NumPy would copy an array that is only to be read from.
        likeliest[start : start + ROWS] = probs[start : start + ROWS].argmax(axis=1)
    known = np.flatnonzero(spoken(probs) & (labels >= 0))
    labels, likeliest = labels[known], likeliest[known]
    confidence = np.full(n_classes, np.inf)
    given = np.bincount(labels, minlength=n_classes)
    every = np.bincount(labels, probs[known, labels], minlength=n_classes)
    confidence[given > 0] = every[given > 0] / given[given > 0]
    sure = probs[known, likeliest] >= confidence[likeliest] - 1e-6
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (likeliest[sure], labels[sure]), 1.0)
    error_rate = 1 - np.trace(counts) / max(counts.sum(), 1)
    counts += SHRINKAGE * one_rate(given, error_rate)
    least = np.minimum(counts / counts.sum(axis=1, keepdims=True), MOST)
    np.fill_diagonal(least, 0)
    return np.where(least * given[:, None] >= WORTH_TELLING * np.maximum(given, 1), least, 0)


def one_rate(answers: Ints, error_rate: float) -> Floats:
    """The noise of who errs at one rate, towards the classes that are answered often; rows sum to 1."""
    wrong = np.tile(answers + 1.0, (len(answers), 1))
    np.fill_diagonal(wrong, 0)
    wrong /= np.maximum(wrong.sum(axis=1, keepdims=True), 1e-300)
    return error_rate * wrong + (1 - error_rate) * np.eye(len(answers))
