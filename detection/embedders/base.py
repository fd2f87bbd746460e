"""What every embedder is: a function from a batch of contents to an array, with a row for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from detection.errors import CannotEmbed, NothingToEmbed

# So many numbers are kept of all items together (400 MB); of more, each item's are projected onto fewer.
MOST_NUMBERS = 100_000_000
FEWEST_DIMENSIONS = 64
LONGEST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class Embedder:
    """
    embed : texts, or RGB pictures → float array, shape (n_contents, n_dimensions)
    batch : how many contents it is given at once, at the most
    broken : what `embed` raises where the model does not fit its contents
    """

    embed: Callable[[Sequence[Any]], NDArray[Any]]
    batch: int
    broken: tuple[type[Exception], ...] = (RuntimeError, ValueError, TypeError, LookupError)


def library(name: str, *, install: str) -> Any:
    """The optional library of that name; raises CannotEmbed saying what to install."""
    try:
        return import_module(name)
    except ImportError as error:
        raise CannotEmbed(
            f"This embedder needs a library that the server does not have ({error.name or name}): "
            f"pip install {install}."
        ) from None


def reason(error: Exception, *hidden: object) -> str:
    """What the error says, in a line for people, without the server's own paths."""
    said = str(error)
    for path in hidden:
        said = said.replace(f"{path}/", "").replace(str(path), "the folder of models")
    return " ".join(said.split())[:LONGEST_REASON] or type(error).__name__


def vectors(
    embedder: Embedder,
    batches: Iterable[Sequence[Any]],
    *,
    n: int,
    of: int = 0,
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> NDArray[np.float32]:
    """The embeddings of `n` contents, shape (n, n_dimensions); NaN rows where a content is None.

    Only one batch of contents is held at a time. Where n × n_dimensions would be too many numbers, for these
    contents or for all `of` which they are a part, a random projection keeps the similarities (Johnson,
    Lindenstrauss 1984, doi:10.1090/conm/026/737400). Raises CannotEmbed where the model fails or answers with
    something else than a row of numbers for each, and NothingToEmbed where there is no content.
    """
    made: NDArray[np.float32] | None = None
    done = 0
    for batch in batches:
        known = [at for at, content in enumerate(batch) if content is not None]
        if known:
            block = _embedded(embedder, [batch[at] for at in known])
            if made is None:
                width, projection = block.shape[1], _projection(max(n, of), block.shape[1], seed)
                made = np.full((n, projection.shape[1]), np.nan, dtype=np.float32)
            if block.shape[1] != width:
                raise CannotEmbed("The embedder answers with now more, now fewer numbers an item.")
            made[done + np.array(known)] = block @ projection
        done += len(batch)
        tick(done / n)
    if made is None:
        raise NothingToEmbed
    return made


def _embedded(embedder: Embedder, contents: list[Any]) -> NDArray[np.float32]:
    """The batch's rows, known to be numbers."""
    try:
        block = np.asarray(embedder.embed(contents), dtype=np.float32)
    except embedder.broken as error:
        raise CannotEmbed(f"The embedder failed: {reason(error)}") from error
    if block.ndim != 2 or len(block) != len(contents) or not block.shape[1]:
        raise CannotEmbed(f"The embedder answered {len(contents)} items with the shape {block.shape}.")
    if not np.isfinite(block).all():
        raise CannotEmbed("The embedder's answers are not all finite numbers.")
    return block


def _projection(n: int, width: int, seed: int) -> NDArray[np.float32] | sparse.dia_array:
    """What narrows the embeddings, shape (width, narrower); the identity where they may stay as they are."""
    narrower = max(MOST_NUMBERS // max(n, 1), FEWEST_DIMENSIONS)
    if width <= narrower:
        return sparse.eye_array(width, dtype=np.float32)
    drawn = np.random.default_rng(seed).standard_normal((width, narrower), dtype=np.float32)
    return drawn / np.float32(np.sqrt(narrower))
