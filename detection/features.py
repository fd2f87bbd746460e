"""Texts, images and table rows as arrays that the built-in models and the search for similar items work on.

Pure functions, as in `algorithms`: what they are given is already decoded. Whatever the medium there are two
passes: `counted_…` needs a chunk of the items alone, `…_joined` what was counted of all of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson
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


# What was counted of a chunk of items, by name: plain arrays, which can be stored.
Counted = Mapping[str, NDArray[Any]]


def from_texts(chunks: Iterable[Sequence[str]], *, seed: int = 0) -> Features:
    """TF-IDF of words, word pairs and, where there is not too much text, of character n-grams."""
    held = list(chunks)
    letters = sum(len(text) for chunk in held for text in chunk) <= MOST_CHARACTERS
    return texts_joined([counted_texts([chunk], letters=letters) for chunk in held], seed=seed)


def counted_texts(chunks: Iterable[Sequence[str]], *, letters: bool) -> Counted:
    """How often each text has each word and pair of words and, if asked for, each character n-gram."""
    hashers = {"words": _hasher(analyzer="word", ngram_range=(1, 2), token_pattern=EVERY_WORD)}
    if letters:
        hashers["letters"] = _hasher(analyzer="char_wb", ngram_range=(3, 4))
    found: dict[str, list[sparse.csr_matrix]] = {name: [] for name in hashers}
    for chunk in chunks:
        for name, hasher in hashers.items():
            found[name].append(hasher.transform(chunk))
    flat = {name: flattened(sparse.vstack(parts).tocsr(), name) for name, parts in found.items() if parts}
    return {name: array for arrays in flat.values() for name, array in arrays.items()}


def texts_joined(parts: Sequence[Counted], *, seed: int = 0) -> Features:
    """The features of all texts from what `counted_texts` found in each chunk."""
    if not parts:
        return _none()
    kinds = [kind for kind in ("words", "letters") if f"{kind}_data" in parts[0]]
    weighed = [_weighed([unflattened(part, kind, TEXT_BUCKETS) for part in parts]) for kind in kinds]
    model = sparse.csr_array(sparse.hstack(weighed) / np.sqrt(len(weighed)), dtype=np.float32)
    return Features(model=model, space=_condensed(model, seed), duplicate_at=0.9)


def flattened(matrix: sparse.csr_matrix | sparse.csr_array, name: str) -> dict[str, NDArray[Any]]:
    """A sparse matrix as plain arrays whose names begin with `name`."""
    return {f"{name}_{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}


def unflattened(arrays: Counted, name: str, width: int) -> sparse.csr_array:
    """The sparse matrix of `width` columns that `flattened` took apart."""
    data, indices, indptr = (arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sparse.csr_array((data, indices, indptr), shape=(len(indptr) - 1, width))


def from_images(chunks: Iterable[NDArray[np.uint8]]) -> Features:
    """Averaged colours and a histogram of edge directions, from images of shape (n, SIDE, SIDE, 3)."""
    return images_joined([counted_images([chunk]) for chunk in chunks])


def counted_images(chunks: Iterable[NDArray[np.uint8]]) -> Counted:
    """The colours and edges of a chunk of images."""
    return {"matrix": np.vstack([_described(chunk) for chunk in chunks])}


def images_joined(parts: Sequence[Counted]) -> Features:
    """The features of all images from what `counted_images` found in each chunk."""
    if not parts:
        return _none()
    model = np.vstack([part["matrix"] for part in parts])
    return Features(model=model, space=_unit_rows(model - model.mean(axis=0)), duplicate_at=0.99)


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Features:
    """Numbers as they are, other values as a column per frequent value; a column says what is missing."""
    return rows_joined([counted_rows(rows)])


def counted_rows(rows: Sequence[Mapping[str, Any]]) -> Counted:
    """Each field of a chunk of table rows: where it is missing, its numbers, and its values as places in
    `words`.
    """
    names = sorted({name for row in rows for name in row})
    fields = [_field([row.get(name) for row in rows]) for name in names]
    shape = (len(names), len(rows))
    said = orjson.dumps({str(name): field.words for name, field in zip(names, fields, strict=True)})
    return {
        "missing": np.array([field.missing for field in fields], dtype=bool).reshape(shape),
        "numbers": np.array([field.numbers for field in fields], dtype=np.float64).reshape(shape),
        "places": np.array([field.places for field in fields], dtype=np.int32).reshape(shape),
        "words": np.frombuffer(said, dtype=np.uint8),
    }


def rows_joined(parts: Sequence[Counted]) -> Features:
    """The features of all table rows from what `counted_rows` found in each chunk."""
    n = sum(part["missing"].shape[1] for part in parts)
    said = [orjson.loads(part["words"].tobytes()) for part in parts]
    columns = [
        column
        for name in sorted({name for words in said for name in words})
        for column in _columns([_taken(part, words, name) for part, words in zip(parts, said, strict=True)])
    ]
    if not columns:
        return _from_matrix(np.zeros((n, 1), dtype=np.float32), duplicate_at=1.0)
    matrix = np.column_stack(columns)
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


def _weighed(parts: list[sparse.csr_array]) -> sparse.csr_matrix:
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


class _Field(NamedTuple):
    """One field of a chunk of table rows.

    missing : bool array, shape (n,)
    numbers : float array, shape (n,), NaN where the value is none
    places  : int array, shape (n,), each value's place in `words`
    """

    missing: NDArray[np.bool_]
    numbers: NDArray[np.float64]
    places: NDArray[np.integer[Any]]
    words: list[str]


def _field(values: Sequence[Any]) -> _Field:
    missing = np.array([value is None or value == "" for value in values], dtype=bool)
    numbers = [_number(value) for value in values]
    words = [str(value) for value in values]
    order = {word: place for place, word in enumerate(sorted(set(words)))}
    known = np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
    return _Field(missing, known, np.array([order[word] for word in words], dtype=np.int32), list(order))


def _taken(part: Counted, said: Mapping[str, list[str]], name: str) -> _Field:
    """The field from what was counted; a chunk that never heard of it misses it everywhere."""
    if name not in said:
        return _field([None] * part["missing"].shape[1])
    at = list(said).index(name)
    return _Field(part["missing"][at], part["numbers"][at], part["places"][at], said[name])


def _columns(chunks: Sequence[_Field]) -> Iterator[NDArray[np.float32]]:
    """One field of a table as number columns."""
    missing = np.concatenate([chunk.missing for chunk in chunks])
    numbers = np.concatenate([chunk.numbers for chunk in chunks])
    if (missing | ~np.isnan(numbers)).all():
        middle = np.nanmedian(numbers) if not missing.all() else 0.0
        yield np.where(np.isnan(numbers), middle, numbers).astype(np.float32)
    else:
        for word in _frequent(chunks):
            yield np.concatenate([_is(word, chunk) for chunk in chunks])
    if missing.any():
        yield missing.astype(np.float32)


def _frequent(chunks: Sequence[_Field]) -> list[str]:
    """The most frequent values, at most MOST_CATEGORIES; of equals those that come first by name."""
    counts: Counter[str] = Counter()
    for chunk in chunks:
        often = np.bincount(chunk.places, minlength=len(chunk.words)).tolist()
        counts.update(dict(zip(chunk.words, often, strict=True)))
    return sorted(counts, key=lambda word: (-counts[word], word))[:MOST_CATEGORIES]


def _is(word: str, chunk: _Field) -> NDArray[np.float32]:
    """Which values of the chunk are the word, as 1 and 0."""
    place = chunk.words.index(word) if word in chunk.words else -1
    return (chunk.places == place).astype(np.float32)


def _number(value: Any) -> float | None:
    """The value as a finite number, or None; true and false count as 1 and 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and abs(number) < 1e30 else None
