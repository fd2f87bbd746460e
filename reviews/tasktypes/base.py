"""What every task type must be able to say of a label, and nothing of where labels are kept.

A value is plain JSON (`reviews/tasktypes` knows no Django and no database): text for classification, lists
for the others. `None` means that there is no label.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""A label as plain JSON, in the shape of its task type."""


class BadValue(ValueError):
    """A value that its task type refuses. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """The functions that know one kind of label. One module makes one, the registry lists it.

    check(value, classes)   the value as it is stored, or BadValue; `classes` None means any class
    classes_in(value)       the classes that the value uses
    same(a, b)              whether two values say the same
    distance(a, b)          0.0 (the same) to 1.0 (nothing in common)
    diff(a, b)              the changes from `a` to `b`: [{"part", "before", "after"}], empty when the same
    consensus(values)       the value that several opinions (one or more) add up to
    from_json, to_json      the value as it comes in and goes out in JSON; from_json raises BadValue
    from_cell, to_cell      the value as the text of one table cell; from_cell raises BadValue
    replaced(value, part, given, new)   the value once the part that a flag says was `given` is `new`;
                            BadValue "stale_part" where the value no longer has what was given there
    stands(value, part, given, suggested)   whether a flag's doubt about a part is still one about this value
    taken_back(value, before, after)    the value without what changed from `before` to `after`, and with what
                            else changed since; BadValue "stale_part" where that is not to be had
    check_probs(probs)      {class: probability} of a model, or BadValue; None: such models score no classes
    media                   the media that such labels can be on
    reserved                what no class may be called, as it means something else
    exclusive               whether exactly one class applies, so that probabilities sum to 1
    from_prediction(value)  what a model says instead of `probs`, or BadValue; None: nothing
    check_within(value, *extent, predicted)   BadValue where the value leaves its item: (length,) of a text,
                            (width, height) of a picture; None: such values are in no place
    """

    name: str
    check: Callable[[Value, Collection[str] | None], Value]
    classes_in: Callable[[Value], Sequence[str]]
    same: Callable[[Value, Value], bool]
    distance: Callable[[Value, Value], float]
    diff: Callable[[Value, Value], list[dict[str, Value]]]
    consensus: Callable[[Sequence[Value]], Value]
    from_json: Callable[[Any], Value]
    to_json: Callable[[Value], Any]
    from_cell: Callable[[str], Value]
    to_cell: Callable[[Value], str]
    replaced: Callable[[Value, Any, Value, Value], Value]
    stands: Callable[[Value, Any, Value, Value], bool]
    taken_back: Callable[[Value, Value, Value], Value]
    check_probs: Callable[[Mapping[str, Any]], dict[str, float]] | None
    media: frozenset[str] = frozenset({"text", "image", "table"})
    reserved: frozenset[str] = frozenset()
    exclusive: bool = False
    from_prediction: Callable[[Any], Value] | None = None
    check_within: Callable[..., None] | None = None
