import numpy as np
import pytest

from detection import features


def test_texts_about_the_same_thing_are_neighbours() -> None:
    texts = [f"the cat number {i} sat on the mat" for i in range(15)]
    texts += [f"interest rate {i} of the central bank" for i in range(15)]
    found = features.neighbours(features.from_texts([texts[:10], texts[10:]]), k=5)
    assert (found.item[:15] < 15).all()
    assert (found.item[15:] >= 15).all()


def test_nearly_the_same_text_is_a_duplicate_and_a_related_one_is_not() -> None:
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(200)]
    texts = [" ".join(rng.choice(words, 40)) for _ in range(60)]
    texts.append(texts[0] + " word7")
    made = features.from_texts([texts])
    found = features.neighbours(made, k=3)
    assert found.item[60, 0] == 0
    assert found.similarity[60, 0] >= made.duplicate_at
    assert found.similarity[1:59].max() < made.duplicate_at


@pytest.mark.parametrize("texts", [[""], ["", ""], ["a"], ["", "one two", "1 2 3", "\x00", "é"]])
def test_odd_texts_give_finite_features(texts: list[str]) -> None:
    made = features.from_texts([texts])
    assert made.model.shape[0] == made.space.shape[0] == len(texts)
    assert np.isfinite(made.space).all()


def test_long_texts_do_without_character_features(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["some words here", "other words there"] * 20
    both = features.from_texts([texts]).model.shape[1]
    monkeypatch.setattr(features, "MOST_CHARACTERS", 10)
    assert features.from_texts([texts]).model.shape[1] < both


def test_images_of_one_shape_are_neighbours_whatever_their_brightness() -> None:
    images = np.zeros((20, features.SIDE, features.SIDE, 3), dtype=np.uint8)
    for i in range(20):
        strip = images[i, 8:12] if i < 10 else images[i, :, 8:12]
        strip[:] = 120 + 5 * i
    found = features.neighbours(features.from_images([images[:7], images[7:]]), k=4)
    assert (found.item[:10] < 10).all()
    assert (found.item[10:] >= 10).all()


def test_table_rows_become_numbers_categories_and_gaps() -> None:
    rows = [{"age": 3, "sex": "f"}, {"age": "4.5", "sex": "m"}, {"age": None, "sex": "f"}, {"sex": ""}]
    model = features.from_rows(rows).model
    # age, age missing; sex "", f, m; sex missing
    assert model.shape == (4, 6)
    np.testing.assert_allclose(model[:, 0], [3, 4.5, 3.75, 3.75])
    np.testing.assert_array_equal(model[:, 1], [0, 0, 1, 1])
    assert np.isfinite(features.from_rows(rows).space).all()


@pytest.mark.parametrize("rows", [[], [{}], [{"a": "inf"}, {"a": "x"}], [{"a": 1e300}, {"a": True}]])
def test_odd_rows_give_finite_features(rows: list[dict[str, object]]) -> None:
    made = features.from_rows(rows)
    assert len(made.model) == len(rows)
    assert np.isfinite(made.model).all()


def test_a_missing_embedding_lies_at_the_centre() -> None:
    matrix = np.array([[1.0, 0.0], [3.0, 0.0], [np.nan, np.nan]])
    made = features.from_embeddings(matrix)
    np.testing.assert_allclose(made.model[2], [2, 0])
    np.testing.assert_allclose(made.space[2], [0, 0])
