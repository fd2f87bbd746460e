"""Labels that are lists of parts, each with a place and a label: spans of a text, boxes of a picture.

What parts of all sorts have in common is here; what a place is, and how far two of them agree, says the
`PartKind` of a task type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import orjson

from reviews.tasktypes.base import BadValue, TaskType, Value
from reviews.tasktypes.matching import Interval, Pair, best_pairs, clusters, overlapping

MOST_PARTS = 10_000
OTHER_LABEL = 0.5  # what the right place is worth under the wrong label

Part: TypeAlias = dict[str, Any]
Parts: TypeAlias = Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class PartKind:
    """One sort of part.

    nouns     its name, for one and for several
    read      the part that a JSON object says, in its one form, or BadValue
    key       what orders parts, and is equal for equal parts only
    place     where the part is, as JSON: what a flag calls its part
    across    its extent in one direction
    overlap   how much of the ground of two parts is common ground, 0..1
    same_from the overlap from which two opinions are taken to be on the same thing
    middle    the place that several opinions add up to, as the fields of a part
    repeats   whether equal parts are kept, as one of them is an error to be found
    """

    nouns: tuple[str, str]
    read: Callable[[Mapping[str, Any]], Part]
    key: Callable[[Part], Any]
    place: Callable[[Part], dict[str, Any]]
    across: Callable[[Part], Interval]
    overlap: Callable[[Part, Part], float]
    same_from: float
    middle: Callable[[Parts], dict[str, Any]]
    repeats: bool


def task_type(name: str, kind: PartKind) -> TaskType:
    """The task type whose values are lists of such parts."""
    return TaskType(
        name=name,
        check=partial(check, kind),
        classes_in=classes_in,
        same=partial(same, kind),
        distance=partial(distance, kind),
        diff=partial(diff, kind),
        consensus=partial(consensus, kind),
        from_json=partial(from_json, kind),
        to_json=to_json,
        from_cell=partial(from_cell, kind),
        to_cell=to_cell,
        replaced=partial(replaced, kind),
        stands=partial(stands, kind),
        taken_back=partial(taken_back, kind),
        check_probs=None,
    )


def check(kind: PartKind, value: Value, classes: Collection[str] | None) -> list[Part]:
    """The parts in order of their place, of labels among `classes` (or any where these are None)."""
    parts = from_json(kind, value)
    for label in classes_in(parts):
        if classes is not None and label not in classes:
            raise BadValue("unknown_label", f"“{label}” is not one of the classes")
    return parts


def from_json(kind: PartKind, value: Value) -> list[Part]:
    """The parts of a list of objects, in order of their place."""
    parts = sorted(map(kind.read, _objects(kind, value)), key=kind.key)
    if kind.repeats:
        return parts
    return [part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1]]


def from_prediction(kind: PartKind, value: Value) -> list[Part]:
    """A model's parts: as a value, each with a `score` from 0 to 1, on whatever scale that model has."""
    scored = [
        kind.read({key: one[key] for key in one if key != "score"}) | {"score": _score(one.get("score"))}
        for one in _objects(kind, value)
    ]
    return sorted(scored, key=kind.key)


def classes_in(value: Parts) -> list[str]:
    """The labels of the parts, each once, in the order in which they come."""
    return list(dict.fromkeys(part["label"] for part in value))


def same(kind: PartKind, a: Parts | None, b: Parts | None) -> bool:
    """Whether both have the same parts, in any order. No label is not the same as no part."""
    if a is None or b is None:
        return a is b
    return sorted(map(kind.key, a)) == sorted(map(kind.key, b))


def distance(kind: PartKind, a: Parts | None, b: Parts | None) -> float:
    """One minus the F1 of exact and partial agreement, 0.0 for the same and 1.0 for nothing in common.

    Parts are paired one to one so that they agree most. A pair counts as its overlap over its union, 1 for
    the same place, and half of that where the labels differ.
    """
    if a is None or b is None:
        return 0.0 if a is b else 1.0
    if same(kind, a, b):
        return 0.0
    credits = _credits(kind, a, b)
    agreed = sum(credits[pair] for pair in best_pairs(credits))
    return min(max(1 - 2 * agreed / (len(a) + len(b)), 0.0), 1.0)


def diff(kind: PartKind, a: Parts | None, b: Parts | None) -> list[dict[str, Value]]:
    """One change per part that came, went, moved or was relabelled; `part` is where it was, or now is.

    A label that there was not before is one change as a whole.
    """
    if a is None or b is None:
        return [] if a is b else [{"part": None, "before": a, "after": b}]
    pairs = dict(best_pairs(_credits(kind, a, b)))
    moves: list[tuple[Part | None, Part | None]] = []
    moves += ((one, b[pairs[i]] if i in pairs else None) for i, one in enumerate(a))
    moves += ((None, b[j]) for j in sorted(set(range(len(b))) - set(pairs.values())))
    return [
        {"part": kind.place(before or after or {}), "before": before, "after": after}
        for before, after in moves
        if before is None or after is None or kind.key(before) != kind.key(after)
    ]


