"""One suspicion per item: what the detectors found, merged, and weighed as the probability that the label
is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .class_share import capped, rare_counts
from .detector import Detector, Evidence, Findings, Floats, Inputs, Ints, Names
from .neighbour_disagreement import tally
from .posterior import Weighed
from .recalibration import Recalibration

# Below this the label is more than nine times as likely right: not worth a person's minute.
WORTH_A_LOOK = 0.1
# How many other examples of its class make a model's doubt half credible: rare classes look strange to
# every model.
HALF_CREDIBLE = 3.0
SHOWN = 6
KIND_ORDER = ("wrong_class", "annotator_disagreement", "inconsistent_duplicates")
# The doubt about a label, whatever its kind; and the kinds that are another view of such a doubt.
DOUBT = "doubt"
JOINS = frozenset({"ambiguous", "annotator_disagreement", "stale_guideline"})
# How sure an expert's word makes.
VOUCHED = 0.99
# Where in the first evidence of a flag the probability before recalibration is kept.
STATED = "stated"


class Suspicion(NamedTuple):
    """`item` is an index; `suggested` a class or -1; `score` the probability that the label is wrong, or,
    of the kinds that are no doubt about the label, the detector's own; `priority` its place in the queue.
    """

    item: int
    kind: str
    suggested: int
    score: float
    evidence: list[tuple[str, Evidence]]
    priority: float


class Observed(NamedTuple):
    """How those err who answered.

    noise     : float array, shape (n_classes, n_classes), P(official label | true class), rows sum to 1
    annotator_accuracy : float array, shape (n_annotators,), the estimated share of right answers of each
    answers   : float array, shape (n_votes,), the probability that each vote is right
    """

    noise: Floats
    annotator_accuracy: Floats
    answers: Floats


class Judgement(NamedTuple):
    """
    wrongness : float array, shape (n_items,), the probability that each label is wrong
    suggested : int array, shape (n_items,), the likeliest other class, -1 where there is none
    stated    : what `wrongness` was before people's decisions recalibrated it; None where they did not
    """

    wrongness: Floats
    suggested: Ints
    posterior: Observed
    stated: Floats | None = None


def judge(inputs: Inputs, *, group: Ints | None = None) -> Judgement:
    """How likely each label is wrong, all evidence weighed, and what it should be instead."""
    inputs, n = _with_a_model(inputs), len(inputs.labels)
    wrong, suggested = np.zeros(n), np.full(n, -1)
    answers = np.zeros(0 if inputs.votes is None else len(inputs.votes.item))
    weighed = Weighed(inputs, group=group)
    for rows, probs, sources in weighed.parts():
        _vouch(inputs, rows, probs)
        for source in sources:
            if not source.official:
                answers[source.which] = probs[source.votes.item, source.votes.value]
        labels = inputs.labels[rows]
        labelled = np.flatnonzero(labels >= 0)
        given = labels[labelled]
        wrong[rows[labelled]] = 1 - probs[labelled, given]
        if inputs.n_classes > 1:
            probs[labelled, given] = -1
            suggested[rows] = probs.argmax(axis=1)
    wrong *= _credit(inputs, group)
    return Judgement(wrong, suggested, Observed(weighed.noise, weighed.annotator_accuracy, answers))


def _with_a_model(inputs: Inputs) -> Inputs:
    """What is judged by: where no model was asked, the nearest items speak in its place.

    By the labels alone nobody can say which of them are wrong, and any share of errors would explain them.
    """
    if inputs.probs is not None or inputs.neighbours is None or inputs.n_classes < 2:
        return inputs
    said = tally(inputs.neighbours.item, inputs.labels, inputs.n_classes).astype(np.float32)
    asked = said.sum(axis=1, keepdims=True)
    given = np.bincount(inputs.labels[inputs.labels >= 0], minlength=inputs.n_classes) + 1.0
    probs = (said + given / given.sum()) / (asked + 1)
    return replace(inputs, probs=np.where(asked > 0, probs, np.nan))


def recalibrated(judgement: Judgement, recalibration: Recalibration) -> Judgement:
    """The same judgement with the probabilities that people's decisions bear out."""
    if recalibration.decisions == 0:
        return judgement
    stated = judgement.wrongness
    return judgement._replace(wrongness=recalibration.of(stated), stated=stated)


def merge(
    inputs: Inputs,
    judgement: Judgement,
    found: Mapping[str, Findings],
    detectors: Sequence[Detector],
    names: Names,
    *,
    threshold: float = WORTH_A_LOOK,
) -> list[Suspicion]:
    """The suspicions worth a look, the most urgent first: one per item that its label is wrong, and one per
    kind that something else is amiss.

    Detectors that agree share one suspicion. What is only another view of a doubtful label (`JOINS`) joins
    that doubt where there is one; no score of such a detector touches the probability that a label is
    wrong.
    """
    doubts = _reasons([d for d in detectors if not d.own_score], found)
    likely = [item for item in doubts if judgement.wrongness[item] >= threshold]
    order = sorted(likely, key=lambda item: (-judgement.wrongness[item], item))
    kept = capped(order, inputs.labels, judgement.wrongness, inputs.n_classes)
    reasons = {(item, DOUBT): doubts[item] for item in kept}
    for detector in detectors:
        if detector.own_score:
            for item, said in _reasons([detector], found).items():
                joins = detector.kind in JOINS and (item, DOUBT) in reasons
                reasons.setdefault((item, DOUBT if joins else detector.kind), []).extend(said)
    rare = rare_counts(inputs.labels, inputs.n_classes)
    suspicions = [
        _doubt(item, inputs, judgement, said, found, names, rare)
        if kind == DOUBT
        else _own(item, kind, inputs, said, found, names)
        for (item, kind), said in reasons.items()
    ]
    return sorted(suspicions, key=lambda one: (-one.priority, one.item, one.kind))


