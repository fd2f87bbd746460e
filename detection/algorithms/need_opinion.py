"""Another opinion: items that annotators and model leave open, and where one more annotator would settle
most.

Goh, Mueller: ActiveLab: Active Learning with Re-Labeling by Multiple Annotators. arXiv:2301.11856 (see
`crowdlab`). Which of them to ask again is the paper's order; that an item is worth a flag is ours: its
annotators differ, and the consensus counts for less than all doubt together.
"""

import numpy as np

from . import crowdlab
from .detector import Detector, Evidence, Findings, Inputs, Ints, Names, Votes, needed, nothing

# Less settled than this, in the paper's measure, an item counts as open.
OPEN = 0.5
# At most this share of the items that somebody answered.
MOST = 0.05


def run(inputs: Inputs) -> Findings:
    votes, probs = needed(inputs.votes), needed(inputs.probs)
    voted = np.zeros(len(inputs.labels), dtype=bool)
    voted[votes.item] = True
    known = np.flatnonzero(voted & (inputs.labels >= 0) & ~np.isnan(probs).any(axis=1))
    heard = _of(votes, known, len(inputs.labels))
    asked = np.bincount(heard.item, minlength=len(known))
    if inputs.n_classes < 2 or not (asked > 1).any():
        return nothing(inputs)
    settled = crowdlab.need_of_opinions(heard, np.asarray(probs[known], dtype=float))
    scores = np.zeros(len(inputs.labels))
    scores[known] = np.clip(1 - settled, 0, 1)
    tally = crowdlab.count(heard, len(known), inputs.n_classes)
    ranking = np.argsort(-(tally + 0.5 * probs[known]), axis=1, kind="stable")
    divided = (tally > 0).sum(axis=1) > 1
    open_still = np.flatnonzero(divided & (settled < OPEN))
    most = max(1, round(MOST * len(known)))
    chosen = np.sort(open_still[np.argsort(settled[open_still], kind="stable")[:most]])
    return Findings(
        scores=scores,
        index=known[chosen],
        suggested=np.full(len(chosen), -1),
        data={"opinions": asked[chosen], "first": ranking[chosen, 0], "second": ranking[chosen, 1]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    opinions = int(findings.data["opinions"][j])
    first, second = (names.classes[findings.data[place][j]] for place in ("first", "second"))
    text = f"{opinions} opinions leave it open between “{first}” and “{second}”. One more would help."
    return Evidence(text, {"opinions": opinions, "between": [first, second]})


DETECTOR = Detector(
    name="need_opinion",
    version=1,
    kind="annotator_disagreement",
    needs=frozenset({"labels", "votes", "probs"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
    own_score=True,
    urgency=0.3,
)


def _of(votes: Votes, known: Ints, n: int) -> Votes:
    """The votes on the known items, which are numbered anew."""
    place = np.full(n, -1)
    place[known] = np.arange(len(known))
    kept = place[votes.item] >= 0
    return Votes(place[votes.item[kept]], votes.annotator[kept], votes.value[kept], votes.n_annotators)
