"""What comes for items that the dataset has already: predictions of one model, and embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from reviews.formats.errors import FormatError
from reviews.tasktypes.base import Value


@dataclass(slots=True, kw_only=True, eq=False)
class Addition:
    """What is said of some items, in order of the file.

    ids        the items' external ids, each once in the file
    lines      where each stands in the file, from 1
    model      whose predictions these are; "" where there are none
    classes    what the columns of `probs` are about
    probs      : float array, shape (n_ids, n_classes), values in [0, 1]
    values     one prediction each, in the shape of the task type
    embeddings : float array, shape (n_ids, n_dimensions)
    column     what the file calls its ids
    """

    ids: Sequence[str]
    lines: Sequence[int]
    model: str = ""
    classes: Sequence[str] = ()
    probs: NDArray[Any] | None = None
    values: Sequence[Value] | None = None
    embeddings: NDArray[Any] | None = None
    column: str = "ids"

    def error(self, code: str, detail: str, *, at: int) -> FormatError:
        """An error about the item at this place of the addition."""
        return FormatError(code, detail, line=self.lines[at], column=self.column)
