"""Database to arrays for multilabel: a row an item, a column a class."""

import numpy as np
from numpy.typing import NDArray

from .algorithms.detector import Bools, Floats
from .evidence import CHUNK, ENOUGH_PREDICTED, Subjects
from .evidence_parts import official, opinions
from .models import Prediction, PredictionModel

TINY = 1e-6
# What an annotator's yes or no weighs beside an imagined half of one of each.
HALF_A_VOTE = 0.25


def labels(asked: Subjects) -> Bools:
    """Which classes each item has, shape (n_items, n_classes); none for items without a label."""
    number = {name: k for k, name in enumerate(asked.classes)}
    given = np.zeros((len(asked.ids), len(asked.classes)), dtype=bool)
    for place, value in official(asked):
        given[place, [number[name] for name in value if name in number]] = True
    return given


def shares(asked: Subjects) -> Floats:
    """The share of other annotators that name each class, as a probability, shape (n_items, n_classes).

    NaN rows where nobody spoke.
    """
    number = {name: k for k, name in enumerate(asked.classes)}
    share = np.full((len(asked.ids), len(asked.classes)), np.nan, dtype=np.float32)
    for place, said in opinions(asked):
        votes = np.full(len(asked.classes), HALF_A_VOTE)
        for value in said:
            votes[[number[name] for name in value if name in number]] += 1
        share[place] = votes / (len(said) + 2 * HALF_A_VOTE)
    return share


def predictions(asked: Subjects, given: Bools) -> tuple[Floats | None, str]:
    """Imported independent probabilities and their model's name; None where no model speaks of nearly all.

    Of several models the one that names the labels most surely is taken. NaN rows where it is silent.
    """
    best: tuple[Floats | None, str] = None, ""
    best_surprise = np.inf
    for model in PredictionModel.objects.filter(dataset=asked.dataset).order_by("id"):
        probs = _probabilities(asked, model)
        spoken = np.flatnonzero(~np.isnan(probs).any(axis=1) & (asked.labels >= 0))
        if len(probs) == 0 or len(spoken) < ENOUGH_PREDICTED * (asked.labels >= 0).sum():
            continue
        likely = np.where(given[spoken], probs[spoken], 1 - probs[spoken])
        surprise = -float(np.log(likely + TINY).mean()) if likely.size else 0.0
        if surprise < best_surprise:
            best, best_surprise = (probs, model.name), surprise
    return best


def _probabilities(asked: Subjects, model: PredictionModel) -> NDArray[np.float32]:
    """One model's probabilities as they are: they are independent of each other and sum to nothing."""
    place = {name: k for k, name in enumerate(asked.classes)}
    target = np.array([place.get(name, -1) for name in model.classes], dtype=np.int64)
    probs = np.full((len(asked.ids), len(asked.classes)), np.nan, dtype=np.float32)
    rows = Prediction.objects.filter(model=model, probs__isnull=False).values_list("item_id", "probs")
    for item_id, data in rows.iterator(CHUNK):
        at = int(asked.places([item_id])[0])
        if at >= 0 and data is not None:
            row = np.frombuffer(data, dtype="<f4")
            known = target[: len(row)]
            probs[at] = 0
            probs[at, known[known >= 0]] = np.clip(row[known >= 0], 0, 1)
    return probs
