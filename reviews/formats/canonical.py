"""The canonical row (docs/formats.md): what every format is read into and written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from reviews.formats.errors import FormatError
from reviews.tasktypes.base import Value

MEDIA_KEYS = {"text": "text", "image": "image", "table": "features"}
SPELLED = "id text image features label split meta labels predictions embedding gold ambiguous"
KEYS = frozenset(SPELLED.split())


class Opinion(NamedTuple):
    """What one annotator said of the item, and when if that is known."""

    annotator: str
    value: Value
    at: datetime | None = None


class Prediction(NamedTuple):
    """What one model said of the item: probabilities of classes, or a value with scores.

    With an epoch, what it said after that epoch of its training on this very item: not out-of-sample.
    """

    model: str
    probs: dict[str, float] | None = None
    value: Value = None
    epoch: int | None = None


@dataclass(slots=True)
class Row:
    """One item as it came in. Where it stood in the file is not part of what it says."""

    id: str
    text: str | None = None
    image: str | None = None
    features: dict[str, Any] | None = None
    label: Value = None
    split: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    labels: tuple[Opinion, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    embedding: list[float] | None = None
    gold: Value = None
    ambiguous: bool = False
    line: int = field(default=0, compare=False)
    entry: str = field(default="", compare=False)  # the name in the archive of what `image` names
    # The row is one opinion of an item that other rows may repeat with opinions of others.
    repeatable: bool = field(default=False, compare=False)
    # What the file calls the keys, where it calls them otherwise.
    columns: Mapping[str, str] | None = field(default=None, compare=False, repr=False)

    def error(self, code: str, detail: str, *, key: str) -> FormatError:
        """An error about what the row says under `key`, in its place in the file."""
        column = (self.columns or {}).get(key, key)
        return FormatError(code, detail, line=self.line, column=column)

    def as_json(self) -> dict[str, Any]:
        """The row as plain JSON, without what it does not say."""
        plain: dict[str, Any] = {"id": self.id}
        for key in ("text", "image", "features", "label", "embedding", "gold"):
            if (value := getattr(self, key)) is not None:
                plain[key] = value
        for key in ("split", "meta", "ambiguous"):
            if value := getattr(self, key):
                plain[key] = value
        if self.labels:
            plain["labels"] = [_opinion_json(opinion) for opinion in self.labels]
        if self.predictions:
            plain["predictions"] = [_prediction_json(prediction) for prediction in self.predictions]
        return plain


def line(row: Mapping[str, Any]) -> bytes:
    """The one line of canonical JSONL that says this row: keys sorted, no spaces, newline at the end."""
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _opinion_json(opinion: Opinion) -> dict[str, Any]:
    plain = {"annotator": opinion.annotator, "value": opinion.value}
    if opinion.at is not None:
        plain["at"] = opinion.at.isoformat().replace("+00:00", "Z")
    return plain


def _prediction_json(prediction: Prediction) -> dict[str, Any]:
    said = {"probs": prediction.probs} if prediction.probs is not None else {"value": prediction.value}
    at = {} if prediction.epoch is None else {"epoch": prediction.epoch}
    return {"model": prediction.model, **at, **said}
