from collections.abc import Iterator

import numpy as np
import pytest

from detection.desk import Desk, StoredDesk, left


@pytest.fixture(params=["memory", "storage"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "memory":
        yield Desk()
        return
    stored = StoredDesk(7)
    yield stored
    stored.clear()


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5,), (3, 4)])
@pytest.mark.parametrize("dtype", ["<f4", "<i8", "bool", "<U3"])
def test_what_is_laid_down_is_taken_up_as_it_was(desk: Desk, shape: tuple[int, ...], dtype: str) -> None:
    one, two = np.ones(shape, dtype=dtype), np.arange(7, dtype=np.int8)
    desk.lay("it", {"one": one, "two": two}, said={"how": ["ever", 1]})
    arrays, said = desk.take("it")
    assert arrays["one"].dtype == one.dtype
    np.testing.assert_array_equal(arrays["one"], one)
    np.testing.assert_array_equal(arrays["two"], two)
    assert said == {"said": {"how": ["ever", 1]}}
    assert desk.names() == {"it"}


def test_room_is_filled_in_and_laid_down(desk: Desk) -> None:
    room = desk.room((4, 2))
    room[:] = 3
    desk.lay("it", {"room": room[:, ::-1]})
    assert desk.take("it").arrays["room"].tolist() == [[3, 3]] * 4


def test_what_one_process_stored_another_finds_until_it_is_cleared() -> None:
    StoredDesk(8).lay("it", {"one": np.zeros(3)})
    taken = StoredDesk(8).take("it").arrays["one"]
    taken += 1
    assert StoredDesk(8).take("it").arrays["one"].tolist() == [0, 0, 0]
    assert 8 in left()
    StoredDesk(8).clear()
    assert 8 not in left()
    assert StoredDesk(8).names() == set()
    assert taken.tolist() == [1, 1, 1]
