"""Several labels at once: a value is the list of the classes that apply; an empty list: none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any

import orjson

from reviews.tasktypes import classification
from reviews.tasktypes.base import BadValue, TaskType

SEPARATORS = "|;"  # between the classes of a cell; the first that the cell has counts
ROUNDING = 0.005  # of a probability that was printed with two decimals


def check(value: Any, classes: Collection[str] | None) -> list[str]:
    """The classes, in order of their names, known to be among `classes` (or any where these are None)."""
    names = from_json(value)
    if classes is not None:
        known = frozenset(classes)
        for name in names:
            if name not in known:
                raise BadValue("unknown_label", f"“{name}” is not one of the classes")
    return names


def from_json(value: Any) -> list[str]:
    """The classes that a list names, each once, in order of their names."""
    if type(value) is not list:
        raise BadValue("bad_label", "a label must be a list of classes, such as [] or [“fluid”, “nodule”]")
    return sorted({classification.from_json(name) for name in value})


def classes_in(value: Sequence[str]) -> Sequence[str]:
    """The classes of the value."""
    return value


def same(a: Sequence[str] | None, b: Sequence[str] | None) -> bool:
    """Whether both name the same classes. No label is not the same as no class."""
    return a is b if a is None or b is None else set(a) == set(b)


def distance(a: Sequence[str] | None, b: Sequence[str] | None) -> float:
    """The Jaccard distance: the share of the classes named by either that only one of them names."""
    if a is None or b is None:
        return 0.0 if a is b else 1.0
    either = set(a) | set(b)
    return len(set(a) ^ set(b)) / len(either) if either else 0.0


def diff(a: Sequence[str] | None, b: Sequence[str] | None) -> list[dict[str, Any]]:
    """One change per class that came or went; a label that there was not before is one change as a whole."""
    if a is None or b is None:
        return [] if a is b else [{"part": None, "before": a, "after": b}]
    return [
        {"part": {"class": name}, "before": name in a, "after": name in b} for name in sorted(set(a) ^ set(b))
    ]


def consensus(values: Sequence[Sequence[str]]) -> list[str]:
    """The classes that more than half of the opinions name; where it is half, the first opinion decides."""
    votes = Counter(name for value in values for name in set(value))
    return sorted(
        name
        for name, count in votes.items()
        if 2 * count > len(values) or (2 * count == len(values) and name in values[0])
    )


def to_json(value: Sequence[str]) -> list[str]:
    """The list of classes."""
    return list(value)


def from_cell(cell: str) -> list[str]:
    """The classes of "fluid|nodule", "fluid; nodule" or a JSON list; "[]" says that none applies."""
    if cell.lstrip().startswith("["):
        try:
            return from_json(orjson.loads(cell))
        except orjson.JSONDecodeError:
            raise BadValue("bad_label", "a label in brackets must be a JSON list of classes") from None
    separator = next((mark for mark in SEPARATORS if mark in cell), "|")
    return from_json([name.strip() for name in cell.split(separator)])


def to_cell(value: Sequence[str]) -> str:
    """The classes with "|" between them; as JSON where their names would not survive that."""
    cell = "|".join(value)
    try:
        survives = from_cell(cell) == sorted(value)
    except BadValue:
        survives = False
    return cell if survives else orjson.dumps(list(value)).decode()


def check_probs(probs: Mapping[str, Any]) -> dict[str, float]:
    """The probability of each class as a float; they are independent and need not sum to 1."""
    if not probs:
        raise BadValue("bad_prediction", "probs must name at least one class")
    for name, p in probs.items():
        if type(p) not in (int, float) or not isfinite(p) or not 0 <= p <= 1 + ROUNDING:
            raise BadValue("bad_prediction", f"the probability of “{name}” must be a number from 0 to 1")
    return {classification.from_json(name): float(p) for name, p in probs.items()}


def replaced(
    value: Sequence[str] | None, part: Mapping[str, Any], given: Sequence[str] | None, new: Any
) -> list[str]:
    """The value with the classes that differ between `given` and `new` come or gone.

    Classes that came or went since the value was `given` stay so; that of `part` must be as it was.
    """
    wanted, before, now = set(from_json(new)), set(given or ()), set(value or ())
    if not stands(value, part, given, new):
        raise BadValue("stale_part", f"the label has changed in the class “{part['class']}” since")
    return sorted((now | (wanted - before)) - (before - wanted))


def stands(value: Sequence[str] | None, part: Mapping[str, Any], given: Sequence[str] | None, _: Any) -> bool:
    """Whether the class of `part` is still given, or still not."""
    return (part["class"] in (value or ())) == (part["class"] in (given or ()))


def taken_back(value: Sequence[str] | None, before: Sequence[str] | None, after: Sequence[str]) -> list[str]:
    """The value without the classes that came with a change, and with those that went."""
    now, came = set(value or ()), set(after) - set(before or ())
    went = set(before or ()) - set(after)
    if not came <= now or went & now:
        raise BadValue("stale_part", "the label has changed in these classes since")
    return sorted((now - came) | went)


MULTILABEL = TaskType(
    name="multilabel",
    check=check,
    classes_in=classes_in,
    same=same,
    distance=distance,
    diff=diff,
    consensus=consensus,
    from_json=from_json,
    to_json=to_json,
    from_cell=from_cell,
    to_cell=to_cell,
    replaced=replaced,
    stands=stands,
    taken_back=taken_back,
    check_probs=check_probs,
)
