"""Nearest neighbours among very many items, nearly all of them: only cells near to an item are searched.

Jégou, Douze, Schmid: Product Quantization for Nearest Neighbor Search. IEEE TPAMI 33 (2011),
doi:10.1109/TPAMI.2010.57: the cells of k-means as an inverted file, several of which are probed (without the
quantisation: distances are exact). Departs from it in probing the same cells for all items of a cell, so that
they are compared in one matrix product, and in how many these are: as many as leave out no more than one in
four hundred of the true neighbours of a sample. Where items lie in no clusters at all, that is most of them,
and the search is exact.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .detector import Floats, Ints, Neighbours
from .tiled_search import Tiles

# So many times the square root of the items are the cells, each learnt from so many items.
FINENESS, LEARNT_FROM = 1.0, 40
ROUNDS = 6
# Beyond this share of the cells it is faster to compare with all items in one piece.
MOST_PROBED = 0.5
# So many items, evenly spread, say how many cells must be probed for this share of their neighbours.
ASKED, RECALL = 500, 0.9975
CHUNK = 8192


def worth_it(n_items: int, n_rows: int) -> bool:
    """Whether to search for so many rows takes longer than to make the cells and ask the sample."""
    return n_rows > 2 * (_n_cells(n_items) + ASKED)


def search(
    space: NDArray[np.float32],
    rows: Ints,
    *,
    k: int,
    seed: int = 0,
    tick: Callable[[float], None] = lambda _: None,
) -> Neighbours:
    """About the k nearest other items of each of `rows`, the nearest first; at least .995 of them on average.

    space : float array, shape (n_items, n_features), finite
    """
    tiles = Tiles(space)
    cell, nearby = _cells(space, seed)
    probes = _probes(tiles, cell, nearby, k)
    if probes > MOST_PROBED * len(nearby):
        return tiles.nearest(rows, k, tick=tick)
    members = _grouped(cell, np.arange(len(space)), len(nearby))
    index = np.empty((len(rows), k), dtype=np.int32)
    similarity = np.empty((len(rows), k), dtype=np.float32)
    done = 0
    for c, places in enumerate(_grouped(cell[rows], np.arange(len(rows)), len(nearby))):
        if len(places):
            among = _among(members, nearby[c], probes, k)
            index[places], similarity[places] = tiles.nearest(rows[places], k, among=among)
            done += len(places)
            tick(done / len(rows))
    return Neighbours(index, similarity)


def _n_cells(n_items: int) -> int:
    return max(round(FINENESS * np.sqrt(n_items)), 1)


def _cells(space: NDArray[np.float32], seed: int) -> tuple[Ints, Ints]:
    """The cell of each item, and all cells in the order of their distance to each cell."""
    n_cells = _n_cells(len(space))
    sample = space[:: max(len(space) // (n_cells * LEARNT_FROM), 1)]
    centres = sample[np.random.default_rng(seed).choice(len(sample), n_cells, replace=False)]
    for _ in range(ROUNDS):
        members = _grouped(_nearest(sample, centres), np.arange(len(sample)), n_cells)
        # An empty cell stays where it is.
        centres = np.stack(
            [sample[m].mean(axis=0) if len(m) else c for m, c in zip(members, centres, strict=True)]
        )
    nearby = np.argsort(-_closeness(centres, centres), axis=1, kind="stable")
    return _nearest(space, centres), nearby


def _nearest(points: Floats, centres: Floats) -> Ints:
    """The nearest centre of each point, shape (n_points,)."""
    chunks = range(0, len(points), CHUNK)
    return np.concatenate([_closeness(points[at : at + CHUNK], centres).argmax(axis=1) for at in chunks])


def _closeness(points: Floats, centres: Floats) -> Floats:
    return points @ centres.T - np.einsum("ij,ij->i", centres, centres) / 2


def _probes(tiles: Tiles, cell: Ints, nearby: Ints, k: int) -> int:
    """How many cells around its own hold the neighbours of an item, as the sample has it."""
    asked = np.linspace(0, len(cell) - 1, min(ASKED, len(cell))).astype(np.int64)
    neighbours = tiles.nearest(asked, k).item
    place = np.argsort(nearby, axis=1)  # of each cell in the order around each other one
    needed = place[cell[asked][:, None], cell[neighbours]] + 1
    return int(np.quantile(needed, RECALL, method="higher"))


def _grouped(cell: Ints, what: Ints, n_cells: int) -> list[Ints]:
    """`what` by cell, each ascending."""
    order = np.argsort(cell, kind="stable")
    return np.split(what[order], np.searchsorted(cell[order], np.arange(1, n_cells)))


def _among(members: list[Ints], nearby: Ints, probes: int, k: int) -> Ints:
    """The items of so many cells, of more where these hold no k others."""
    counts = np.cumsum([len(members[c]) for c in nearby])
    enough = max(probes, int(np.searchsorted(counts, k, side="right")) + 1)
    return np.sort(np.concatenate([members[c] for c in nearby[:enough]]))
