"""How good each given label looks beside the model's probabilities: low is suspicious.

Northcutt, Jiang, Chuang, JAIR 70 (2021), doi:10.1613/jair.1.12125; Kuan, Mueller: Model-agnostic Label
Quality Scoring to Detect Real-world Label Errors. ICML DataPerf 2022. The scores of cleanlab 2.9's
`get_label_quality_scores` on the same probabilities.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import compiled
from .detector import Floats, Ints
from .row_scan import scan, self_confidence

__all__ = ["confidence_weighted_entropy", "normalised_margin", "self_confidence"]
CHUNK = 2**17
# cleanlab's bound of what is divided by.
TINY = 1e-6
# The polynomial of the logarithm near 1, and the constants beside it; float32, so that nothing is widened.
LOGARITHM = tuple(
    np.float32(c)
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
        0.5,
        0.6931471806,
        1.0,
    )
)
# The bits of a float32: those of the root of 1/2, of the fraction, and where the exponent begins.
ROOT_BITS, FRACTION_BITS, EXPONENT_AT = np.int32(0x3F3504F3), np.int32(0x007FFFFF), np.int32(23)


def normalised_margin(labels: Ints, probs: Floats) -> Floats:
    """How far the given label is ahead of the best other one, scaled to [0, 1].

    labels : int array, shape (n_items,), values in [0, n_classes)
    probs  : float array, shape (n_items, n_classes), rows sum to 1, out-of-sample
    """
    seen = scan(labels, probs, self_confidence(labels, probs), np.full(probs.shape[1], 2.0))
    return (seen.given - seen.best + 1) / 2


def confidence_weighted_entropy(labels: Ints, probs: Floats, *, floor: float = 0.0) -> Floats:
    """The entropy of the model's answer, in [0, 1], over the self-confidence, turned upside down.

    floor : probabilities below it count as it. A model that answers with exact noughts and ones has no
        entropy, so that its right labels score as its wrong ones do; 1e-6 keeps them apart.
    """
    entropy = np.empty(len(labels), dtype=probs.dtype)
    least = probs.dtype.type(floor or np.finfo(probs.dtype).tiny)
    if probs.flags.c_contiguous and probs.dtype == np.float32 and compiled.worth_it(probs.size):
        bits = probs.view(np.int32)
        compiled.fast(_entropies, reordered=True)(probs, bits, least, least.view(np.int32), entropy)
    else:
        _entropies_by_numpy(probs, least, entropy)
    entropy /= -np.log(probs.shape[1])
    weighted = entropy / np.maximum(self_confidence(labels, probs), TINY)
    return np.log1p(weighted) / np.maximum(weighted, TINY)


def _entropies_by_numpy(probs: Floats, least: np.floating[Any], entropy: Floats) -> None:
    """Fill in the entropy of each row, turned upside down; what is below `least` counts as it."""
    n, n_classes = probs.shape
    step = max(1, CHUNK // max(n_classes, 1))
    clipped, logs = (np.empty((min(step, n), n_classes), dtype=probs.dtype) for _ in "pl")
    for start in range(0, n, step):
        rows = slice(start, start + step)
        m = len(entropy[rows])
        np.maximum(probs[rows], least, out=clipped[:m])
        np.log(clipped[:m], out=logs[:m])
        entropy[rows] = np.vecdot(clipped[:m], logs[:m])


def _entropies(
    probs: NDArray[np.float32], bits: Ints, least: np.float32, least_bits: np.int32, entropy: Floats
) -> None:
    """The same as `_entropies_by_numpy`, for a machine that works on several elements at once.

    The logarithm is Cephes' `logf` (Moshier 1989): exponent and polynomial, right but for the last place.
    Floats from 0 upwards are ordered as their bits are.
    """
    n, n_classes = bits.shape
    c0, c1, c2, c3, c4, c5, c6, c7, c8, half, log_2, one = LOGARITHM
    mantissas = np.empty(n_classes, dtype=np.float32)
    mantissa_bits = mantissas.view(np.int32)
    for i in range(n):
        for j in range(n_classes):
            scaled = max(bits[i, j], least_bits) - ROOT_BITS
            mantissa_bits[j] = (scaled & FRACTION_BITS) + ROOT_BITS
        total = one - one
        for j in range(n_classes):
            exponent = np.float32((max(bits[i, j], least_bits) - ROOT_BITS) >> EXPONENT_AT)
            x = mantissas[j] - one
            y = c0 * x + c1
            y = y * x + c2
            y = y * x + c3
            y = y * x + c4
            y = y * x + c5
            y = y * x + c6
            y = y * x + c7
            y = y * x + c8
            squared = x * x
            log = x - half * squared + squared * x * y + exponent * log_2
            total += max(probs[i, j], least) * log
        entropy[i] = total
