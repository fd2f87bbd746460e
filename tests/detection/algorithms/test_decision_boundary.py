import numpy as np

from detection.algorithms import decision_boundary

from .making import a_few, called, near


def probs(*rows: list[float]) -> np.ndarray:
    return np.array(rows)


def test_two_classes_that_share_the_probability_are_both_plausible() -> None:
    said = probs([0.48, 0.46, 0.06], [0.9, 0.05, 0.05], [0.4, 0.3, 0.3], [0.7, 0.25, 0.05])
    inputs = a_few([0, 0, 0, 0], 3, probs=said)
    found = decision_boundary.run(inputs)
    assert found.index.tolist() == [0]
    np.testing.assert_allclose(found.scores, [0.92, 0.1, 0.6, 0.5])
    assert found.suggested.tolist() == [-1]
    text = decision_boundary.tell(inputs, found, 0, called("cat", "dog", "owl")).text
    assert text.startswith("The model finds “cat” (48 %) and “dog” (46 %) both plausible. Both may apply")


def test_where_the_neighbours_know_one_of_the_two_only_the_model_is_merely_unsure() -> None:
    said = probs(*[[0.5, 0.5]] * 5)
    both = a_few([0, 0, 0, 1, 1], probs=said, neighbours=near([1, 2, 3, 4], *[[-1] * 4] * 4))
    one = a_few([0, 0, 0, 0, 1], probs=said, neighbours=near([1, 2, 3, 4], *[[0, 1, 2, 3]] * 4))
    assert 0 in decision_boundary.run(both).index
    assert 0 not in decision_boundary.run(one).index


def test_a_weak_model_that_doubts_everything_flags_the_closest_two_in_a_hundred() -> None:
    share = np.linspace(0.4, 0.5, 500)
    found = decision_boundary.run(a_few([0] * 500, probs=np.column_stack([share, 1 - share])))
    assert found.index.tolist() == list(range(490, 500))
    assert found.data["together"].tolist() == [500] * 10
