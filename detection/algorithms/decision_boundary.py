"""The decision boundary: items for which two classes are about equally plausible.

Such an item is hard to label right, however good the annotator: it may belong to both classes, or the
guideline does not decide between them. Smallest-margin sampling: Scheffer, Decomain, Wrobel: Active Hidden
Markov Models for Information Extraction. IDA 2001, doi:10.1007/3-540-44816-0_31. That low confidence is not
the same as a wrong label, and gets its own place: Swayamdipta et al.: Dataset Cartography. EMNLP 2020,
doi:10.18653/v1/2020.emnlp-main.746. Departs from them in asking the neighbours, too: where these are known,
both classes must be among them, so that a model's mere ignorance is not taken for ambiguity.
"""

import numpy as np

from .detector import (
    Bools,
    Detector,
    Evidence,
    Findings,
    Floats,
    Inputs,
    Ints,
    Names,
    needed,
    nothing,
    per_cent,
)

# The two classes share at least so much of the probability, and neither has more than so many times the
# other's.
SHARED = 0.8
LOPSIDED = 1.5
# So many of the nearest items carry each of the two classes.
WITNESSES = 2
# At most this share of the items, those that hang in the balance most evenly: a weak model doubts everything.
MOST = 0.02
# So many items are looked at at a time.
ROWS = 65_536


def run(inputs: Inputs) -> Findings:
    probs = needed(inputs.probs)
    known = np.flatnonzero((inputs.labels >= 0) & ~np.isnan(probs).any(axis=1))
    if inputs.n_classes < 2 or len(known) == 0:
        return nothing(inputs)
    first, second, high, low = _two_likeliest(probs, known)
    scores = np.zeros(len(inputs.labels))
    # Twice the smaller one: 1 where two classes share everything evenly, 0 where the model is certain.
    scores[known] = np.clip(2 * low, 0, 1)
    torn = (high + low >= SHARED) & (high <= LOPSIDED * low) & _attested(inputs, known, first, second)
    chosen = _closest(np.flatnonzero(torn), scores[known], max(1, round(MOST * len(known))))
    pair = np.minimum(first, second) * inputs.n_classes + np.maximum(first, second)
    pairs, counts = np.unique(pair[torn], return_counts=True)
    together = counts[np.searchsorted(pairs, pair[chosen])]
    return Findings(
        scores=scores,
        index=known[chosen],
        suggested=np.full(len(chosen), -1),
        data={"first": first[chosen], "second": second[chosen], "together": together},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    probs, item = needed(inputs.probs), findings.index[j]
    first, second = int(findings.data["first"][j]), int(findings.data["second"][j])
    together = int(findings.data["together"][j])
    said = " and ".join(f"“{names.classes[k]}” ({per_cent(float(probs[item, k]))})" for k in (first, second))
    others = (
        f"; {together - 1:,} more {'hangs' if together == 2 else 'hang'} between them" if together > 1 else ""
    )
    text = f"The model finds {said} both plausible{others}. Both may apply, or a rule is missing."
    return Evidence(text, {"classes": [names.classes[first], names.classes[second]], "together": together})


DETECTOR = Detector(
    name="decision_boundary",
    version=1,
    kind="ambiguous",
    needs=frozenset({"labels", "probs"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
    own_score=True,
    urgency=0.1,
)


def _two_likeliest(probs: Floats, known: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    """The likeliest class of each known item, the next one, and their probabilities; the lower class of
    equals.
    """
    first, second = np.empty((2, len(known)), dtype=np.int64)
    high, low = np.empty((2, len(known)))
    for start in range(0, len(known), ROWS):
        part = slice(start, start + ROWS)
        block = probs[known[part]].astype(float)
        at = np.arange(len(block))
        first[part] = block.argmax(axis=1)
        high[part] = block[at, first[part]]
        block[at, first[part]] = -1
        second[part] = block.argmax(axis=1)
        low[part] = block[at, second[part]]
    return first, second, high, low


def _attested(inputs: Inputs, known: Ints, first: Ints, second: Ints) -> Bools:
    """Whether both classes are among the neighbours' labels, shape (n_known,); true where none are known."""
    if inputs.neighbours is None:
        return np.ones(len(known), dtype=bool)
    near = inputs.neighbours.item[known]
    said = np.where(near >= 0, inputs.labels[near], -1)
    both = [(said == classes[:, None]).sum(axis=1) >= WITNESSES for classes in (first, second)]
    return (both[0] & both[1]) | (said < 0).all(axis=1)


def _closest(torn: Ints, scores: Floats, most: int) -> Ints:
    """The `most` highest scored of `torn`, ascending; of equals all or, where that is too many, the first."""
    return np.sort(torn[np.argsort(-scores[torn], kind="stable")[:most]])
