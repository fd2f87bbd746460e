"""Single-label classification: a value is the name of one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any

from reviews.tasktypes.base import BadValue, TaskType

MAX_CLASS_LENGTH = 200
ROUNDING = 0.005  # of each probability that was printed with two decimals


def check(value: Any, classes: Collection[str] | None) -> str:
    """The class, known to be one of `classes` (or any class where these are None)."""
    name = from_json(value)
    if classes is not None and name not in classes:
        raise BadValue("unknown_label", f"“{name}” is not one of the classes")
    return name


def from_json(value: Any) -> str:
    """The class that `value` names; whole numbers are names too, as many files write them so."""
    if type(value) is str:
        name = value
    elif type(value) is int:
        name = str(value)
    else:
        raise BadValue("bad_label", "a label must be text")
    if not name.strip():
        raise BadValue("bad_label", "a label must not be blank")
    if len(name) > MAX_CLASS_LENGTH or "\0" in name:
        raise BadValue("bad_label", f"a label has at most {MAX_CLASS_LENGTH} characters, none of them NUL")
    return name


def classes_in(value: str) -> tuple[str, ...]:
    """The one class of the value."""
    return (value,)


def same(a: str | None, b: str | None) -> bool:
    """Whether both name the same class."""
    return a == b


def distance(a: str | None, b: str | None) -> float:
    """0.0 for the same class, else 1.0: no two classes are nearer to each other than others."""
    return 0.0 if a == b else 1.0


def diff(a: str | None, b: str | None) -> list[dict[str, Any]]:
    """One change of the whole value, or none."""
    return [] if a == b else [{"part": None, "before": a, "after": b}]


def consensus(values: Sequence[str]) -> str:
    """The class with most votes; of equals the one named first."""
    return Counter(values).most_common(1)[0][0]


def plain(value: str) -> str:
    """The value itself, which is already plain JSON and already text."""
    return value


def replaced(value: Any, part: Any, given: Any, new: Any) -> Any:
    """The new class: the label is its own only part."""
    return new


def stands(value: Any, part: Any, given: Any, suggested: Any) -> bool:
    """Never: with another class all that was said of the one before is void."""
    return False


def taken_back(value: Any, before: Any, after: Any) -> Any:
    """The class before, where no other one came since."""
    if value != after:
        raise BadValue("stale_part", "the label has another class since")
    return before


def check_probs(probs: Mapping[str, Any]) -> dict[str, float]:
    """The probabilities as floats that sum to 1 but for rounding."""
    if not probs:
        raise BadValue("bad_prediction", "probs must name at least one class")
    total = 0.0
    for name, p in probs.items():
        if type(p) not in (int, float) or not isfinite(p) or not 0 <= p <= 1 + ROUNDING:
            raise BadValue("bad_prediction", f"the probability of “{name}” must be a number from 0 to 1")
        total += p
    if abs(total - 1) > ROUNDING * (len(probs) + 1):
        raise BadValue("bad_prediction", f"the probabilities must sum to 1, not to {total:.3g}")
    return {from_json(name): float(p) for name, p in probs.items()}


CLASSIFICATION = TaskType(
    name="classification",
    check=check,
    classes_in=classes_in,
    same=same,
    distance=distance,
    diff=diff,
    consensus=consensus,
    from_json=from_json,
    to_json=plain,
    from_cell=from_json,
    to_cell=plain,
    replaced=replaced,
    stands=stands,
    taken_back=taken_back,
    check_probs=check_probs,
    exclusive=True,
)
