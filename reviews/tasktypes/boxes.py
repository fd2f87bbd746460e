"""Objects in a picture: a value is a list of {"bbox": [x, y, w, h], "label"}, in pixels as displayed.

An empty list says that the picture shows none. A box that repeats is kept: it is an error to be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from reviews.tasktypes import classification, parts
from reviews.tasktypes.base import BadValue
from reviews.tasktypes.parts import Part, PartKind, Parts

FURTHEST = 10_000_000  # pixels; a number beyond it is no place in a picture
OVERHANG = 1  # pixel: what rounding does, and tools that count pixels from 1


def check_within(value: Parts, width: int, height: int, *, predicted: bool = False) -> None:
    """Raise BadValue where a box sticks out of a picture of that size by more than OVERHANG.

    Those that a model `predicted` may stick out, as detectors' boxes do, but not lie wholly outside.
    """
    for box in value:
        x, y, w, h = box["bbox"]
        if x >= width or y >= height or x + w <= 0 or y + h <= 0:
            said = f"the box {box['bbox']} lies outside the picture of {width} × {height} pixels"
            raise BadValue("bad_box", said)
        if not predicted and max(-x, -y, x + w - width, y + h - height) > OVERHANG:
            said = f"the box {box['bbox']} sticks out of the picture of {width} × {height} pixels"
            raise BadValue("bad_box", said)


def _read(plain: Mapping[str, Any]) -> Part:
    if unknown := plain.keys() - {"bbox", "label"}:
        raise BadValue("bad_box", f"a box has bbox and label, not “{min(unknown)}”")
    bbox = plain.get("bbox")
    if type(bbox) is not list or len(bbox) != 4:
        raise BadValue("bad_box", "the bbox of a box must be four numbers: x, y, width, height")
    x, y, w, h = map(_number, bbox)
    if w <= 0 or h <= 0:
        raise BadValue("bad_box", f"a box must have a width and a height above 0, not {w} × {h}")
    return {"bbox": [x, y, w, h], "label": classification.from_json(plain.get("label"))}


def _number(value: Any) -> int | float:
    """The coordinate; whole ones as int, so that no database or browser changes how they are written."""
    if type(value) not in (int, float) or not -FURTHEST <= value <= FURTHEST:
        raise BadValue("bad_box", "the bbox of a box must be four numbers of pixels: x, y, width, height")
    return int(value) if value == int(value) else value


def _key(box: Part) -> tuple[list[float], str]:
    return box["bbox"], box["label"]


def _place(box: Part) -> dict[str, Any]:
    return {"bbox": box["bbox"]}


def _across(box: Part) -> tuple[float, float]:
    x, _, w, _ = box["bbox"]
    return x, x + w


def _overlap(a: Part, b: Part) -> float:
    """The area that both cover over the area that either covers."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a["bbox"], b["bbox"]
    width = min(ax + aw, bx + bw) - max(ax, bx)
    height = min(ay + ah, by + bh) - max(ay, by)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (aw * ah + bw * bh - both)


def _middle(boxes: Parts) -> dict[str, Any]:
    return {"bbox": [median(numbers) for numbers in zip(*(box["bbox"] for box in boxes), strict=True)]}


BOX = PartKind(
    nouns=("box", "boxes"),
    read=_read,
    key=_key,
    place=_place,
    across=_across,
    overlap=_overlap,
    same_from=0.5,
    middle=_middle,
    repeats=True,
)
from_prediction = partial(parts.from_prediction, BOX)
BOXES = replace(
    parts.task_type("boxes", BOX),
    media=frozenset({"image"}),
    from_prediction=from_prediction,
    check_within=check_within,
)
