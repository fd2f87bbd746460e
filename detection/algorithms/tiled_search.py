"""Exact nearest neighbours by tiled matrix products, in memory that does not grow with the pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .detector import Ints, Neighbours

# So many products are held at a time: they stay near the processor, and memory does not grow with the items.
PRODUCTS = 1 << 23
FEWEST_ROWS = 8
GROUP = 32
MOST_CANDIDATES = 200


class Tiles:
    """A space that is searched tile by tile, and the memory that each tile takes in turn.

    Memory that is fresh for each tile would cost as much time as the products.

    space : float array, shape (n_items, n_features), finite
    """

    def __init__(self, space: NDArray[np.float32]) -> None:
        self.space = space
        self.norms = np.einsum("ij,ij->i", space, space)
        self._held = np.empty((2, max(PRODUCTS, FEWEST_ROWS * len(space))), dtype=np.float32)

    def nearest(
        self, rows: Ints, k: int, *, among: Ints | None = None, tick: Callable[[float], None] = lambda _: None
    ) -> Neighbours:
        """The k nearest other items of each of `rows`: of all items, or of those `among` which `rows` are.

        among : int array, ascending, more than k
        """
        index = np.empty((len(rows), k), dtype=np.int32)
        similarity = np.empty((len(rows), k), dtype=np.float32)
        others, norms = (self.space, self.norms) if among is None else (self.space[among], self.norms[among])
        step = self._held.shape[1] // len(others)
        for start in range(0, len(rows), step):
            tile = rows[start : start + step]
            at = tile if among is None else np.searchsorted(among, tile)
            found, alike = self._of_tile(self.space[tile], at, others, norms, k)
            index[start : start + step] = found if among is None else among[found]
            similarity[start : start + step] = alike
            tick(min(1.0, (start + step) / len(rows)))
        return Neighbours(index, similarity)

    def _of_tile(
        self,
        asked: NDArray[np.float32],
        at: Ints,
        others: NDArray[np.float32],
        norms: NDArray[np.float32],
        k: int,
    ) -> tuple[Ints, NDArray[np.float32]]:
        """The places of the k nearest of `others`, and how similar they are; `at` are those of the asked."""
        shape = (len(asked), len(others))
        products, closeness = (part[: shape[0] * shape[1]].reshape(shape) for part in self._held)
        np.matmul(asked, others.T, out=products)
        np.subtract(products, norms / 2, out=closeness)
        every = np.arange(len(at))
        closeness[every, at] = -np.inf
        found = _largest(closeness, k)
        lengths = np.maximum(norms[at][:, None] + norms[found], np.finfo(np.float32).tiny)
        return found, np.clip(2 * products[every[:, None], found] / lengths, -1, 1)


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
