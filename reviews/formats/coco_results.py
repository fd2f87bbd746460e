"""COCO results: a list of detections, each {"image_id", "category_id", "bbox", "score"}, of one model.

The form: https://cocodataset.org/#format-results. They speak of images that the dataset has, by their ids.
The numbers of the categories are explained by the file, if it is an object of `annotations` and `categories`,
else by the mapping (`{"categories": {"1": "car"}}`), else by what the dataset kept of the ground truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from reviews.formats.additions import Addition
from reviews.formats.coco import Key, Part, box_of, categories_of, check_list, check_task, loaded
from reviews.formats.errors import FormatError
from reviews.formats.parsing import name_of_model
from reviews.tasktypes.base import BadValue, TaskType

MOST_BYTES = 256 << 20  # the whole list stands in memory
IMAGES = 1_000  # in one block


def read(
    source: BinaryIO, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Addition | FormatError]:
    """Blocks of images with their detections, after what is wrong with single detections."""
    check_task(task)
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FormatError("too_large", f"COCO results may be up to {MOST_BYTES >> 20} MB; send them in parts")
    detections, names = _shaped(loaded(data), mapping)
    model = name_of_model(mapping.get("model"))
    found: dict[str, list[Part]] = {}
    lines: dict[str, int] = {}
    for number, one in enumerate(detections, 1):
        try:
            item, box = _item(one, number), _box(one, names, task, number)
        except FormatError as error:
            yield error
        else:
            found.setdefault(item, []).append(box)
            lines.setdefault(item, number)
    items = list(found)
    for first in range(0, len(items), IMAGES):
        ids = items[first : first + IMAGES]
        values = [sorted(found[item], key=_place) for item in ids]
        numbers = [lines[item] for item in ids]
        yield Addition(ids=ids, lines=numbers, model=model, values=values, column="image_id", said_in="bbox")


def _shaped(whole: Any, mapping: Mapping[str, Any]) -> tuple[list[Part], dict[Key, str]]:
    """The detections, and the categories' names."""
    own = whole if type(whole) is dict else {"annotations": whole}
    check_list(own.get("annotations"), "annotations")
    if "categories" in own:
        check_list(own["categories"], "categories")
        return own["annotations"], categories_of(own["categories"])
    said = mapping.get("categories")
    if said is None:
        detail = 'which category is which? Say so in the mapping: {"categories": {"1": "car"}}'
        raise FormatError("unknown_category", detail, column="category_id")
    if type(said) is not dict or any(type(name) is not str for name in said.values()):
        detail = "“categories” of the mapping must be an object of names"
        raise FormatError("bad_mapping", detail, column="categories")
    names: dict[Key, str] = dict(said)
    names |= {int(key): name for key, name in said.items() if key.isascii() and key.isdigit()}
    return own["annotations"], names


def _item(one: Part, number: int) -> str:
    key = one.get("image_id")
    if type(key) not in (int, str):
        detail = "image_id must be the id of an item"
        raise FormatError("missing_id", detail, line=number, column="image_id")
    return str(key)


def _box(one: Part, names: Mapping[Key, str], task: TaskType, number: int) -> Part:
    box = box_of(one, names, number) | {"score": one.get("score")}
    try:
        return task.from_prediction([box])[0]  # type: ignore[misc]  # boxes have it: check_task
    except BadValue as error:
        column = "score" if error.code == "bad_prediction" else "bbox"
        raise FormatError.of(error, line=number, column=column) from None


def _place(box: Part) -> tuple[Any, str]:
    return box["bbox"], box["label"]
