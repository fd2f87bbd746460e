"""What each row of a matrix of class probabilities says, read in one pass."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import compiled
from .detector import Bools, Floats, Ints

# cleanlab's tolerance, kept so that borderline items fall on the same side.
CLOSE = 1e-6
CHUNK = 2**18


class Scan(NamedTuple):
    """
    given : float array, shape (n_items,), the probability of the given label
    best  : float array, shape (n_items,), the highest probability of any other class
    guess : int array, shape (n_items,), the class that the row reaches the threshold of, the likeliest of
            several, -1 where it reaches none
    """

    given: Floats
    best: Floats
    guess: Ints


def self_confidence(labels: Ints, probs: Floats) -> Floats:
    """The probability that the model gives the given label; low is suspicious.

    labels : int array, shape (n_items,), values in [0, n_classes)
    probs  : float array, shape (n_items, n_classes), rows sum to 1, out-of-sample
    """
    n, n_classes = probs.shape
    check(labels, n_classes)
    if not probs.flags.c_contiguous:
        return probs[np.arange(n), labels]
    # A third of the time of an index in two dimensions.
    return probs.ravel().take(np.arange(0, n * n_classes, n_classes) + labels)


def check(labels: Ints, n_classes: int) -> None:
    """Raise ValueError unless every label is one of the classes: compiled loops would read elsewhere."""
    if len(labels) and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError("labels must lie in [0, n_classes)")


def scan(labels: Ints, probs: Floats, given: Floats, bounds: Floats) -> Scan:
    """Each row beside its label; probabilities that are NaN or far outside of [0, 1] raise ValueError.

    given  : `self_confidence` of the same
    bounds : float array, shape (n_classes,), a class counts from there on
    """
    bounds = _rounded_up(bounds, probs.dtype)
    if probs.flags.c_contiguous and probs.dtype in (np.float32, np.float64) and compiled.worth_it(probs.size):
        best, guess, clean = _by_machine(labels, probs, bounds)
        if clean:
            return Scan(given, best, guess)
    return Scan(given, *_by_numpy(labels, probs, bounds))


def disagrees(labels: Ints, probs: Floats, seen: Scan) -> Bools:
    """Whether the model itself would have given another label, by more than a rounding error."""
    favoured = seen.given.copy()
    favoured += CLOSE
    other = seen.best > favoured
    # The first of equals is the prediction, also where the favour makes them equal.
    tied = np.flatnonzero(seen.best == favoured)
    rivals = probs[tied] == seen.best[tied][:, None]
    rivals[np.arange(len(tied)), labels[tied]] = False
    other[tied] = rivals.argmax(axis=1) < labels[tied]
    return other


def _rounded_up(bounds: Floats, dtype: np.dtype) -> Floats:
    """The smallest values of `dtype` that are not below `bounds`, so that comparisons stay exact."""
    rounded = bounds.astype(dtype)
    return np.where(rounded < bounds, np.nextafter(rounded, dtype.type(np.inf)), rounded)


def _by_machine(labels: Ints, probs: Floats, bounds: Floats) -> tuple[Floats, Ints, bool]:
    # Floats from 0 upwards are ordered as the integers of the same bits, and those need no care about NaN.
    whole = np.dtype(f"i{probs.dtype.itemsize}")
    best, guess = np.empty(len(labels), dtype=whole), np.empty(len(labels), dtype=np.int32)
    low, high = compiled.fast(_read)(
        probs.view(whole), bounds.view(whole), labels.astype(np.int64, copy=False), best, guess
    )
    one = np.array(1 + CLOSE, dtype=probs.dtype).view(whole)
    return best.view(probs.dtype), guess, bool(low >= 0 and high <= one)


def _read(bits: Ints, bounds: Ints, labels: Ints, best: Ints, guess: Ints) -> tuple[int, int]:
    n, n_classes = bits.shape
    low, high = bits[0, 0], bits[0, 0]
    for i in range(n):
        row, label = bits[i], labels[i]
        rival, least, reached = row[0] * 0 - 1, row[0], 0
        for j in range(n_classes):
            value = row[j]
            least = min(least, value)
            rival = max(rival, value if j != label else -1)
            reached += value >= bounds[j]
        given = row[label]
        low, high = min(low, least), max(high, rival, given)
        best[i] = rival
        guess[i] = -1
        if reached > 1 and given > rival or reached == 1 and given >= bounds[label]:
            guess[i] = label
        elif reached > 0:
            likeliest = max(given, rival)
            for j in range(n_classes):
                if row[j] >= bounds[j] if reached == 1 else row[j] == likeliest:
                    guess[i] = j
                    break
    return low, high


def _by_numpy(labels: Ints, probs: Floats, bounds: Floats) -> tuple[Floats, Ints]:
    best, guess = np.empty(len(labels), dtype=probs.dtype), np.empty(len(labels), dtype=np.int32)
    step = max(1, CHUNK // max(probs.shape[1], 1))
    for start in range(0, len(labels), step):
        rows = slice(start, start + step)
        best[rows], guess[rows] = _chunk(labels[rows], probs[rows], bounds)
    return best, guess


def _chunk(labels: Ints, probs: NDArray[np.floating], bounds: Floats) -> tuple[Floats, Ints]:
    # A comparison with NaN is false, so that this refuses it as well.
    if not ((probs >= -CLOSE) & (probs <= 1 + CLOSE)).all():
        raise ValueError("probabilities must lie between 0 and 1 and must not be NaN")
    reached = probs >= bounds
    how_many = reached.sum(axis=1)
    guess = np.where(how_many > 1, probs.argmax(axis=1), reached.argmax(axis=1))
    others = probs.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others.max(axis=1), np.where(how_many > 0, guess, -1)
