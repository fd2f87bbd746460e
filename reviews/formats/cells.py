"""The cells of a table: what their text means, and the text that means it.

Cells are text and stay text: "NA" is no missing value and 01 is not 1. Only the features of table items
become numbers, where the whole cell is one. The columns of our own files named `features.x` and `meta.x` hold
plain text, or JSON where plain text would be read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import orjson

from reviews.formats.columns import Layout
from reviews.formats.formulas import GUARD
from reviews.tasktypes.base import BadValue, TaskType

LONGEST_INTEGER = 15  # more digits than a float holds are an account, not an amount
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
JSON_ROLES = frozenset({"labels", "predictions", "embedding", "ambiguous", "features", "meta"})

Decode = Callable[[str], Any]  # the value of one cell, or ABSENT
ABSENT: Any = object()  # the row says nothing here, not even null


def decoder(layout: Layout, name: str, task: TaskType) -> Decode:
    """What reads the cells of this column."""
    bucket, key = layout.place(name)
    if name == GUARD or bucket == "ignore":
        return _nothing
    if bucket == "annotators" or (not bucket and key in ("label", "gold")):
        return lambda cell: task.from_cell(cell) if cell else ABSENT
    if not bucket:
        return _json if key in JSON_ROLES else _text
    if name != key:
        return _own
    return _feature if bucket == "features" else _text


def _nothing(cell: str) -> Any:
    return ABSENT


def _text(cell: str) -> Any:
    return cell or ABSENT


def _json(cell: str) -> Any:
    try:
        return orjson.loads(cell) if cell else ABSENT
    except orjson.JSONDecodeError as error:
        raise BadValue("bad_json", f"the cell must hold JSON: {error.msg}") from None


def _feature(cell: str) -> Any:
    """The number that the whole cell is, else its text; an empty cell is a missing feature, null."""
    if not cell:
        return None
    if not NUMBER.fullmatch(cell) or (len(cell) > LONGEST_INTEGER and cell.lstrip("-").isdigit()):
        return cell
    number = float(cell)
    return orjson.loads(cell) if isfinite(number) else cell


def _own(cell: str) -> Any:
    """What `_own_cell` wrote: JSON where the cell is that, else the text."""
    try:
        return orjson.loads(cell) if cell else ABSENT
    except orjson.JSONDecodeError:
        return cell


def _own_cell(value: Any) -> str:
    if isinstance(value, str) and value and _own(value) == value:
        return value
    return orjson.dumps(value).decode()


def cell_of(row: Mapping[str, Any], column: str, task: TaskType) -> str:
    """The text of the row's cell in this column, which `decoder` reads as the same."""
    bucket, dot, name = column.partition(".")
    if dot and bucket in ("features", "meta"):
        inner = row.get(bucket) or {}
        return _own_cell(inner[name]) if name in inner else ""
    value = row.get(column)
    if value is None:
        return ""
    if column in ("label", "gold"):
        return task.to_cell(value)
    return orjson.dumps(value).decode() if column in JSON_ROLES else str(value)
