"""Database to arrays for what imported models said in the course of their training."""

import numpy as np
from numpy.typing import NDArray

from .algorithms.detector import Course
from .evidence import CHUNK, ENOUGH_PREDICTED, Subjects, chunks
from .models import PredictionModel, TrainingCourse


def course(asked: Subjects) -> tuple[Course | None, str]:
    """How the labels fared in an imported model's training, and the model's name.

    The newest model is taken that tells of nearly all labels as they are now; None without such. An item is
    NaN whose label is another one since: of that one the training says nothing.
    """
    labelled = asked.labels >= 0
    for model in PredictionModel.objects.filter(dataset=asked.dataset).order_by("-id"):
        found = _of_model(asked, model)
        if labelled.any() and (~np.isnan(found.margin[labelled])).mean() >= ENOUGH_PREDICTED:
            return found, model.name
    return None, ""


def _of_model(asked: Subjects, model: PredictionModel) -> Course:
    place = {name: k for k, name in enumerate(asked.classes)}
    target = np.array([place.get(name, -1) for name in model.classes], dtype=np.int64)
    margin, loss = np.full(len(asked.ids), np.nan), np.full(len(asked.ids), np.nan)
    rivals = np.full(len(asked.ids), -1)
    rows = TrainingCourse.objects.filter(model=model)
    columns = rows.values_list("item_id", "given", "rival", "margins", "losses")
    for chunk in chunks(columns.iterator(CHUNK), CHUNK):
        items, given, rival = np.array([row[:3] for row in chunk], dtype=np.int64).T
        at, given, rival = asked.places(items), target[given], target[rival]
        known = (at >= 0) & (rival >= 0)
        known &= asked.labels[at] == given
        kept = at[known]
        margin[kept] = _means([row[3] for row in chunk])[known]
        loss[kept] = _means([row[4] for row in chunk])[known]
        rivals[kept] = rival[known]
    return Course(margin, loss, rivals)


def _means(stored: list[bytes]) -> NDArray[np.float64]:
    return np.array([np.frombuffer(one, dtype="<f4").mean() for one in stored], dtype=np.float64)
