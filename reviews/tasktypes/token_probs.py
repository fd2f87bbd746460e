"""What a model says of each token of a text: {"tokens": [[start, end], …], "probs": {class: [p, …]}}.

`tokens` are in order and do not overlap, in code points like spans. `probs` gives each class, and "O" for
in no span, one probability a token; those of a token sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from reviews.tasktypes import classification
from reviews.tasktypes.base import BadValue, Value

OUTSIDE = "O"
MOST_TOKENS = 100_000
ROUNDING = classification.ROUNDING


def is_per_token(value: Value) -> bool:
    """Whether a prediction is of this form rather than a list of spans."""
    return isinstance(value, Mapping)


def read(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The checked prediction; raises BadValue naming the token, counted from 1."""
    if plain.keys() != {"tokens", "probs"}:
        raise _refused("probabilities of tokens have tokens and probs, and nothing else")
    tokens = _tokens(plain["tokens"])
    return {"tokens": tokens, "probs": _probs(plain["probs"], len(tokens))}


def end_of(value: Mapping[str, Any]) -> int:
    """Where the last token ends, in code points."""
    return value["tokens"][-1][1] if value["tokens"] else 0


def classes_of(value: Mapping[str, Any]) -> list[str]:
    """The classes that have probabilities."""
    return [name for name in value["probs"] if name != OUTSIDE]


def _refused(detail: str) -> BadValue:
    return BadValue("bad_prediction", detail)


def _tokens(value: Any) -> list[list[int]]:
    if type(value) is not list or len(value) > MOST_TOKENS:
        raise _refused(f"tokens must be a list of [start, end], at most {MOST_TOKENS:,}")
    before = 0
    for number, token in enumerate(value, 1):
        if type(token) is not list or len(token) != 2 or any(type(place) is not int for place in token):
            raise _refused(f"token {number} must be [start, end], whole numbers")
        if not before <= token[0] < token[1]:
            raise _refused(f"token {number} must end behind its start and begin behind the token before")
        before = token[1]
    return value


def _probs(value: Any, count: int) -> dict[str, list[float]]:
    if type(value) is not dict or OUTSIDE not in value:
        raise _refused(f"probs must give a list for each class and for “{OUTSIDE}”, in no span")
    probs = {classification.from_json(name): _column(name, given, count) for name, given in value.items()}
    for number, token in enumerate(zip(*probs.values(), strict=True), 1):
        if abs((total := sum(token)) - 1) > ROUNDING * (len(probs) + 1):
            raise _refused(f"the probabilities of token {number} must sum to 1, not to {total:.3g}")
    return probs


def _column(name: str, given: Any, count: int) -> list[float]:
    if type(given) is not list or len(given) != count:
        raise _refused(f"“{name}” must have as many probabilities as there are tokens: {count}")
    for number, p in enumerate(given, 1):
        if type(p) not in (int, float) or not isfinite(p) or not 0 <= p <= 1 + ROUNDING:
            raise _refused(f"the probability of “{name}” for token {number} must be a number from 0 to 1")
    return [float(p) for p in given]
