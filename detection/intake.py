"""What imports bring for machines, copied in beside the items."""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviews.copying import NULL, Copy, arrays, json
from reviews.formats.additions import Addition
from reviews.formats.canonical import Prediction, Row
from reviews.formats.errors import FormatError
from reviews.models import Dataset, Item
from reviews.tasktypes.base import TaskType
from reviews.tasktypes.registry import TASK_TYPES

from .algorithms.course import follow
from .models import Embedding, PredictionModel, TrainingCourse
from .models import Prediction as StoredPrediction


class MachineSidecar:
    """Takes the predictions and embeddings of one import, in its transaction."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._models = {model.name: model for model in PredictionModel.objects.filter(dataset=dataset)}
        self._before = frozenset(self._models)
        self._places = {
            model.name: {label: place for place, label in enumerate(model.classes)}
            for model in self._models.values()
        }
        self._predictions = Copy("detection_prediction", "model_id", "item_id", "probs", "value")
        courses = "model_id", "item_id", "given", "rival", "margins", "losses"
        self._courses = Copy("detection_trainingcourse", *courses)
        self._task = TASK_TYPES[dataset.task_type]
        self._embeddings = Copy("detection_embedding", "item_id", "dataset_id", "vector")

    def take(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Write the predictions, courses and embeddings of these rows."""
        for item_id, row in rows:
            for prediction in row.predictions:
                if prediction.epoch is None:
                    self._predictions.lines.append(self._line(item_id, prediction))
            self._take_courses(item_id, row)
            if row.embedding is not None:
                self._embeddings.lines.append(f"{item_id}\t{self._dataset.pk}\t{_floats(row.embedding)}\n")
        self._predictions.flush()
        self._courses.flush()
        self._embeddings.flush()

    def attach(self, item_ids: Sequence[int], said: Addition) -> list[FormatError]:
        """Write what the addition says of these items, unless something of that kind is there already."""
        if faults := [*self._prediction_faults(item_ids, said), *self._embedding_faults(item_ids, said)]:
            return faults
        ids = np.asarray(item_ids, dtype=np.int64)
        if said.probs is not None:
            model = np.full(len(ids), self._known(said.model).pk, dtype=np.int64)
            probs = self._in_order(said, said.probs)
            arrays("detection_prediction", model_id=model, item_id=ids, probs=probs, value=None)
        if said.epochs is not None:
            self._attach_course(ids, said)
        for item_id, value in zip(item_ids, said.values or (), strict=False):
            self._predictions.lines.append(self._line(item_id, Prediction(said.model, None, value)))
        self._predictions.flush()
        if said.embeddings is not None:
            dataset = np.full(len(ids), self._dataset.pk, dtype=np.int64)
            arrays("detection_embedding", item_id=ids, dataset_id=dataset, vector=said.embeddings)
        return []

    def _take_courses(self, item_id: int, row: Row) -> None:
        """Write how the item fared in each training that its row tells of, if it has a label."""
        told: dict[str, list[Prediction]] = {}
        for prediction in row.predictions:
            if prediction.epoch is not None:
                told.setdefault(prediction.model, []).append(prediction)
        for name, epochs in told.items():
            said = [one.probs or {} for one in sorted(epochs, key=lambda one: one.epoch or 0)]
            classes = list(dict.fromkeys(label for probs in said for label in probs))
            probs = np.array([[[one.get(label, 0.0) for label in classes]] for one in said])
            followed = self._followed(name, classes, probs, [_label(row, self._task)])
            for _, given, rival, margins, losses in zip(*followed, strict=True):
                line = f"{self._known(name).pk}\t{item_id}\t{given}\t{rival}"
                self._courses.lines.append(f"{line}\t{_floats(margins)}\t{_floats(losses)}\n")

    def _attach_course(self, item_ids: NDArray[np.int64], said: Addition) -> None:
        """Write how these items fared in a training, by the labels that they have now."""
        items = Item.objects.filter(pk__in=item_ids.tolist())
        labels = dict(items.values_list("pk", "current_revision__value"))
        told = [labels.get(item_id) for item_id in item_ids.tolist()]
        at, given, rival, margins, losses = self._followed(
            said.model, said.classes, np.asarray(said.epochs), told
        )
        if len(at):
            arrays(
                "detection_trainingcourse",
                model_id=np.full(len(at), self._known(said.model).pk, dtype=np.int64),
                item_id=item_ids[at],
                given=given,
                rival=rival,
                margins=margins,
                losses=losses,
            )

    def _followed(
        self, name: str, classes: Sequence[str], epochs: NDArray[Any], labels: Sequence[Any]
    ) -> tuple[NDArray[Any], ...]:
        """What is kept of `epochs`, shape (n_epochs, n_items, n_classes): the items' indices, the places of
        their labels and of those' rivals among the model's classes, margins and losses. An item is left out
        that has no label, or none that the model knows.
        """
        column = {label: place for place, label in enumerate(classes)}
        given = np.array([column.get(label, -1) for label in labels])
        at = np.flatnonzero(given >= 0) if len(classes) > 1 else np.zeros(0, dtype=np.int64)
        if not len(at):
            return (at,) * 5
        self._known(name)
        known = self._places[name]
        places = np.array([known.setdefault(label, len(known)) for label in classes])
        margins, losses, rival = follow(epochs[:, at], given[at])
        return at, places[given[at]], places[rival], margins, losses

    def finish(self) -> None:
        """Say which classes each model turned out to know."""
        for name, model in self._models.items():
            classes = list(self._places[name])
            if classes != model.classes:
                model.classes = classes
                model.save(update_fields=["classes"])

    def _prediction_faults(self, item_ids: Sequence[int], said: Addition) -> Iterator[FormatError]:
        """Of a model that was there before this import: where it has spoken already."""
        if said.model not in self._before:
            return
        model = self._models[said.model]
        kept = StoredPrediction.objects if said.epochs is None else TrainingCourse.objects
        spoken = set(kept.filter(model=model, item__in=item_ids).values_list("item_id", flat=True))
        for at, item_id in enumerate(item_ids):
            if item_id in spoken:
                detail = f"“{said.model}” has a prediction for “{said.ids[at]}” already; name another model"
                yield said.error("repeated_prediction", detail, at=at)

    def _embedding_faults(self, item_ids: Sequence[int], said: Addition) -> Iterator[FormatError]:
        """Where items have embeddings already, or others of the dataset have some of another length."""
        if said.embeddings is None:
            return
        stored = Embedding.objects.filter(dataset=self._dataset.pk)
        embedded = set(stored.filter(item__in=item_ids).values_list("item_id", flat=True))
        for at, item_id in enumerate(item_ids):
            if item_id in embedded:
                detail = f"“{said.ids[at]}” has an embedding already"
                yield said.error("repeated_prediction", detail, at=at)
        other, length = stored.first(), said.embeddings.shape[1]
        if other is not None and len(other.vector) != 4 * length:
            detail = f"embeddings have {length} numbers here, {len(other.vector) // 4} in the dataset"
            yield FormatError("bad_embedding", detail, column="embeddings")

    def _in_order(self, said: Addition, given: NDArray[Any]) -> NDArray[np.float32]:
        """The probabilities in the model's order of classes; a class that is new to it comes last."""
        places = self._places[said.model]
        columns = [places.setdefault(name, len(places)) for name in said.classes]
        probs = np.zeros((len(said.ids), len(places)), dtype=np.float32)
        probs[:, columns] = given
        return probs

    def _line(self, item_id: int, prediction: Prediction) -> str:
        model = self._known(prediction.model)
        probs = NULL if prediction.probs is None else _floats(self._row(prediction.model, prediction.probs))
        return f"{model.pk}\t{item_id}\t{probs}\t{json(prediction.value)}\n"

    def _known(self, name: str) -> PredictionModel:
        if name not in self._models:
            self._models[name] = PredictionModel.objects.create(dataset=self._dataset, name=name)
            self._places[name] = {}
        return self._models[name]

    def _row(self, name: str, probs: dict[str, float]) -> list[float]:
        """The probabilities in the model's order of classes; a class that is new to it comes last."""
        places = self._places[name]
        for label in probs:
            places.setdefault(label, len(places))
        return [probs.get(label, 0.0) for label in places]


def _label(row: Row, task: TaskType) -> Any:
    """The label that the row's item begins with."""
    if row.label is not None or not row.labels:
        return row.label
    return task.consensus([opinion.value for opinion in row.labels])


def _floats(values: Iterable[float]) -> str:
    """32-bit floats, little-endian, as COPY writes a bytea."""
    packed = array("f", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return f"\\\\x{packed.tobytes().hex()}"
