import numpy as np
import pytest
from sklearn.datasets import load_digits

from detection.algorithms import training_dynamics
from detection.algorithms.training_dynamics import EPOCHS, high_loss, watch

from .making import a_few, called


def test_the_area_under_the_margin_of_a_hand_worked_course() -> None:
    # Two items under two sets of weights: margins +1 and +3 for the first, -1 and -3 for the second.
    lifted = np.array([[1.0, 0.0], [0.0, 1.0]])
    course = [np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[3.0, 0.0], [3.0, 0.0]])]
    margin, loss, rival = training_dynamics._course(lifted, np.array([0, 1]), course)
    assert margin.tolist() == [2.0, -2.0]
    np.testing.assert_allclose(loss[0], (np.log1p(np.exp(-1)) + np.log1p(np.exp(-3))) / 2)
    np.testing.assert_allclose(loss[1], (np.log1p(np.exp(1)) + np.log1p(np.exp(3))) / 2)
    assert rival.tolist() == [1, 0]


def test_losses_in_two_heaps_are_split_between_them() -> None:
    loss = np.concatenate([np.linspace(0.0, 0.2, 90), np.linspace(0.9, 1.1, 10)])
    assert (high_loss(loss) > 0.5).tolist() == [False] * 90 + [True] * 10


def test_wrong_digits_have_low_areas_and_the_class_that_leads_is_right() -> None:
    digits = load_digits()
    rng = np.random.default_rng(0)
    labels = np.where(
        rng.random(1797) < 0.08, (digits.target + rng.integers(1, 10, 1797)) % 10, digits.target
    )
    wrong = labels != digits.target
    space = (digits.data - digits.data.mean(axis=0)).astype(np.float32)
    inputs = a_few(labels.tolist(), 10, space=space)
    found = training_dynamics.run(inputs)
    assert wrong[found.index].sum() > 0.95 * wrong.sum()
    assert wrong[found.index].mean() > 0.6
    assert (found.suggested == digits.target[found.index])[wrong[found.index]].mean() > 0.95
    worst = np.argsort(watch(space, labels, 10).margin)[: wrong.sum()]
    assert wrong[worst].mean() > 0.9
    assert "kept preferring" in training_dynamics.tell(inputs, found, 0, called(*"0123456789")).text


def test_another_seed_gives_another_course_and_the_same_one_the_same() -> None:
    space = np.random.default_rng(0).normal(size=(50, 3))
    labels = np.arange(50) % 2
    first, again, other = (watch(space, labels, 2, seed=seed).margin for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_of_a_very_large_dataset_some_are_learned_from_and_all_are_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_dynamics, "TAUGHT", 100)
    monkeypatch.setattr(training_dynamics, "WATCHED", 100)
    monkeypatch.setattr(training_dynamics, "ROWS", 64)
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 400)
    space = np.column_stack([4.0 * true, np.zeros(400)]) + rng.normal(size=(400, 2))
    labels = np.where(np.arange(400) % 20 == 0, 1 - true, true)
    course = watch(space, labels, 2)
    assert EPOCHS % 5 == 0
    assert (course.margin < 0).sum() == pytest.approx(20, abs=12)
    assert (course.margin[labels != true] < 0).mean() >= 0.9
