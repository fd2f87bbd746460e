"""Neighbours in cells are nearly those of a full comparison, whatever the items are like."""

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from detection.algorithms import cell_search, nearest
from detection.algorithms.tiled_search import Tiles

N = 20_000


def space(kind: str) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    points = {
        "clustered": lambda: (
            rng.normal(size=(50, 32))[rng.integers(0, 50, N)] + 0.6 * rng.normal(size=(N, 32))
        ),
        "of few directions": lambda: rng.normal(size=(N, 32)) / np.arange(1, 33),
        "unclustered": lambda: rng.normal(size=(N, 8)),
        "unclustered in many directions": lambda: rng.normal(size=(N, 32)),
        "mostly identical": lambda: np.where(np.arange(N)[:, None] % 4 > 0, 1.0, rng.normal(size=(N, 8))),
    }[kind]()
    return points.astype(np.float32)


@pytest.mark.parametrize(
    "kind", ["clustered", "of few directions", "unclustered", "unclustered in many directions"]
)
def test_cells_hold_nearly_all_neighbours(kind: str) -> None:
    points = space(kind)
    found = cell_search.search(points, np.arange(N), k=10)
    asked = np.arange(3, N, 20)
    expected = Tiles(points).nearest(asked, 10)
    same = [len(set(a) & set(b)) for a, b in zip(found.item[asked], expected.item, strict=True)]
    assert np.mean(same) / 10 >= 0.995
    away = np.linalg.norm(points[found.item[asked]] - points[asked][:, None], axis=2)
    assert (np.diff(away, axis=1) >= -1e-3).all()
    assert (found.item != np.arange(N)[:, None]).all()


def test_only_part_of_the_items_is_compared_where_they_lie_in_clusters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    ask = Tiles.nearest

    def counted(self: Tiles, rows: NDArray[np.int64], k: int, **more: object) -> object:
        among = more.get("among")
        compared.append(len(rows) * (N if among is None else len(among)))
        return ask(self, rows, k, **more)

    monkeypatch.setattr(Tiles, "nearest", counted)
    cell_search.search(space("clustered"), np.arange(N), k=10)
    assert sum(compared) < 0.25 * N * N


def test_crowds_of_identical_items_are_no_trouble() -> None:
    points = space("mostly identical")
    found = cell_search.search(points, np.arange(1, 400), k=5)
    twins = np.arange(1, 400) % 4 > 0
    np.testing.assert_allclose(found.similarity[twins], 1, atol=1e-5)
    assert (found.item >= 0).all()


def test_very_many_items_are_searched_in_cells_and_some_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    points, rows = space("clustered"), np.arange(0, N, 3)
    exact = nearest.search(points, k=5, rows=rows)
    monkeypatch.setattr(nearest, "APPROXIMATE_BEYOND", 10_000)
    found = nearest.search(points, k=5, rows=rows)
    assert (found.item == exact.item).mean() > 0.99
    few = nearest.search(points, k=5, rows=rows[:20])
    np.testing.assert_array_equal(few.item, exact.item[:20])


def test_the_same_seed_finds_the_same() -> None:
    points = space("clustered")
    first, second = (cell_search.search(points, np.arange(100), k=5, seed=1).item for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_memory_does_not_grow_with_the_pairs() -> None:
    points = space("clustered")
    tracemalloc.start()
    cell_search.search(points, np.arange(N), k=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120e6  # all pairs would take 1,600 MB
