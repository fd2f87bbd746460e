from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from detection.embedders import base
from detection.embedders.base import Embedder, library, vectors
from detection.errors import CannotEmbed


def answering(embed: Any, batch: int = 2) -> Embedder:
    return Embedder(embed=embed, batch=batch)


def lengths(texts: Sequence[str]) -> np.ndarray:
    return np.array([[len(text), 1] for text in texts])


def test_rows_come_in_order_and_are_missing_where_contents_are() -> None:
    progress: list[float] = []
    made = vectors(answering(lengths), [["a", None], ["bbb"]], n=3, tick=progress.append)
    np.testing.assert_array_equal(made, [[1, 1], [np.nan, np.nan], [3, 1]])
    assert made.dtype == np.float32
    assert progress == [2 / 3, 1]


def test_no_embeddings_of_contents_that_are_all_missing() -> None:
    with pytest.raises(CannotEmbed, match="None of the items"):
        vectors(answering(lengths), [[None]], n=1)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.zeros((2, 0)), "shape"),
        (np.zeros((1, 3)), "shape"),
        (np.zeros(2), "shape"),
        (np.array([[0, np.inf], [0, 0]]), "finite"),
    ],
)
def test_an_answer_that_is_no_row_of_numbers_an_item_is_refused(answer: np.ndarray, complaint: str) -> None:
    with pytest.raises(CannotEmbed, match=complaint):
        vectors(answering(lambda _: answer), [["a", "b"]], n=2)


def test_an_embedder_that_changes_its_width_is_refused() -> None:
    with pytest.raises(CannotEmbed, match="now more"):
        vectors(answering(lambda texts: np.ones((1, len(texts[0])))), [["a"], ["bb"]], n=2)


def test_an_embedder_that_fails_is_told_of_in_a_sentence() -> None:
    def fail(_: Any) -> Any:
        raise RuntimeError("no\nmemory")

    with pytest.raises(CannotEmbed, match="failed: no memory"):
        vectors(answering(fail), [["a"]], n=1)


def test_what_is_no_fault_of_the_embedder_goes_its_way() -> None:
    class Stopped(Exception):
        pass

    def stop(_: Any) -> Any:
        raise Stopped

    with pytest.raises(Stopped):
        vectors(answering(stop), [["a"]], n=1)


def test_embeddings_that_would_be_too_large_keep_their_similarities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MOST_NUMBERS", 50 * 200)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 1000)).astype(np.float32)
    rows[1] = rows[0] + 0.1 * rows[1]
    made = vectors(answering(lambda at: rows[at], batch=50), [list(range(50))], n=50)
    assert made.shape == (50, 200)
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    similarity = unit @ unit.T
    assert similarity[0, 1] > 0.98
    assert np.abs(similarity[0, 2:]).max() < 0.3
    part = vectors(answering(lambda at: rows[at], batch=50), [list(range(20))], n=20, of=50)
    np.testing.assert_allclose(part, made[:20], rtol=1e-4, atol=1e-4)


def test_a_missing_library_is_a_sentence_that_says_what_to_install() -> None:
    with pytest.raises(CannotEmbed, match=r"does not have \(no_such_library\): pip install this one"):
        library("no_such_library", install="this one")
