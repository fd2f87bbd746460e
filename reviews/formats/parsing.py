"""Plain JSON into canonical rows: every key checked, every fault named by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from reviews.formats.canonical import MEDIA_KEYS, Opinion, Prediction, Row
from reviews.formats.errors import FormatError
from reviews.tasktypes.base import BadValue, TaskType

MAX_ID_LENGTH = 500  # an index entry of Postgres holds 2,704 bytes, and a character has up to four
MAX_NAME_LENGTH = 200
LARGEST = 3.4e38  # that a float of 32 bits holds
OPINION_KEYS = frozenset({"annotator", "value", "at"})
PREDICTION_KEYS = frozenset({"model", "epoch", "probs", "value"})
LAST_EPOCH = 2**31 - 1
MOST_EPOCHS = 1000


def parse(plain: Mapping[str, Any], *, line: int, task: TaskType, media: str) -> Row:
    """The checked row that `plain` says, of keys in KEYS only; raises FormatError naming the key."""
    row = Row(id=identifier(plain.get("id"), line), line=line)
    _MEDIA_PARSERS[media](row, plain)
    try:
        key = "label"
        if (label := plain.get("label")) is not None:
            row.label = task.from_json(label)
        if len(plain) > 3 or "label" not in plain:
            for key in plain.keys() & _OPTIONAL.keys():
                if (value := plain[key]) is not None:
                    _OPTIONAL[key](row, value, task)
    except BadValue as error:
        raise FormatError.of(error, line=line, column=key) from None
    if row.ambiguous and row.label is None:
        detail = "an ambiguous row must have a label"
        raise FormatError("bad_ambiguous", detail, line=line, column="ambiguous")
    if task.check_within is not None and row.text is not None:
        refuse_misplaced(row, task=task, extent=(len(row.text),))
    return row


def refuse_misplaced(row: Row, *, task: TaskType, extent: tuple[int, ...]) -> None:
    """Raise FormatError where a label or prediction of the row leaves its item.

    extent : (code points,) of a text, (width, height) in pixels of a picture as displayed
    """
    if task.check_within is None:
        return
    apart = row.columns is not None and "labels" not in row.columns
    said = [("label", row.label, False), ("gold", row.gold, False)]
    said += [("label" if apart else "labels", opinion.value, False) for opinion in row.labels]
    said += [("predictions", prediction.value, True) for prediction in row.predictions]
    for key, value, predicted in said:
        try:
            if value is not None:
                task.check_within(value, *extent, predicted=predicted)
        except BadValue as error:
            raise row.error(error.code, error.detail, key=key) from None


def identifier(value: Any, line: int) -> str:
    """The external id that this says; raises FormatError."""
    if type(value) is int:
        return str(value)
    if value is None or value == "":
        raise FormatError("missing_id", "the row has no id", line=line, column="id")
    try:
        return _name(value, "bad_id", longest=MAX_ID_LENGTH)
    except BadValue as error:
        raise FormatError.of(error, line=line, column="id") from None


def _name(value: Any, code: str, *, longest: int = MAX_NAME_LENGTH) -> str:
    if type(value) is not str:
        raise BadValue(code, "this must be text")
    if not value.strip():
        raise BadValue(code, "this must not be blank")
    if len(value) > longest or "\0" in value:
        raise BadValue(code, f"this has at most {longest} characters, none of them NUL")
    return value


def name_of_model(value: Any) -> str:
    """The name that predictions without one of their own are put under; raises FormatError."""
    try:
        return _name(value or "", "bad_prediction")
    except BadValue as error:
        raise FormatError.of(error, line=1, column="model") from None


# The medium


def _missing(row: Row, media: str, plain: Mapping[str, Any]) -> FormatError:
    key = MEDIA_KEYS[media]
    others = [k for k in MEDIA_KEYS.values() if k != key and (k in plain or k in (plain.get("meta") or {}))]
    if others:
        said = f"the dataset holds {media} items, but the row has only “{others[0]}”"
        return FormatError("wrong_media", said, line=row.line, column=others[0])
    return FormatError(f"missing_{key}", f"the row has no {key}", line=row.line, column=key)


def _parse_text(row: Row, plain: Mapping[str, Any]) -> None:
    text = plain.get("text")
    if type(text) is not str:
        if text is None:
            raise _missing(row, "text", plain)
        raise FormatError("bad_text", "the text must be text", line=row.line, column="text")
    if not text or text.isspace():
        raise FormatError("empty_text", "the text is empty", line=row.line, column="text")
    if "\0" in text:
        raise FormatError("bad_text", "the text has a NUL character", line=row.line, column="text")
    row.text = text


def _parse_image(row: Row, plain: Mapping[str, Any]) -> None:
    if plain.get("image") in (None, ""):
        raise _missing(row, "image", plain)
    try:
        row.image = _name(plain["image"], "bad_image", longest=1000)
    except BadValue as error:
        raise FormatError.of(error, line=row.line, column="image") from None


def _parse_features(row: Row, plain: Mapping[str, Any]) -> None:
    features = plain.get("features")
    if features is None:
        raise _missing(row, "table", plain)
    if type(features) is list:
        features = {f"f{i}": value for i, value in enumerate(features)}
    if type(features) is not dict or not features:
        detail = "features must be an object of numbers and texts, or a list of them"
        raise FormatError("bad_features", detail, line=row.line, column="features")
    for name, value in features.items():
        if value is not None and type(value) not in (int, float, str, bool):
            detail = f"“{name}” must be a number, text, true, false or null"
            raise FormatError("bad_features", detail, line=row.line, column="features")
    try:
        row.features = _storable(features, "bad_features")
    except BadValue as error:
        raise FormatError.of(error, line=row.line, column="features") from None


_MEDIA_PARSERS: dict[str, Callable[[Row, Mapping[str, Any]], None]] = {
    "text": _parse_text,
    "image": _parse_image,
    "table": _parse_features,
}


# What a row may say besides


def _storable(value: Any, code: str) -> Any:
    """The value, known to fit a jsonb column and to be written again: no NUL, not nested without end."""
    try:
        dumped = orjson.dumps(value)
    except TypeError as error:
        raise BadValue(code, f"this cannot be stored: {error}") from None
    if b"\\u0000" in dumped and _has_nul(value):
        raise BadValue(code, "a text in this has a NUL character")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _parse_split(row: Row, value: Any, task: TaskType) -> None:
    row.split = _name(value, "bad_split") if value != "" else ""


def _parse_meta(row: Row, value: Any, task: TaskType) -> None:
    if type(value) is not dict:
        raise BadValue("bad_meta", "meta must be an object")
    row.meta = _storable(value, "bad_meta")


def _parse_gold(row: Row, value: Any, task: TaskType) -> None:
    row.gold = task.from_json(value)


def _parse_ambiguous(row: Row, value: Any, task: TaskType) -> None:
    if type(value) is not bool:
        raise BadValue("bad_ambiguous", "ambiguous must be true or false")
    row.ambiguous = value


def _parse_embedding(row: Row, value: Any, task: TaskType) -> None:
    numbers = type(value) is list and all(type(v) in (int, float) and abs(v) <= LARGEST for v in value)
    if not numbers or not value:
        raise BadValue("bad_embedding", "an embedding must be a list of numbers that fit in 32 bits")
    row.embedding = [float(v) for v in value]


def _parse_labels(row: Row, value: Any, task: TaskType) -> None:
    opinions = [opinion(one, task) for one in _objects(value, "bad_labels")]
    if len(opinions) > 1 and len({opinion.annotator for opinion in opinions}) < len(opinions):
        raise BadValue("repeated_annotator", "an annotator has one opinion on an item")
    row.labels = tuple(opinions)


def _parse_predictions(row: Row, value: Any, task: TaskType) -> None:
    predictions = [_prediction(one, task) for one in _objects(value, "bad_prediction")]
    if len({(prediction.model, prediction.epoch) for prediction in predictions}) < len(predictions):
        raise BadValue("bad_prediction", "a model has one prediction for an item, or one for each epoch")
    if sum(prediction.epoch is not None for prediction in predictions) > MOST_EPOCHS:
        raise BadValue("bad_prediction", f"an item has predictions of at most {MOST_EPOCHS:,} epochs")
    row.predictions = tuple(predictions)


def _objects(value: Any, code: str) -> list[dict[str, Any]]:
    if type(value) is not list or any(type(one) is not dict for one in value):
        raise BadValue(code, "this must be a list of objects")
    return value


def opinion(plain: dict[str, Any], task: TaskType) -> Opinion:
    """The opinion that annotator, value and at say; raises BadValue."""
    if not OPINION_KEYS.issuperset(plain):
        unknown = min(plain.keys() - OPINION_KEYS)
        raise BadValue("bad_labels", f"an opinion has annotator, value and at, not “{unknown}”")
    annotator = _name(plain.get("annotator") or "", "blank_annotator")
    return Opinion(annotator, task.from_json(plain.get("value")), _moment(plain.get("at")))


def _moment(value: Any) -> datetime | None:
    """The moment in UTC; a time without a zone is taken as UTC."""
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise BadValue("bad_time", "a time must be as in 2026-01-31T09:00:00Z") from None


def _prediction(plain: dict[str, Any], task: TaskType) -> Prediction:
    if not PREDICTION_KEYS.issuperset(plain):
        unknown = min(plain.keys() - PREDICTION_KEYS)
        raise BadValue("bad_prediction", f"a prediction has model, and probs or value, not “{unknown}”")
    model = _name(plain.get("model") or "", "bad_prediction")
    epoch = _epoch(plain.get("epoch"), task)
    if task.from_prediction is not None:
        if plain.get("value") is None or "probs" in plain:
            raise BadValue(
                "bad_prediction", f"a prediction must have a value: {task.name}, each with a score"
            )
        return Prediction(model, None, task.from_prediction(plain["value"]))
    if task.check_probs is None or type(plain.get("probs")) is not dict or "value" in plain:
        raise BadValue("bad_prediction", "a prediction must have probs: {class: probability}")
    return Prediction(model, task.check_probs(plain["probs"]), epoch=epoch)


def _epoch(value: Any, task: TaskType) -> int | None:
    if value is None:
        return None
    if not task.exclusive:
        raise BadValue("bad_prediction", f"a training is followed for classification, not for {task.name}")
    if type(value) is not int or not 0 <= value <= LAST_EPOCH:
        raise BadValue("bad_prediction", "an epoch must be a whole number from 0")
    return value


_OPTIONAL: dict[str, Callable[[Row, Any, TaskType], None]] = {
    "split": _parse_split,
    "meta": _parse_meta,
    "labels": _parse_labels,
    "predictions": _parse_predictions,
    "embedding": _parse_embedding,
    "gold": _parse_gold,
    "ambiguous": _parse_ambiguous,
}
