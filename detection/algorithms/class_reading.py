"""Doubts about the classes of items with several, in words; `multilabel` finds them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from . import multilabel
from .detector import Bools, Evidence, Floats, per_cent
from .part_suspicions import Doubt, Found


class Voice(NamedTuple):
    """Who speaks of the classes, and how a sentence says so with a share."""

    method: str
    says: str


MODEL = Voice("multilabel_confident_learning", "The model gives “{name}” {share}")
ANNOTATORS = Voice("annotator_disagreement", "Of the other annotators {share} name “{name}”")


def find(labels: Bools, probs: Floats, *, voice: Voice, classes: Sequence[str]) -> Found:
    """The classes that are doubtfully given or left out, and how likely each of the given ones is wrong.

    labels : bool array, shape (n_items, n_classes)
    probs  : float array, shape (n_items, n_classes), independent, out-of-sample; NaN rows: not known
    """
    known = np.flatnonzero(~np.isnan(probs).any(axis=1))
    given, likely = labels[known], probs[known]
    suspects = multilabel.suspect(given, likely)
    doubts = [
        _doubt(int(known[row]), labels, float(likely[row, k]), int(k), float(score), voice, classes)
        for row, k, _, score in zip(*suspects, strict=True)
    ]
    row, of_class = np.nonzero(given)
    wrong = multilabel.wrongness(given, likely)[row, of_class]
    missing = ~suspects.given
    return Found(
        doubts,
        np.concatenate([known[row], known[suspects.item[missing]]]),
        np.concatenate([of_class, suspects.of_class[missing]]),
        np.concatenate([wrong, suspects.score[missing]]).astype(float),
    )


def _doubt(
    item: int, labels: Bools, share: float, k: int, score: float, voice: Voice, classes: Sequence[str]
) -> Doubt:
    names = sorted(classes[other] for other in np.flatnonzero(labels[item]).tolist())
    is_given = bool(labels[item, k])
    others = [name for name in names if name != classes[k]]
    wanted = others if is_given else sorted([*others, classes[k]])
    said = voice.says.format(name=classes[k], share=per_cent(share))
    text = f"{said}, and the label {'has' if is_given else 'lacks'} it."
    return Doubt(
        item=item,
        method=voice.method,
        kind="spurious_label" if is_given else "missing_label",
        part={"class": classes[k]},
        given=names,
        suggested=wanted,
        score=score,
        evidence=Evidence(text, {"probability": round(share, 4)}),
    )
