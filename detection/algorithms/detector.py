"""What every detector takes and gives: arrays of one dataset in, suspicions by item index out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

MISSING = -1

Part = TypeVar("Part")

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]


class Votes(NamedTuple):
    """Annotators' opinions, one row each: `value` of the class that `annotator` gave to `item`."""

    item: Ints
    annotator: Ints
    value: Ints
    n_annotators: int


class Neighbours(NamedTuple):
    """The nearest other items of each item, the nearest first; `item` is -1 where there are no more.

    item       : int array, shape (n_items, k)
    similarity : float array, shape (n_items, k), in [-1, 1]; 1 only for identical features
    """

    item: Ints
    similarity: Floats

    def spread(self, rows: Ints, n_items: int) -> "Neighbours":
        """The same for all items, where these are the neighbours of `rows` alone; the others have none."""
        item = np.full((n_items, self.item.shape[1]), -1, dtype=self.item.dtype)
        similarity = np.zeros((n_items, self.item.shape[1]), dtype=self.similarity.dtype)
        item[rows], similarity[rows] = self.item, self.similarity
        return Neighbours(item, similarity)


class Condition(NamedTuple):
    """What was measured of the items themselves, each a float array of shape (n_items,), NaN: does not apply.

    readable : 1 where the content could be read, else 0
    length   : how many characters a text has, spaces not counted
    garbled  : how many places of a text read like bytes in the wrong encoding
    width, height : of a picture, in pixels
    contrast : the standard deviation of a picture's brightness, 0..255
    filled   : the share of a table row's fields that are not empty
    """

    readable: Floats
    length: Floats
    garbled: Floats
    width: Floats
    height: Floats
    contrast: Floats
    filled: Floats


class Course(NamedTuple):
    """What was seen of each item while a model learned.

    margin : float array, shape (n,), the mean lead of the label over the best other class, in scores
    loss   : float array, shape (n,), the mean negative log-probability of the label
    rival  : int array, shape (n,), the class that the model would rather have, beside the label
    """

    margin: Floats
    loss: Floats
    rival: Ints


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The arrays of one dataset; what is not known of it is None.

    labels       : int array, shape (n_items,), in [0, n_classes), -1 where there is no official label
    probs        : float array, shape (n_items, n_classes), out-of-sample, rows sum to 1 or are NaN: not known
    content      : int array, shape (n_items,), equal exactly where the content of two items is the same
    duplicate_at : the similarity from which two items of this medium count as near-duplicates
    space        : float array, shape (n_items, n_dimensions), where near means similar
    gold         : int array, shape (n_items,), the class that an expert vouches for, -1 where nobody does
    condition    : what was measured of the items themselves
    guideline    : int array, shape (n_items,), the place of the version of the guideline that each label was
                   made under, in their order, -1 where none is known
    course       : of an imported model's training, NaN where nothing is known of an item
    imported     : whether `probs` are an imported model's
    trust_model_below : whether a model may speak that is often wrong on gold
    """

    labels: Ints
    n_classes: int
    probs: Floats | None = None
    votes: Votes | None = None
    neighbours: Neighbours | None = None
    content: Ints | None = None
    duplicate_at: float = 1.0
    space: Floats | None = None
    gold: Ints | None = None
    condition: Condition | None = None
    guideline: Ints | None = None
    course: Course | None = None
    imported: bool = False
    trust_model_below: bool = False
    seed: int = 0

    @property
    def available(self) -> frozenset[str]:
        parts = (
            "labels",
            "probs",
            "votes",
            "neighbours",
            "content",
            "space",
            "gold",
            "condition",
            "guideline",
        )
        return frozenset(part for part in parts if getattr(self, part) is not None)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one detector suspects.

    scores    : float array, shape (n_items,), in [0, 1], high is suspicious; 0 where it cannot say
    index     : int array, shape (n_found,), the items worth a look, ascending
    suggested : int array, shape (n_found,), the class it would give, -1 where it has none to offer
    data      : arrays of length n_found that `tell` needs for its sentence
    """

    scores: Floats
    index: Ints
    suggested: Ints
    data: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class Names(NamedTuple):
    """What people call the numbers: class names, annotators' names, item ids."""

    classes: Sequence[str]
    annotators: Sequence[str]
    items: Sequence[int]


class Evidence(NamedTuple):
    text: str
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One method: `run` finds, `tell` says in a sentence why row `j` of its findings is suspicious.

    own_score : whether its scores say something else than that the label is wrong, and become those of its
                flags
    urgency   : what such a score counts for in the order of the queue, beside the probability of a wrong
                label
    """

    name: str
    version: int
    kind: str
    needs: frozenset[str]
    task_types: frozenset[str]
    run: Callable[[Inputs], Findings]
    tell: Callable[[Inputs, Findings, int, Names], Evidence]
    own_score: bool = False
    urgency: float = 1.0


def spoken(probs: Floats) -> Bools:
    """Of which items a model says anything, shape (n_items,): rows without NaN."""
    return ~np.isnan(probs.sum(axis=1))


def needed(part: Part | None) -> Part:
    """A part of the inputs that the detector's `needs` promise to be there."""
    if part is None:
        raise ValueError("the detector was run without what it needs")
    return part


def nothing(inputs: Inputs) -> Findings:
    """The findings of a detector that has nothing to say."""
    none = np.zeros(0, dtype=np.int64)
    return Findings(scores=np.zeros(len(inputs.labels)), index=none, suggested=none)


def per_cent(probability: float) -> str:
    """A probability for a sentence; never "100 %" or "0 %", which would claim to be certain."""
    return f"{min(max(round(100 * probability), 1), 99)} %"
