"""Several annotators: items whose weighted consensus is not the official label, or that have no clear
consensus.

The consensus weighs every annotator by the confusions that the others and the model reveal (see
`posterior`), so that one good annotator can outvote two careless ones.
"""

import numpy as np

from .detector import (
    Bools,
    Detector,
    Evidence,
    Findings,
    Inputs,
    Ints,
    Names,
    Votes,
    needed,
    nothing,
    per_cent,
)
from .posterior import estimate, wrongness

# An item whose annotators differ is worth a look even where the official label wins, as long as the doubt
# is real.
DOUBT = 0.2
SHOWN = 12


def run(inputs: Inputs) -> Findings:
    """Suspect what annotators and model, without the official label, think wrong."""
    votes = needed(inputs.votes)
    n = len(inputs.labels)
    if inputs.n_classes < 2 or n == 0 or len(votes.item) == 0:
        return nothing(inputs)
    consensus = estimate(inputs, use_official=False)
    voted = np.bincount(votes.item, minlength=n) > 0
    doubt = np.where(voted, wrongness(inputs.labels, consensus), 0.0)
    favourite = consensus.probs.argmax(axis=1)
    contradicted = _contradicted(votes, inputs.labels)
    index = np.flatnonzero((doubt >= DOUBT) & contradicted)
    suggested = np.where(favourite[index] != inputs.labels[index], favourite[index], -1)
    return Findings(
        scores=doubt,
        index=index,
        suggested=suggested,
        data={
            "ballots": _ballots(votes, index, n),
            "accuracy": np.tile(consensus.annotator_accuracy, (len(index), 1)),
            "doubt": doubt[index],
            "favourite": favourite[index],
        },
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    ballots = [(int(a), int(v)) for a, v in findings.data["ballots"][j] if a >= 0]
    accuracy = findings.data["accuracy"][j]
    said: dict[int, list[int]] = {}
    for annotator, value in ballots:
        said.setdefault(value, []).append(annotator)
    sides = sorted(said.items(), key=lambda side: -len(side[1]))
    parts = [f"{_people(who, accuracy, names)} “{names.classes[value]}”" for value, who in sides]
    text = f"{'; '.join(parts)}.{_mistaken(said, int(findings.data['favourite'][j]), names)}"
    votes = [
        {
            "annotator": names.annotators[a],
            "value": names.classes[v],
            "accuracy": round(float(accuracy[a]), 3),
        }
        for a, v in ballots
    ]
    return Evidence(text, {"votes": votes})


DETECTOR = Detector(
    name="annotator_disagreement",
    version=1,
    kind="annotator_disagreement",
    needs=frozenset({"labels", "votes"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def _people(who: list[int], accuracy: Ints, names: Names) -> str:
    """ "ann (right 96 % of the time) and bo (right 91 % of the time) say"; of many just their number."""
    if len(who) > 3:
        return f"{len(who)} annotators say"
    described = [f"{names.annotators[a]} (right {per_cent(float(accuracy[a]))} of the time)" for a in who]
    return f"{' and '.join(described)} {'says' if len(who) == 1 else 'say'}"


def _mistaken(said: dict[int, list[int]], favourite: int, names: Names) -> str:
    """Who probably erred, where that can be said in a few names: whoever differs from the consensus."""
    who = [
        names.annotators[a] for value, people in sorted(said.items()) if value != favourite for a in people
    ]
    if favourite not in said or not 0 < len(who) <= 3:
        return ""
    return f" Worth another look: the answer of {' and '.join(who)}."


def _contradicted(votes: Votes, labels: Ints) -> Bools:
    """Whether anybody's vote on the item differs from its official label, shape (n_items,)."""
    against = (labels[votes.item] >= 0) & (votes.value != labels[votes.item])
    return np.bincount(votes.item[against], minlength=len(labels)) > 0


def _ballots(votes: Votes, index: Ints, n: int) -> Ints:
    """The first (annotator, value) pairs on each item of `index`, -1 for none; shape (n_found, SHOWN, 2)."""
    order = np.argsort(votes.item, kind="stable")
    starts = np.searchsorted(votes.item[order], np.arange(n + 1))
    ballots = np.full((len(index), SHOWN, 2), -1, dtype=np.int64)
    for j, item in enumerate(index):
        mine = order[starts[item] : starts[item + 1]][:SHOWN]
        ballots[j, : len(mine), 0] = votes.annotator[mine]
        ballots[j, : len(mine), 1] = votes.value[mine]
    return ballots
