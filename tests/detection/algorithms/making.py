"""Inputs of a few items, written out by hand."""

from typing import Any

import numpy as np

from detection.algorithms.detector import Condition, Inputs, Names, Neighbours


def a_few(labels: list[int], n_classes: int = 2, **parts: Any) -> Inputs:
    return Inputs(labels=np.array(labels), n_classes=n_classes, **parts)


def near(*rows: list[int]) -> Neighbours:
    """The neighbours of each item, all equally similar."""
    item = np.array(rows)
    return Neighbours(item, np.full(item.shape, 0.5))


def condition(n: int, **measured: list[float]) -> Condition:
    """What was measured of n items: all readable, and nothing else, but for what is given."""
    columns = {name: np.full(n, np.nan) for name in Condition._fields} | {"readable": np.ones(n)}
    return Condition(**columns | {name: np.array(values, dtype=float) for name, values in measured.items()})


def called(*classes: str, n: int = 100) -> Names:
    return Names(classes, ["ann", "bo", "cy"], range(n))
