"""What imports bring for machines: predictions and embeddings, copied in beside the items."""

import sys
from array import array
from collections.abc import Iterable, Sequence

from reviews.copying import NULL, Copy, json
from reviews.formats.canonical import Prediction, Row
from reviews.models import Dataset

from .models import PredictionModel


class MachineSidecar:
    """Takes the predictions and embeddings of one import, in its transaction."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._models = {model.name: model for model in PredictionModel.objects.filter(dataset=dataset)}
        self._places = {
            model.name: {label: place for place, label in enumerate(model.classes)}
            for model in self._models.values()
        }
        self._predictions = Copy("detection_prediction", "model_id", "item_id", "probs", "value")
        self._embeddings = Copy("detection_embedding", "item_id", "dataset_id", "vector")

    def take(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Write the predictions and embeddings of these rows."""
        for item_id, row in rows:
            for prediction in row.predictions:
                self._predictions.lines.append(self._line(item_id, prediction))
            if row.embedding is not None:
                self._embeddings.lines.append(f"{item_id}\t{self._dataset.pk}\t{_floats(row.embedding)}\n")
        self._predictions.flush()
        self._embeddings.flush()

    def finish(self) -> None:
        """Say which classes each model turned out to know."""
        for name, model in self._models.items():
            classes = list(self._places[name])
            if classes != model.classes:
                model.classes = classes
                model.save(update_fields=["classes"])

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


def _floats(values: Iterable[float]) -> str:
    """32-bit floats, little-endian, as COPY writes a bytea."""
    packed = array("f", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return f"\\\\x{packed.tobytes().hex()}"
