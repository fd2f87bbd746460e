"""Stale guideline: labels made under an older version of the guideline that today's labels speak against.

When a guideline changes its mind, labels made before are consistently "wrong" from then on: concept drift
of the labels, Gama et al.: A Survey on Concept Drift Adaptation. ACM Computing Surveys 46 (2014),
doi:10.1145/2523813. Not every old label is worth a look: only those whose nearest items with labels of the
newest version mostly carry another one.
"""

import numpy as np

from .detector import Detector, Evidence, Findings, Inputs, Names, needed, nothing

# So many neighbours with labels of the newest version have to speak, and this share of them against the
# label.
WITNESSES = 2
AGAINST = 0.6


def run(inputs: Inputs) -> Findings:
    guideline, neighbours = needed(inputs.guideline), needed(inputs.neighbours)
    if len(guideline) == 0 or len(np.unique(guideline[guideline >= 0])) < 2:
        return nothing(inputs)
    newest = guideline.max()
    stale = (guideline >= 0) & (guideline < newest) & (inputs.labels >= 0)
    near = np.maximum(neighbours.item, 0)
    witness = (neighbours.item >= 0) & (guideline[near] == newest) & (inputs.labels[near] >= 0)
    against = (witness & (inputs.labels[near] != inputs.labels[:, None])).sum(axis=1)
    asked = witness.sum(axis=1)
    share = against / np.maximum(asked, 1)
    index = np.flatnonzero(stale & (asked >= WITNESSES) & (share >= AGAINST))
    return Findings(
        scores=np.where(stale & (asked > 0), share, 0.0),
        index=index,
        suggested=np.full(len(index), -1),
        data={"against": against[index], "asked": asked[index]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    against, asked = int(findings.data["against"][j]), int(findings.data["asked"][j])
    label = names.classes[inputs.labels[findings.index[j]]]
    text = (
        f"“{label}” was given under an older guideline; {against} of {asked} similar items that were "
        "labelled under the newest one carry another label."
    )
    return Evidence(text, {"against": against, "asked": asked})


DETECTOR = Detector(
    name="stale_guideline",
    version=1,
    kind="stale_guideline",
    needs=frozenset({"labels", "neighbours", "guideline"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
    own_score=True,
    urgency=0.4,
)
