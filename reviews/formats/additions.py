"""What comes for items that the dataset has already: opinions, predictions of one model, embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviews.formats.canonical import Opinion
from reviews.formats.errors import FormatError
from reviews.tasktypes.base import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True, kw_only=True, eq=False)
class Addition:
    """What is said of some items, in order of the file.

    ids        the items' external ids, each once in the file (of opinions, once with each annotator)
    lines      where each stands in the file, from 1
    model      whose predictions these are; "" where there are none
    classes    what the columns of `probs` are about
    probs      : float array, shape (n_ids, n_classes), values in [0, 1]
    epochs     : float array, shape (n_epochs, n_ids, n_classes), the same after each epoch of a training on
                 these very items
    values     one prediction each, in the shape of the task type
    embeddings : float array, shape (n_ids, n_dimensions)
    opinions   one annotator's opinion each
    column     what the file calls its ids
    said_in    what the file calls the column of values or opinions
    said_by    what the file calls the column of annotators
    """

    ids: Sequence[str]
    lines: Sequence[int]
    model: str = ""
    classes: Sequence[str] = ()
    probs: NDArray[Any] | None = None
    epochs: NDArray[Any] | None = None
    values: Sequence[Value] | None = None
    embeddings: NDArray[Any] | None = None
    opinions: Sequence[Opinion] | None = None
    column: str = "ids"
    said_in: str = ""
    said_by: str = ""

    def error(self, code: str, detail: str, *, at: int, column: str = "") -> FormatError:
        """An error about the item at this place of the addition, or about what another column says of it."""
        return FormatError(code, detail, line=self.lines[at], column=column or self.column)

    def said(self) -> list[Value]:
        """The values that are said, of whatever sort."""
        return list(self.values or ()) + [opinion.value for opinion in self.opinions or ()]