def consensus(kind: PartKind, values: Sequence[Parts]) -> list[Part]:
    """The parts that more than half of the opinions have, in the middle of them, with their majority's label.

    Where it is half of them the first opinion decides, and of equal labels the one named first.
    """

    def on_same_thing(a: Parts, b: Parts) -> dict[Pair, float]:
        return {pair: c for pair, c in _credits(kind, a, b).items() if _on_same_thing(kind, a, b, pair)}

    found = clusters(values, on_same_thing)
    carried = [c for c in found if 2 * len(c) > len(values) or (2 * len(c) == len(values) and 0 in c)]
    return from_json(kind, [_merged(kind, list(opinions.values())) for opinions in carried])


def to_json(value: Parts) -> list[Part]:
    """The list of parts."""
    return [dict(part) for part in value]


def from_cell(kind: PartKind, cell: str) -> list[Part]:
    """The parts of a cell that holds them as JSON."""
    try:
        return from_json(kind, orjson.loads(cell))
    except orjson.JSONDecodeError as error:
        raise BadValue("bad_label", f"a cell must hold its {kind.nouns[1]} as JSON: {error.msg}") from None


def to_cell(value: Parts) -> str:
    """The parts as JSON."""
    return orjson.dumps(list(value)).decode()


def replaced(kind: PartKind, value: Parts | None, part: Any, given: Value, new: Value) -> list[Part]:
    """The value with what was `given` made `new`; each may be one part, several, or None: nothing."""
    rest = list(value or ())
    for one in several(given):
        if one not in rest:
            raise BadValue("stale_part", f"the {kind.nouns[0]} is no longer part of the label")
        rest.remove(one)
    if not several(given) and not stands(kind, value, part, given, new):
        raise BadValue("stale_part", f"the label has a {kind.nouns[0]} there by now")
    added = from_json(kind, several(new))
    if any(one in rest for one in added):
        said = f"the label has this {kind.nouns[0]} already: send only what should stand in the flagged place"
        raise BadValue("bad_label", said)
    return from_json(kind, rest + added)


def stands(kind: PartKind, value: Parts | None, part: Any, given: Value, suggested: Value) -> bool:
    """Whether all that was given is still there; of something missing, whether its place is still free."""
    there = value or ()
    if before := several(given):
        return all(one in there for one in before)
    return not any(same_thing(kind, one, other) for one in several(suggested) for other in there)


def taken_back(kind: PartKind, value: Parts | None, before: Parts | None, after: Parts) -> list[Part]:
    """The value without the parts that came with a change, and with those that went."""
    changes = diff(kind, before or (), after)
    came = [change["after"] for change in changes if change["after"] is not None]
    went = [change["before"] for change in changes if change["before"] is not None]
    return replaced(kind, value, None, came, went)


def several(value: Value) -> list[Part]:
    """The parts that a flag speaks of: one, a list of them, or None for none."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def same_thing(kind: PartKind, a: Part, b: Part) -> bool:
    """Whether two parts are at one place, whatever their labels."""
    return kind.overlap(a, b) >= kind.same_from


def _objects(kind: PartKind, value: Value) -> list[dict[str, Any]]:
    if type(value) is not list or any(type(one) is not dict for one in value):
        raise BadValue("bad_label", f"a label must be a list of {kind.nouns[1]}, each an object")
    if len(value) > MOST_PARTS:
        raise BadValue("bad_label", f"a label has at most {MOST_PARTS:,} {kind.nouns[1]}")
    return value


def _score(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise BadValue("bad_prediction", "each part of a prediction must have a score from 0 to 1")
    return float(value)


def _credits(kind: PartKind, a: Parts, b: Parts) -> dict[Pair, float]:
    """How far each two parts agree, 0..1, where they agree at all."""
    credits = {}
    for i, j in overlapping(list(map(kind.across, a)), list(map(kind.across, b))):
        if overlap := kind.overlap(a[i], b[j]):
            credits[i, j] = overlap * (1 if a[i]["label"] == b[j]["label"] else OTHER_LABEL)
    return credits


def _on_same_thing(kind: PartKind, a: Parts, b: Parts, pair: Pair) -> bool:
    return same_thing(kind, a[pair[0]], b[pair[1]])


def _merged(kind: PartKind, opinions: Parts) -> Part:
    label = Counter(part["label"] for part in opinions).most_common(1)[0][0]
    return {**kind.middle(opinions), "label": label}
