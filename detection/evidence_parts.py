"""Database to arrays for labels that have parts: classes, spans, boxes. Streamed, as in `evidence`."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import Count

from reviews.models import Annotation, Dataset, Item, LabelStatus
from reviews.tasktypes.registry import TASK_TYPES

from .algorithms import boxes as box_algorithms
from .algorithms.box_matching import Boxes
from .algorithms.detector import MISSING, Bools, Floats, Ints
from .evidence import CHUNK, Subjects
from .models import Prediction, PredictionModel

LABELLED = 0

Valued = Iterable[tuple[int, Any]]


def subjects(dataset: Dataset) -> Subjects:
    """The items of a dataset; `labels` says 0 for those with an official label, -1 for the others."""
    ids, labels = array("q"), array("q")
    rows = Item.objects.filter(dataset=dataset).order_by("id").values_list("id", "current_revision__status")
    for item_id, status in rows.iterator(CHUNK):
        ids.append(item_id)
        labels.append(LABELLED if status == LabelStatus.LABELLED else MISSING)
    return Subjects(dataset, _ints(ids), _ints(labels), list(dataset.classes))


def official(asked: Subjects) -> Iterator[tuple[int, list[Any]]]:
    """(item, official label) of every labelled item, in their order."""
    items = Item.objects.filter(dataset=asked.dataset, current_revision__status=LabelStatus.LABELLED)
    rows = items.order_by("id").values_list("id", "current_revision__value")
    yield from _placed(asked, rows.iterator(CHUNK))


def opinions(asked: Subjects) -> Iterator[tuple[int, list[list[Any]]]]:
    """(item, what annotators said of it) of every labelled item that somebody spoke of, in their order.

    A person's last opinion counts. Where several spoke, one that the official label only repeats is left out:
    it would be held against itself.
    """
    same = TASK_TYPES[asked.dataset.task_type].same
    rows = (
        Annotation.objects.filter(annotator__dataset=asked.dataset)
        .order_by("item_id", "id")
        .values_list("item_id", "annotator_id", "value", "item__current_revision__value")
    )
    for item_id, group in groupby(rows.iterator(CHUNK), key=itemgetter(0)):
        place = int(asked.places([item_id])[0])
        if place < 0 or asked.labels[place] == MISSING:
            continue
        last: dict[int, Any] = {}
        official_value = None
        for _, annotator, value, of_item in group:
            official_value = of_item
            if isinstance(value, list):
                last[annotator] = value
        said = list(last.values())
        repeated = next((number for number, value in enumerate(said) if same(value, official_value)), None)
        if len(said) > 1 and repeated is not None:
            del said[repeated]
        if said:
            yield place, said


def value_model(asked: Subjects) -> PredictionModel | None:
    """The model whose spans or boxes were imported for the most items."""
    models = PredictionModel.objects.filter(dataset=asked.dataset, predictions__value__isnull=False)
    return models.annotate(spoken=Count("predictions")).order_by("-spoken", "id").first()


def predicted(asked: Subjects, model: PredictionModel) -> Iterator[tuple[int, Any]]:
    """(item, the model's spans or boxes) of every labelled item that it spoke of, in their order.

    Boxes end where their picture does, so that they can be labels.
    """
    rows = Prediction.objects.filter(model=model, value__isnull=False).order_by("item_id")
    sized = rows.values_list("item_id", "value", "item__media__width", "item__media__height")
    within = (
        (item_id, value if width is None or height is None else _cut(value, width, height))
        for item_id, value, width, height in sized.iterator(CHUNK)
    )
    yield from _placed(asked, within)


def _cut(value: Any, width: int, height: int) -> list[dict[str, Any]]:
    """The boxes without what lies outside of a picture of that size."""
    found = []
    for box in value:
        x, y, w, h = box["bbox"]
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
        if left < right and top < bottom:
            whole = (left, top, right, bottom) == (x, y, x + w, y + h)
            found.append(box if whole else box | {"bbox": [left, top, right - left, bottom - top]})
    return found


def boxes(asked: Subjects, values: Valued) -> tuple[Boxes, Bools]:
    """The boxes of (item, value) pairs in the order of items, and which items were among these.

    Boxes of classes that are none of the dataset's are left out. What has no score counts as 1.
    """
    number = {name: k for k, name in enumerate(asked.classes)}
    image, label, bbox, score = array("q"), array("q"), array("d"), array("d")
    spoken = np.zeros(len(asked.ids), dtype=bool)
    for place, value in values:
        spoken[place] = True
        for one in value:
            if one["label"] in number:
                image.append(place)
                label.append(number[one["label"]])
                bbox.extend(one["bbox"])
                score.append(one.get("score", 1.0))
    return Boxes(_ints(image), _floats(bbox).reshape(-1, 4), _ints(label), _floats(score)), spoken


def pooled_boxes(asked: Subjects) -> tuple[Boxes, Bools]:
    """The boxes that annotators drew, pooled and scored by the share of them that did, as `boxes` returns."""
    number = {name: k for k, name in enumerate(asked.classes)}
    spoken = np.zeros(len(asked.ids), dtype=bool)
    by_count: dict[int, list[tuple[int, int, Any]]] = {}
    for place, said in opinions(asked):
        spoken[place] = True
        rows = by_count.setdefault(len(said), [])
        for source, value in enumerate(said):
            rows += ((place, source, one) for one in value if one["label"] in number)
    parts = [_pool(rows, number, count) for count, rows in by_count.items() if rows]
    parts.append(boxes(asked, [])[0])
    together = Boxes._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(together.image, kind="stable")
    return Boxes._make(column[order] for column in together), spoken


def _pool(rows: list[tuple[int, int, Any]], number: dict[str, int], n_sources: int) -> Boxes:
    """The boxes of (item, annotator, box) rows, all of items with so many opinions."""
    image, source = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    bbox = np.array([row[2]["bbox"] for row in rows], dtype=float)
    label = np.array([number[row[2]["label"]] for row in rows])
    drawn = Boxes(image, bbox, label, np.ones(len(rows)))
    return box_algorithms.pooled(drawn, source, n_sources)


def _placed(asked: Subjects, rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """(item, value) in place of (id, value), of the labelled items with a value that is there."""
    for item_id, value in rows:
        place = int(asked.places([item_id])[0])
        if place >= 0 and asked.labels[place] != MISSING and value is not None:
            yield place, value


def _ints(values: array) -> Ints:
    return np.frombuffer(values, dtype=np.int64) if len(values) else np.zeros(0, dtype=np.int64)


def _floats(values: array) -> Floats:
    return np.frombuffer(values, dtype=np.float64) if len(values) else np.zeros(0)
