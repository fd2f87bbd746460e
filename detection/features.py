"""Texts, images and table rows as arrays that the built-in models and the search for similar items work on.

Pure functions, as in `algorithms`: what they are given is already decoded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.utils.extmath import randomized_svd

from .algorithms import nearest
from .algorithms.detector import Floats, Ints, Neighbours

# Every image is brought to this size first; small enough that 50,000 of them are 150 MB as bytes.
SIDE = 32
TEXT_BUCKETS = 2**18
EVERY_WORD = r"(?u)\b\w+\b"
# Character n-grams catch spelling and short texts, but cost as much as their number: only where texts are
# small.
MOST_CHARACTERS = 5_000_000
SPACE_DIMENSIONS = 100
MOST_CATEGORIES = 50


@dataclass(frozen=True, kw_only=True)
class Features:
    """
    model        : float32 array, dense or sparse, shape (n_items, n_features): what the models learn from
    space        : float32 array, shape (n_items, n_dimensions): where near means similar
    duplicate_at : the similarity (see `neighbours`) from which two items are near-duplicates
    made_by      : what made them, for people
    """

    model: NDArray[np.float32] | sparse.csr_array
    space: NDArray[np.float32]
    duplicate_at: float
    made_by: str = "built-in"


def from_texts(chunks: Iterable[Sequence[str]], *, seed: int = 0) -> Features:
    """TF-IDF of words, word pairs and, where there is not too much text, of character n-grams."""
    words = _hasher(analyzer="word", ngram_range=(1, 2), token_pattern=EVERY_WORD)
    letters = _hasher(analyzer="char_wb", ngram_range=(3, 4))
    word_parts, letter_parts, characters = [], [], 0
    for chunk in chunks:
        characters += sum(map(len, chunk))
        word_parts.append(words.transform(chunk))
        if characters <= MOST_CHARACTERS:
            letter_parts.append(letters.transform(chunk))
    if not word_parts:
        return _none()
    parts = [_weighed(word_parts)]
    if characters <= MOST_CHARACTERS:
        parts.append(_weighed(letter_parts))
    model = sparse.csr_array(sparse.hstack(parts) / np.sqrt(len(parts)), dtype=np.float32)
    return Features(model=model, space=_condensed(model, seed), duplicate_at=0.9)


def from_images(chunks: Iterable[NDArray[np.uint8]]) -> Features:
    """Averaged colours and a histogram of edge directions, from images of shape (n, SIDE, SIDE, 3)."""
    parts = [_described(chunk) for chunk in chunks]
    if not parts:
        return _none()
    model = np.vstack(parts)
    return Features(model=model, space=_unit_rows(model - model.mean(axis=0)), duplicate_at=0.99)


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Features:
    """Numbers as they are, other values as a column per frequent value; a column says what is missing."""
    names = sorted({name for row in rows for name in row})
    columns = [column for name in names for column in _columns([row.get(name) for row in rows])]
    if not columns:
        return _from_matrix(np.zeros((len(rows), 1), dtype=np.float32), duplicate_at=1.0)
    matrix = np.column_stack(columns).astype(np.float32)
    spread = matrix.std(axis=0)
    centred = (matrix - matrix.mean(axis=0)) / np.where(spread > 1e-9, spread, 1)
    return Features(model=matrix, space=centred.astype(np.float32), duplicate_at=1 - 1e-6)


def from_embeddings(matrix: Floats, *, made_by: str = "imported") -> Features:
    """A user's own embeddings; rows that are missing (NaN) lie at the centre."""
    present = ~np.isnan(matrix).any(axis=1, keepdims=True)
    centre = np.nanmean(matrix, axis=0) if present.any() else np.zeros(matrix.shape[1])
    filled = np.where(present, matrix, centre).astype(np.float32)
    space = _unit_rows(filled - centre.astype(np.float32))
    return Features(model=filled, space=space, duplicate_at=0.995, made_by=made_by)


