"""One suspicion per item: what the detectors found, merged, and weighed as the probability that the label
is wrong.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .detector import Detector, Evidence, Findings, Floats, Inputs, Ints, Names
from .posterior import Posterior, estimate, wrongness

# Below this the label is more than nine times as likely right: not worth a person's minute.
WORTH_A_LOOK = 0.1
# How many other examples of its class make a model's doubt half credible: rare classes look strange to
# every model.
HALF_CREDIBLE = 3.0
SHOWN = 6
KIND_ORDER = ("wrong_class", "annotator_disagreement", "inconsistent_duplicates")


class Suspicion(NamedTuple):
    """`item` is an index; `suggested` a class or -1; `score` the probability that the label is wrong."""

    item: int
    kind: str
    suggested: int
    score: float
    evidence: list[tuple[str, Evidence]]


class Judgement(NamedTuple):
    """
    wrongness : float array, shape (n_items,), the probability that each label is wrong
    suggested : int array, shape (n_items,), the likeliest other class, -1 where there is none
    """

    wrongness: Floats
    suggested: Ints
    posterior: Posterior


def judge(inputs: Inputs, *, group: Ints | None = None) -> Judgement:
    """How likely each label is wrong, all evidence weighed, and what it should be instead."""
    posterior = estimate(inputs, group=group)
    wrong = wrongness(inputs.labels, posterior) * _credit(inputs, group)
    others = posterior.probs.copy()
    labelled = np.flatnonzero(inputs.labels >= 0)
    others[labelled, inputs.labels[labelled]] = -1
    enough = inputs.n_classes > 1
    suggested = others.argmax(axis=1) if enough else np.full(len(wrong), -1)
    return Judgement(wrong, suggested, posterior)


def merge(
    inputs: Inputs,
    judgement: Judgement,
    found: Mapping[str, Findings],
    detectors: Sequence[Detector],
    names: Names,
    *,
    threshold: float = WORTH_A_LOOK,
) -> list[Suspicion]:
    """The items worth a look, the likeliest errors first. Detectors that agree share one suspicion."""
    reasons: dict[int, list[tuple[Detector, int]]] = {}
    for detector in detectors:
        for j, item in enumerate(found[detector.name].index):
            if judgement.wrongness[item] >= threshold:
                reasons.setdefault(int(item), []).append((detector, j))
    order = sorted(reasons, key=lambda item: (-judgement.wrongness[item], item))
    return [_suspicion(item, inputs, judgement, reasons[item], found, names) for item in order]


def _suspicion(
    item: int,
    inputs: Inputs,
    judgement: Judgement,
    reasons: list[tuple[Detector, int]],
    found: Mapping[str, Findings],
    names: Names,
) -> Suspicion:
    evidence = [(d.name, d.tell(inputs, found[d.name], j, names)) for d, j in reasons]
    evidence[0][1].data["neighbours"] = _neighbours(item, inputs, names)
    kinds = {detector.kind for detector, _ in reasons}
    kind = next(kind for kind in KIND_ORDER if kind in kinds)
    return Suspicion(item, kind, int(judgement.suggested[item]), float(judgement.wrongness[item]), evidence)


def _neighbours(item: int, inputs: Inputs, names: Names) -> list[dict[str, float]]:
    """The most similar items, for people to compare with."""
    if inputs.neighbours is None:
        return []
    near = zip(inputs.neighbours.item[item][:SHOWN], inputs.neighbours.similarity[item][:SHOWN], strict=True)
    return [{"item": int(names.items[i]), "similarity": round(float(s), 4)} for i, s in near if i >= 0]


def _credit(inputs: Inputs, group: Ints | None) -> Floats:
    """How far a doubt about each label is believed, shape (n_items,): little where its class has few others.

    Where people or duplicates spoke, and not the model alone, it is believed as it is.
    """
    counts = np.bincount(inputs.labels[inputs.labels >= 0], minlength=inputs.n_classes)
    others = np.maximum(counts - 1, 0).astype(float)
    by_class = np.append(others**2 / (others**2 + HALF_CREDIBLE**2), 0.0)
    vouched = np.zeros(len(inputs.labels), dtype=bool)
    if inputs.votes is not None:
        vouched[inputs.votes.item] = True
    if group is not None:
        vouched |= np.bincount(group)[group] > 1
    return np.where(vouched, 1.0, by_class[inputs.labels])
