"""Exact nearest neighbours by tiled matrix products, in memory that does not grow with the pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .detector import Ints, Neighbours

TILE = 1024
BLOCK = 32


def search(
    space: NDArray[np.float32],
    *,
    k: int,
    rows: Ints | None = None,
    tick: Callable[[float], None] = lambda _: None,
) -> Neighbours:
    """The k nearest other items, by Euclidean distance, of the items `rows` (of all when None).

    space : float array, shape (n_items, n_features), finite

    Ties are broken by the lower index. The similarity is 2 x·y / (|x|² + |y|²): the cosine for rows of length
    1, and 1 only for identical rows.
    """
    n = len(space)
    rows = np.arange(n) if rows is None else rows
    k_found = min(k, max(n - 1, 0))
    index = np.full((len(rows), k), -1, dtype=np.int32)
    similarity = np.zeros((len(rows), k), dtype=np.float32)
    norms = np.einsum("ij,ij->i", space, space)
    for start in range(0, len(rows) if k_found else 0, TILE):
        tile = rows[start : start + TILE]
        products = space[tile] @ space.T
        closeness = products - norms / 2
        closeness[np.arange(len(tile)), tile] = -np.inf
        found = _largest(closeness, k_found)
        at = np.arange(len(tile))[:, None]
        lengths = np.maximum(norms[tile][:, None] + norms[found], np.finfo(np.float32).tiny)
        similarity[start : start + TILE, :k_found] = np.clip(2 * products[at, found] / lengths, -1, 1)
        index[start : start + TILE, :k_found] = found
        tick(min(1.0, (start + TILE) / len(rows)))
    return Neighbours(index, similarity)


def _largest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The columns of the k largest values of each row, the largest first.

    The k-th largest of the maxima of blocks of columns is a lower bound of the k-th largest value, so that
    one comparison leaves a handful of candidates to sort instead of the whole row.
    """
    n_rows, n = values.shape
    whole = n - n % BLOCK
    if whole // BLOCK < 4 * k:
        return np.argsort(-values, axis=1, kind="stable")[:, :k]
    maxima = values[:, :whole].reshape(n_rows, -1, BLOCK).max(axis=2)
    bound = -np.partition(-maxima, k - 1, axis=1)[:, k - 1]
    row, column = np.nonzero(values >= bound[:, None])
    order = np.lexsort((column, -values[row, column], row))
    starts = np.searchsorted(row, np.arange(n_rows))
    return column[order][starts[:, None] + np.arange(k)]