def neighbours(
    features: Features, *, k: int, rows: Ints | None = None, tick: Callable[[float], None] = lambda _: None
) -> Neighbours:
    """The k most similar other items of the items `rows` (of all when None); texts are compared by words.

    Latent coordinates find texts about the same thing; whether two say the same, only their words tell.
    """
    found = nearest.search(features.space, k=k, rows=rows, tick=tick)
    if isinstance(features.model, np.ndarray) or not len(found.item):
        return found
    own = features.model if rows is None else features.model[rows]
    cosines = [own.multiply(features.model[column]).sum(axis=1) for column in found.item.T]
    return Neighbours(found.item, np.where(found.item >= 0, np.column_stack(cosines), 0).astype(np.float32))


def _none() -> Features:
    return _from_matrix(np.zeros((0, 1), dtype=np.float32), duplicate_at=1.0)


def _from_matrix(matrix: NDArray[np.float32], *, duplicate_at: float) -> Features:
    return Features(model=matrix, space=matrix, duplicate_at=duplicate_at)


def _hasher(**options: Any) -> HashingVectorizer:
    return HashingVectorizer(
        n_features=TEXT_BUCKETS, alternate_sign=False, norm=None, dtype=np.float32, **options
    )


def _weighed(parts: list[sparse.csr_matrix]) -> sparse.csr_matrix:
    """TF-IDF with rows of length 1, of the columns that at least two items have (one, if there are few)."""
    counts = sparse.vstack(parts).tocsr()
    occurrences = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero(occurrences >= (2 if counts.shape[0] > 20 else 1))
    if not len(kept):
        return sparse.csr_matrix((counts.shape[0], 1), dtype=np.float32)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, kept]).astype(np.float32)


def _condensed(model: sparse.csr_array, seed: int) -> NDArray[np.float32]:
    """Latent semantic coordinates with rows of length 1."""
    dimensions = min(SPACE_DIMENSIONS, min(model.shape) - 1)
    if dimensions < 1:
        return _unit_rows(np.asarray(model.todense(), dtype=np.float32))
    left, strengths, _ = randomized_svd(model, dimensions, n_iter=2, random_state=seed)
    return _unit_rows((left * strengths).astype(np.float32))


def _unit_rows(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(lengths > 1e-9, lengths, 1)).astype(np.float32)


def _described(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colours averaged over 8 × 8 fields and edge directions over 4 × 4 fields, shape (n, 320)."""
    n = len(images)
    pixels = images.astype(np.float32) / 255
    fields = pixels.reshape(n, 8, SIDE // 8, 8, SIDE // 8, 3).mean(axis=(2, 4)).reshape(n, -1)
    return np.hstack([fields, _edges(pixels.mean(axis=3))]).astype(np.float32)


def _edges(grey: NDArray[np.float32], bins: int = 8, cells: int = 4) -> NDArray[np.float32]:
    """Histograms of oriented gradients (Dalal, Triggs 2005, doi:10.1109/CVPR.2005.177), rows of length 1."""
    n, side = len(grey), grey.shape[1]
    across, down = np.gradient(grey, axis=2), np.gradient(grey, axis=1)
    strength = np.hypot(across, down)
    direction = np.mod(np.arctan2(down, across), np.pi) * (bins / np.pi)
    low = np.floor(direction)
    share = direction - low
    histogram = np.zeros((n, cells, cells, bins), dtype=np.float32)
    for b in range(bins):
        weight = strength * ((low % bins == b) * (1 - share) + ((low + 1) % bins == b) * share)
        histogram[..., b] = weight.reshape(n, cells, side // cells, cells, side // cells).sum(axis=(2, 4))
    flat = np.sqrt(histogram.reshape(n, -1))
    return _unit_rows(flat)


def _columns(values: list[Any]) -> list[NDArray[np.floating[Any]]]:
    """One field of a table as number columns."""
    missing = np.array([value is None or value == "" for value in values])
    numbers = [_number(value) for value in values]
    columns = [missing.astype(np.float32)] if missing.any() else []
    if all(number is not None or gone for number, gone in zip(numbers, missing, strict=True)):
        known = np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
        middle = np.nanmedian(known) if not missing.all() else 0.0
        return [np.where(np.isnan(known), middle, known), *columns]
    words = [str(value) for value in values]
    frequent, counts = np.unique(words, return_counts=True)
    kept = frequent[np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]]
    return [
        *(np.array([word == category for word in words], dtype=np.float32) for category in kept),
        *columns,
    ]


def _number(value: Any) -> float | None:
    """The value as a finite number, or None; true and false count as 1 and 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and abs(number) < 1e30 else None
