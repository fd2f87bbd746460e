"""What each annotator makes of each class: told apart where answers say so, shrunk where they do not."""

import numpy as np
import pytest

from detection.algorithms import crowd_confusions, observers
from detection.algorithms.detector import Floats, Ints, Votes


def answers(matrices: Floats, each: int, seed: int = 0) -> tuple[Votes, Floats]:
    """So many answers of every annotator, drawn from their matrices, and the certain truth."""
    rng = np.random.default_rng(seed)
    people, k = matrices.shape[:2]
    annotator = np.repeat(np.arange(people), each)
    item = np.arange(people * each)
    truth = rng.integers(0, k, len(item))
    ends = matrices[annotator, truth].cumsum(axis=1)
    value = np.minimum((rng.random((len(item), 1)) > ends).sum(axis=1), k - 1)
    return Votes(item, annotator, value, people), np.eye(k)[truth]


def counts(matrices: Floats, each: int) -> Floats:
    votes, truth = answers(matrices, each)
    return observers.counted(truth, votes)


def one_number(accuracy: Floats, k: int) -> Floats:
    right = accuracy[:, None, None]
    return right * np.eye(k) + (1 - right) * (1 - np.eye(k)) / (k - 1)


def all_items(n: int, accuracy: float, k: int) -> Ints:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, k, n)[:, None]
    return np.where(rng.random((n, 3)) < accuracy, truth, (truth + rng.integers(1, k, (n, 3))) % k)


@pytest.mark.parametrize("accuracy", [0.4, 0.6, 0.9])
@pytest.mark.parametrize("k", [2, 5])
def test_how_careful_annotators_are_shows_in_how_often_they_agree(accuracy: float, k: int) -> None:
    item, annotator = (axis.ravel() for axis in np.indices((20_000, 3)))
    votes = Votes(item, annotator, all_items(20_000, accuracy, k).ravel(), 3)
    first = crowd_confusions.first(votes, 20_000, k)
    # Of two classes, whoever is wrong as often as right, or oftener, agrees as often as the opposite.
    assert first[0, 0, 0] == pytest.approx(max(accuracy, 1 - accuracy) if k == 2 else accuracy, abs=0.02)


def test_where_annotators_have_no_habits_rows_lean_on_one_number() -> None:
    rng = np.random.default_rng(1)
    plain = one_number(rng.uniform(0.5, 0.9, 30), 4)
    habits = 0.6 * np.eye(4) + 0.4 * rng.dirichlet(np.full(4, 0.2), (30, 4))
    without, with_habits = (crowd_confusions.strengths(counts(m, 200)) for m in (plain, habits))
    assert without.row >= 64
    assert with_habits.row <= 8


def test_where_all_are_as_careful_their_accuracy_leans_on_everybodys() -> None:
    alike = crowd_confusions.strengths(counts(one_number(np.full(40, 0.7), 3), 30))
    unlike = crowd_confusions.strengths(counts(one_number(np.linspace(0.05, 0.95, 40), 3), 30))
    assert alike.accuracy > unlike.accuracy


def test_confusions_are_learnt_and_few_answers_count_for_less() -> None:
    truly = np.array([[[0.9, 0.1, 0.0], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]]] * 2)
    votes, probs = answers(truly, 5000)
    few = votes.annotator * 5000 + np.arange(len(votes.item)) % 5000 < 5020  # twenty of the second
    strengths = crowd_confusions.Strengths(4.0, 4.0)
    kept = Votes(votes.item[few], votes.annotator[few], votes.value[few], 2)
    learnt = crowd_confusions.learn(observers.counted(probs, kept), strengths)
    np.testing.assert_allclose(learnt[0], truly[0], atol=0.03)
    assert (learnt.sum(axis=2) < 1).all()
    assert (learnt[1].sum(axis=1) < learnt[0].sum(axis=1)).all()
