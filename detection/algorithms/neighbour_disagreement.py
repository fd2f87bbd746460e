"""Nearest neighbours: items whose most similar items almost all carry one other label.

Zhu, Dong, Liu: Detecting Corrupted Labels Without Training a Model to Predict. ICML 2022, arXiv:2110.06283
(the vote of the nearest neighbours; we use a plain count of the nearest few, which needs no model and is
easy to say).
"""

import numpy as np

from .detector import MISSING, Detector, Evidence, Findings, Inputs, Ints, Names, needed, nothing

ASKED = 5
ENOUGH = 4


def run(inputs: Inputs) -> Findings:
    neighbours = needed(inputs.neighbours)
    if inputs.n_classes < 2 or len(inputs.labels) == 0:
        return nothing(inputs)
    nearest = neighbours.item[:, :ASKED]
    said = tally(nearest, inputs.labels, inputs.n_classes)
    asked = said.sum(axis=1)
    same = np.where(inputs.labels >= 0, said[np.arange(len(said)), inputs.labels], 0)
    scores = np.where((inputs.labels >= 0) & (asked > 0), 1 - same / np.maximum(asked, 1), 0.0)
    favourite = said.argmax(axis=1)
    says = said.max(axis=1)
    found = (inputs.labels >= 0) & (favourite != inputs.labels) & (asked == ASKED) & (says >= ENOUGH)
    index = np.flatnonzero(found)
    return Findings(
        scores=scores,
        index=index,
        suggested=favourite[index],
        data={"says": says[index], "asked": asked[index]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    says, asked = int(findings.data["says"][j]), int(findings.data["asked"][j])
    label = names.classes[findings.suggested[j]]
    text = f"{says} of {asked} nearest neighbours say “{label}”."
    return Evidence(text, {"says": says, "asked": asked})


DETECTOR = Detector(
    name="neighbour_disagreement",
    version=1,
    kind="wrong_class",
    needs=frozenset({"labels", "neighbours"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def tally(nearest: Ints, labels: Ints, n_classes: int) -> Ints:
    """How many of its neighbours carry each label, shape (n_items, n_classes); unlabelled do not count."""
    said = np.where(nearest >= 0, labels[nearest], MISSING)
    item = np.repeat(np.arange(len(nearest)), nearest.shape[1])
    flat = item * n_classes + said.ravel()
    counts = np.bincount(flat[said.ravel() >= 0], minlength=len(nearest) * n_classes)
    return counts.reshape(len(nearest), n_classes)
