"""How good each given label looks beside the model's probabilities: low is suspicious.

Northcutt, Jiang, Chuang, JAIR 70 (2021), doi:10.1613/jair.1.12125; Kuan, Mueller: Model-agnostic Label
Quality Scoring to Detect Real-world Label Errors. ICML DataPerf 2022. The scores of cleanlab 2.9's
`get_label_quality_scores` on the same probabilities.
"""

import numpy as np

from .detector import Floats, Ints
from .row_scan import scan, self_confidence

__all__ = ["confidence_weighted_entropy", "normalised_margin", "self_confidence"]
CHUNK = 2**17
# cleanlab's bound of what is divided by.
TINY = 1e-6


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
    step = max(1, CHUNK // max(probs.shape[1], 1))
    clipped, logs = (np.empty((min(step, len(labels)), probs.shape[1]), dtype=probs.dtype) for _ in "pl")
    for start in range(0, len(labels), step):
        rows = slice(start, start + step)
        n = len(entropy[rows])
        np.maximum(probs[rows], floor or np.finfo(probs.dtype).tiny, out=clipped[:n])
        np.log(clipped[:n], out=logs[:n])
        entropy[rows] = np.vecdot(clipped[:n], logs[:n])
    entropy /= -np.log(probs.shape[1])
    weighted = entropy / np.maximum(self_confidence(labels, probs), TINY)
    return np.log1p(weighted) / np.maximum(weighted, TINY)