def _vouch(inputs: Inputs, rows: Ints, probs: Floats) -> None:
    """Make the true class of the gold items among `rows` what the expert says, in `probs`."""
    if inputs.gold is None or inputs.n_classes < 2:
        return
    vouched = np.flatnonzero(inputs.gold[rows] >= 0)
    sums = np.maximum(probs[vouched].sum(axis=1, keepdims=True), 1e-12)
    probs[vouched] *= (1 - VOUCHED) / sums
    probs[vouched, inputs.gold[rows[vouched]]] += VOUCHED


Reasons = list[tuple[Detector, int]]


def _reasons(detectors: Sequence[Detector], found: Mapping[str, Findings]) -> dict[int, Reasons]:
    """By item, the detectors that found it, and where in their findings."""
    reasons: dict[int, Reasons] = {}
    for detector in detectors:
        for j, item in enumerate(found[detector.name].index.tolist()):
            reasons.setdefault(item, []).append((detector, j))
    return reasons


def _doubt(
    item: int,
    inputs: Inputs,
    judgement: Judgement,
    reasons: Reasons,
    found: Mapping[str, Findings],
    names: Names,
    rare: Mapping[int, int],
) -> Suspicion:
    """The suspicion that the item's label is wrong."""
    evidence = _evidence(item, inputs, reasons, found, names)
    if judgement.stated is not None:
        evidence[0][1].data[STATED] = round(float(judgement.stated[item]), 6)
    detector, first = evidence[0]
    evidence[0] = (detector, first._replace(text=first.text + _caveat(int(inputs.labels[item]), rare, names)))
    kinds = {detector.kind for detector, _ in reasons}
    kind = next(kind for kind in KIND_ORDER if kind in kinds)
    wrongness = float(judgement.wrongness[item])
    return Suspicion(item, kind, int(judgement.suggested[item]), wrongness, evidence, wrongness)


def _own(
    item: int,
    kind: str,
    inputs: Inputs,
    reasons: Reasons,
    found: Mapping[str, Findings],
    names: Names,
) -> Suspicion:
    """A suspicion that is no doubt about the label."""
    scores = [(float(found[detector.name].scores[item]), detector.urgency) for detector, _ in reasons]
    evidence = _evidence(item, inputs, reasons, found, names)
    priority = max(score * urgency for score, urgency in scores)
    return Suspicion(item, kind, -1, max(score for score, _ in scores), evidence, priority)


def _evidence(
    item: int, inputs: Inputs, reasons: Reasons, found: Mapping[str, Findings], names: Names
) -> list[tuple[str, Evidence]]:
    evidence = [(d.name, d.tell(inputs, found[d.name], j, names)) for d, j in reasons]
    evidence[0][1].data["neighbours"] = _neighbours(item, inputs, names)
    return evidence


def _caveat(label: int, rare: Mapping[int, int], names: Names) -> str:
    """What to bear in mind where the class is rare; nothing elsewhere."""
    if label not in rare:
        return ""
    name, count = names.classes[label], rare[label]
    return f" “{name}” is rare here ({count:,} labels), and rare classes look strange to every model."


def _neighbours(item: int, inputs: Inputs, names: Names) -> list[dict[str, float]]:
    """The most similar items, for people to compare with."""
    if inputs.neighbours is None:
        return []
    near = zip(inputs.neighbours.item[item][:SHOWN], inputs.neighbours.similarity[item][:SHOWN], strict=True)
    return [{"item": int(names.items[i]), "similarity": round(float(s), 4)} for i, s in near if i >= 0]


def _credit(inputs: Inputs, group: Ints | None) -> Floats:
    """How far a doubt about each label is believed, shape (n_items,): little where its class has few others.

    Where people, gold or duplicates spoke, and not the model alone, it is believed as it is.
    """
    counts = np.bincount(inputs.labels[inputs.labels >= 0], minlength=inputs.n_classes)
    others = np.maximum(counts - 1, 0).astype(float)
    by_class = np.append(others**2 / (others**2 + HALF_CREDIBLE**2), 0.0)
    vouched = np.zeros(len(inputs.labels), dtype=bool)
    if inputs.votes is not None:
        vouched[inputs.votes.item] = True
    if inputs.gold is not None:
        vouched |= inputs.gold >= 0
    if group is not None:
        vouched |= np.bincount(group)[group] > 1
    return np.where(vouched, 1.0, by_class[inputs.labels])
