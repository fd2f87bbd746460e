"""Model-assisted validation: labels that a model contradicts which has proved itself on gold.

The model learned from gold items only, and so from no wrong label; or it was imported, and is measured on
gold. A small trusted set as the touchstone of a large noisy one: Hendrycks et al.: Using Trusted Data to
Train Deep Networks on Labels Corrupted by Severe Noise. NeurIPS 2018, arXiv:1802.05300. The model is ridge
regression with the leave-one-out answers in closed form (Allen 1974, doi:10.1080/00401706.1974.10489157),
so that gold measures it without being split. It contradicts a label where it is as sure of another class as
it is of that class on the average (as in confident learning, doi:10.1613/jair.1.12125).
"""

from typing import NamedTuple

import numpy as np

from . import temperature
from .detector import Detector, Evidence, Findings, Floats, Inputs, Ints, Names, needed, nothing, per_cent

# Less accurate on gold than this, a model says more about itself than about the labels.
ACCURATE = 0.75
# With fewer gold items the accuracy is anybody's guess.
FEWEST = 20
# It learns from so many gold items at the most, evenly spread; the others it answers like any new item.
TAUGHT = 1500
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
SUREST = 0.99


class Validator(NamedTuple):
    """The model that gold vouches for.

    probs    : float array, shape (n_items, n_classes), those of gold items without themselves; NaN: not known
    accuracy : its share of right answers on gold
    gold     : on how many gold items that was measured
    origin   : "imported", or "gold": it learned from gold items alone
    """

    probs: Floats
    accuracy: float
    gold: int
    origin: str


def validator(inputs: Inputs) -> Validator | None:
    """The more accurate of the imported model and of one that learns from gold; None with too little gold."""
    gold = needed(inputs.gold)
    rows = np.flatnonzero(gold >= 0)
    candidates = []
    if inputs.imported and inputs.probs is not None:
        candidates.append((inputs.probs, "imported"))
    if inputs.space is not None and len(np.unique(gold[rows])) > 1:
        candidates.append((taught(inputs.space, gold, inputs.n_classes), "gold"))
    if len(rows) < FEWEST or not candidates:
        return None
    measured = [
        Validator(probs, *_accuracy(probs[rows], gold[rows]), origin=origin) for probs, origin in candidates
    ]
    return max(measured, key=lambda model: model.accuracy)


def silence(inputs: Inputs) -> str | None:
    """Why no model may speak, as a sentence for people; None where one may."""
    return _silence(inputs, validator(inputs))


def _silence(inputs: Inputs, model: Validator | None) -> str | None:
    if model is None:
        few = int((needed(inputs.gold) >= 0).sum())
        return f"Model validation kept silent: {few:,} gold items are too few, at least {FEWEST} are needed."
    if model.accuracy >= ACCURATE or inputs.trust_model_below:
        return None
    return (
        f"Model validation kept silent: its model is right on {per_cent(model.accuracy)} of {model.gold:,} "
        f"gold items, and {per_cent(ACCURATE)} are asked for."
    )


def taught(space: Floats, gold: Ints, n_classes: int) -> Floats:
    """Probabilities by a model that saw gold alone, of gold items without themselves; (n_items, n_classes).

    space : float array, shape (n_items, n_dimensions)
    gold  : int array, shape (n_items,), in [0, n_classes), -1 where none; two classes at least
    """
    rows = np.flatnonzero(gold >= 0)
    rows = rows[np.linspace(0, len(rows) - 1, min(TAUGHT, len(rows))).astype(np.int64)]
    classes, compact = np.unique(gold[rows], return_inverse=True)
    lifted = np.hstack([space[rows], np.ones((len(rows), 1))])
    inner = lifted @ lifted.T
    scale = max(float(np.trace(inner)) / len(rows), 1e-12)
    trials = [_left_out(inner, compact, len(classes), penalty * scale) for penalty in PENALTIES]
    surprises = [temperature.fit(left_out, compact)[1] for left_out, _ in trials]
    left_out, dual = trials[int(np.argmin(surprises))]
    weights = lifted.T @ dual
    scores = space @ weights[:-1] + weights[-1]
    scores[rows] = left_out
    probs = np.zeros((len(space), n_classes))
    probs[:, classes] = temperature.softmax(scores * temperature.scale(left_out, compact))
    return probs


def run(inputs: Inputs) -> Findings:
    gold, labels = needed(inputs.gold), inputs.labels
    if inputs.n_classes < 2 or not ((gold >= 0) & (labels >= 0)).any():
        return nothing(inputs)
    scores, says = np.zeros(len(labels)), np.full(len(labels), -1)
    model = validator(inputs)
    if model is not None and _silence(inputs, model) is None:
        known = np.flatnonzero((labels >= 0) & (gold < 0) & ~np.isnan(model.probs).any(axis=1))
        scores[known] = 1 - model.probs[known, labels[known]]
        says[known] = _sure(model.probs[known], labels[known])
    vouched = np.flatnonzero((labels >= 0) & (gold >= 0))
    scores[vouched] = np.where(gold[vouched] != labels[vouched], SUREST, 0.0)
    says[vouched] = gold[vouched]
    index = np.flatnonzero((says >= 0) & (says != labels))
    accuracy = model.accuracy if model is not None else np.nan
    return Findings(
        scores=np.clip(scores, 0, 1),
        index=index,
        suggested=says[index],
        data={"accuracy": np.full(len(index), accuracy), "doubt": scores[index]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    label = names.classes[findings.suggested[j]]
    if needed(inputs.gold)[findings.index[j]] >= 0:
        # Reviewers read this, who shall not learn which items they are measured by.
        return Evidence(f"An earlier look by an expert says “{label}”.", {})
    accuracy = float(findings.data["accuracy"][j])
    text = f"A model that is right on {per_cent(accuracy)} of the gold items says “{label}”."
    return Evidence(
        text, {"accuracy": round(accuracy, 4), "doubt": round(float(findings.data["doubt"][j]), 4)}
    )


DETECTOR = Detector(
    name="model_validation",
    version=1,
    kind="wrong_class",
    needs=frozenset({"labels", "space", "gold"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def _accuracy(probs: Floats, gold: Ints) -> tuple[float, int]:
    """The share of right answers among those that there are, and their number."""
    known = ~np.isnan(probs).any(axis=1)
    right = probs[known].argmax(axis=1) == gold[known]
    return (float(right.mean()) if len(right) else 0.0), int(known.sum())


def _left_out(inner: Floats, labels: Ints, n_classes: int, penalty: float) -> tuple[Floats, Floats]:
    """Each item's scores without itself, and the weights of all items in the scores of a new one."""
    inverse = np.linalg.inv(inner + penalty * np.eye(len(inner)))
    targets = np.eye(n_classes)[labels]
    dual = inverse @ targets
    return targets - dual / np.maximum(np.diag(inverse), 1e-12)[:, None], dual


def _sure(probs: Floats, labels: Ints) -> Ints:
    """The other class that the model is as sure of as it usually is, shape (n,); -1 where there is none."""
    favourite = probs.argmax(axis=1)
    confidence = probs.max(axis=1)
    usual = np.bincount(favourite, confidence, minlength=probs.shape[1]) / np.maximum(
        np.bincount(favourite, minlength=probs.shape[1]), 1
    )
    sure = (favourite != labels) & (confidence >= usual[favourite] - 1e-9)
    return np.where(sure, favourite, -1)
