"""The nearest other items of items: exact, and of very many items nearly so."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from . import cell_search
from .detector import Ints, Neighbours
from .tiled_search import Tiles

APPROXIMATE_BEYOND = 200_000


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
    2 x·y / (|x|² + |y|²): the cosine for rows of length 1, and 1 only for identical rows. Of more than
    `APPROXIMATE_BEYOND` items, one neighbour in two hundred may be a farther one (see `cell_search`).
    """
    n = len(space)
    rows = np.arange(n) if rows is None else rows
    n_found = min(k, max(n - 1, 0))
    if not n_found or not len(rows):
        return _padded(Neighbours(np.zeros((len(rows), 0), dtype=np.int32), np.zeros((len(rows), 0))), k)
    if n > APPROXIMATE_BEYOND and cell_search.worth_it(n, len(rows)):
        return cell_search.search(space, rows, k=n_found, tick=tick)
    return _padded(Tiles(space).nearest(rows, n_found, tick=tick), k)


def _padded(found: Neighbours, k: int) -> Neighbours:
    """With k columns, where there are not as many other items: -1, of no similarity."""
    lacking = ((0, 0), (0, k - found.item.shape[1]))
    return Neighbours(
        np.pad(found.item, lacking, constant_values=-1), np.pad(found.similarity, lacking).astype(np.float32)
    )
