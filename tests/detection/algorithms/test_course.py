import numpy as np

from detection.algorithms.course import follow
from detection.algorithms.detector import Course
from detection.algorithms.training_dynamics import run

from .making import a_few


def test_margins_losses_and_rivals_of_a_hand_worked_training() -> None:
    first, second = [[0.5, 0.25, 0.25], [0.2, 0.4, 0.4]], [[0.8, 0.2, 0.0], [0.5, 0.1, 0.4]]
    seen = follow(np.array([first, second]), np.array([0, 1]))
    np.testing.assert_allclose(seen.margins, [[np.log(2), np.log(4)], [0, np.log(0.1 / 0.5)]], atol=1e-6)
    np.testing.assert_allclose(seen.losses, -np.log([[0.5, 0.8], [0.4, 0.1]]), atol=1e-6)
    assert seen.rival.tolist() == [1, 2]


def test_a_probability_of_zero_is_a_large_loss_and_no_infinity() -> None:
    seen = follow(np.array([[[0.0, 1.0]]]), np.array([0]))
    assert np.isfinite(seen.margins).all()
    assert seen.losses[0, 0] > 20


def test_an_imported_training_takes_the_place_of_our_own() -> None:
    """The space says that all is well; the training that items 3 and 7 are not; of 11 nothing is known."""
    labels = [i % 2 for i in range(40)]
    space = np.array([[10.0 * label, i / 40] for i, label in enumerate(labels)])
    margin, loss = np.full(40, 2.0), np.full(40, 0.1)
    margin[[3, 7, 11]], loss[[3, 7]] = (-1.0, -2.0, np.nan), 3.0
    loss[11] = np.nan
    rival = 1 - np.array(labels)
    found = run(a_few(labels, space=space, course=Course(margin, loss, rival)))
    assert found.index.tolist() == [3, 7]
    assert found.suggested.tolist() == [0, 0]
    assert found.data["margin"].tolist() == [-1, -2]
    assert found.scores[11] == 0
    assert run(a_few(labels, space=space)).index.tolist() == []
