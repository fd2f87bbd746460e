"""Exact nearest neighbours by tiled matrix products, in memory that does not grow with the pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .detector import Ints, Neighbours

# So many products are held at a time: they stay near the processor, and memory does not grow with the items.
PRODUCTS = 1 << 23
GROUP = 32
MOST_CANDIDATES = 200


def search(
    space: NDArray[np.float32],
    *,
    k: int,
    rows: Ints | None = None,
    tick: Callable[[float], None] = lambda _: None,
) -> Neighbours:
    """The k nearest other items, by Euclidean distance, of the items `rows` (of all when None).

    space : float array, shape (n_items, n_features), finite

    Ties are broken by the lower index, but for crowds of identical items. The similarity is
    2 x·y / (|x|² + |y|²): the cosine for rows of length 1, and 1 only for identical rows.
    """
    n = len(space)
    rows = np.arange(n) if rows is None else rows
    k_found = min(k, max(n - 1, 0))
    index = np.full((len(rows), k), -1, dtype=np.int32)
    similarity = np.zeros((len(rows), k), dtype=np.float32)
    norms = np.einsum("ij,ij->i", space, space)
    half_norms = norms / 2
    step = min(max(PRODUCTS // max(n, 1), 16), max(len(rows), 1))
    # Held throughout: memory that is fresh for each tile would cost as much time as the products.
    held = np.empty((2, step, n), dtype=np.float32)
    for start in range(0, len(rows) if k_found else 0, step):
        tile = rows[start : start + step]
        products = np.matmul(space[tile], space.T, out=held[0, : len(tile)])
        closeness = np.subtract(products, half_norms, out=held[1, : len(tile)])
        closeness[np.arange(len(tile)), tile] = -np.inf
        found = _largest(closeness, k_found)
        at = np.arange(len(tile))[:, None]
        lengths = np.maximum(norms[tile][:, None] + norms[found], np.finfo(np.float32).tiny)
        similarity[start : start + step, :k_found] = np.clip(2 * products[at, found] / lengths, -1, 1)
        index[start : start + step, :k_found] = found
        tick(min(1.0, (start + step) / len(rows)))
    return Neighbours(index, similarity)


def _largest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The columns of the k largest values of each row, the largest first.

    The k-th largest of the maxima of groups of columns is a lower bound of the k-th largest value, so that
    one comparison leaves a handful of candidates to sort instead of the whole row.
    """
    n_rows, n = values.shape
    whole = n - n % GROUP
    if whole // GROUP < 4 * k:
        return np.argsort(-values, axis=1, kind="stable")[:, :k]
    maxima = values[:, :whole].reshape(n_rows, GROUP, -1).max(axis=1)
    bound = -np.partition(-maxima, k - 1, axis=1)[:, k - 1]
    if np.count_nonzero(values >= bound[:, None]) > MOST_CANDIDATES * n_rows:
        # Crowds of identical items: which of them are named does not matter, sorting them all would.
        chosen = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
        by_value = np.argsort(-np.take_along_axis(values, chosen, axis=1), axis=1, kind="stable")
        return np.take_along_axis(chosen, by_value, axis=1)
    row, column = np.nonzero(values >= bound[:, None])
    order = np.lexsort((column, -values[row, column], row))
    starts = np.searchsorted(row, np.arange(n_rows))
    return column[order][starts[:, None] + np.arange(k)]
