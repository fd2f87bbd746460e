"""Marked passages of a text: a value is a list of {"start", "end", "label"}.

Positions count Unicode code points from 0, the end is exclusive. Spans may overlap and nest; the same place
with two labels is two spans. An empty list says that the text has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reviews.tasktypes import classification, parts, token_probs
from reviews.tasktypes.base import BadValue, Value
from reviews.tasktypes.parts import Part, PartKind, Parts

LONGEST_TEXT = 2**31


def check_within(value: Value, length: int, *, predicted: bool = False) -> None:
    """Raise BadValue where a span, or a token of a prediction, ends behind a text of `length` code points."""
    if token_probs.is_per_token(value):
        if token_probs.end_of(value) > length:
            raise BadValue("bad_prediction", f"the tokens end behind the text of {length} characters")
        return
    for span in value:
        if span["end"] > length:
            said = f"the span {span['start']}–{span['end']} ends behind the text of {length} characters"
            raise BadValue("bad_span", said)


def _read(plain: Mapping[str, Any]) -> Part:
    if unknown := plain.keys() - {"start", "end", "label"}:
        raise BadValue("bad_span", f"a span has start, end and label, not “{min(unknown)}”")
    start, end = _position(plain, "start"), _position(plain, "end")
    if start >= end:
        raise BadValue("bad_span", f"a span must end behind its start, not run from {start} to {end}")
    label = classification.from_json(plain.get("label"))
    if label == token_probs.OUTSIDE:
        raise BadValue("bad_label", f"a span cannot be of the class “{label}”: that stands for in no span")
    return {"start": start, "end": end, "label": label}


def _position(plain: Mapping[str, Any], name: str) -> int:
    value = plain.get(name)
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value < LONGEST_TEXT:
        raise BadValue("bad_span", f"the {name} of a span must be a whole number, 0 or more")
    return value


def _key(span: Part) -> tuple[int, int, str]:
    return span["start"], span["end"], span["label"]


def _place(span: Part) -> dict[str, Any]:
    return {"start": span["start"], "end": span["end"]}


def _across(span: Part) -> tuple[int, int]:
    return span["start"], span["end"]


def _overlap(a: Part, b: Part) -> float:
    """The characters that both have over those that either has."""
    both = min(a["end"], b["end"]) - max(a["start"], b["start"])
    return max(both, 0) / (max(a["end"], b["end"]) - min(a["start"], b["start"]))


def _most_common_place(spans: Parts) -> dict[str, Any]:
    start, end = Counter(map(_across, spans)).most_common(1)[0][0]
    return {"start": start, "end": end}


SPAN = PartKind(
    nouns=("span", "spans"),
    read=_read,
    key=_key,
    place=_place,
    across=_across,
    overlap=_overlap,
    same_from=0.5,
    middle=_most_common_place,
    repeats=False,
)


def from_prediction(value: Value) -> Value:
    """A model's spans, each with a `score` from 0 to 1, or its probabilities of each token."""
    return token_probs.read(value) if token_probs.is_per_token(value) else parts.from_prediction(SPAN, value)


def classes_in(value: Value) -> Sequence[str]:
    """The classes of the spans, or of a prediction's probabilities, each once."""
    return token_probs.classes_of(value) if token_probs.is_per_token(value) else parts.classes_in(value)


SPANS = replace(
    parts.task_type("spans", SPAN),
    media=frozenset({"text"}),
    classes_in=classes_in,
    reserved=frozenset({token_probs.OUTSIDE}),
    from_prediction=from_prediction,
    check_within=check_within,
)
