import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from detection.algorithms import model_validation
from detection.algorithms.model_validation import FEWEST, silence, taught, validator

from .making import a_few, called


def clusters(n: int = 300, spread: float = 0.3, gold: float = 0.2, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Points of two classes, their true classes, and those of the gold items among them."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, n)
    points = np.column_stack([2.0 * true - 1, np.zeros(n)]) + rng.normal(scale=spread, size=(n, 2))
    return points.astype(np.float32), true, np.where(rng.random(n) < gold, true, -1)


def test_gold_answers_without_itself_are_those_of_a_model_refitted_without_it() -> None:
    points, _, gold = clusters(60, spread=1.0, gold=0.5)
    rows = np.flatnonzero(gold >= 0)
    said = taught(points, gold, 2)
    assert said.shape == (60, 2)
    lifted = np.hstack([points, np.ones((60, 1))])
    inner = lifted[rows] @ lifted[rows].T
    scale = np.trace(inner) / len(rows)
    left_out, _ = model_validation._left_out(inner, gold[rows], 2, 0.1 * scale)
    for place, row in enumerate(rows[:10]):
        others = rows[rows != row]
        model = RidgeClassifier(alpha=0.1 * scale, fit_intercept=False)
        # The classifier aims at -1 and 1, ours at 0 and 1 of each class.
        decision = model.fit(lifted[others], gold[others]).decision_function(lifted[[row]])[0]
        assert left_out[place, 1] - left_out[place, 0] == pytest.approx(decision, abs=1e-6)


def test_a_model_that_gold_vouches_for_finds_what_most_labels_hide() -> None:
    points, true, gold = clusters()
    # Half of one class is labelled as the other: a model that learned from the labels would be lost.
    labels = np.where((true == 1) & (np.arange(300) % 2 == 0), 0, true)
    inputs = a_few(labels.tolist(), space=points, gold=gold)
    assert silence(inputs) is None
    found = model_validation.run(inputs)
    wrong = labels[found.index] != true[found.index]
    assert wrong.mean() > 0.95
    gold_wrong = np.flatnonzero((gold >= 0) & (gold != labels))
    assert set(gold_wrong) < set(found.index)
    told = [model_validation.tell(inputs, found, j, called("a", "b")).text for j in range(len(found.index))]
    at = {int(item): text for item, text in zip(found.index, told, strict=True)}
    assert at[int(gold_wrong[0])] == "An earlier look by an expert says “b”."
    assert any(text.startswith("A model that is right on ") and text.endswith("says “b”.") for text in told)


def test_a_model_that_is_often_wrong_on_gold_keeps_silent_unless_told_to_speak() -> None:
    points, true, gold = clusters(spread=3.0)
    inputs = a_few(true.tolist(), space=points, gold=gold)
    assert validator(inputs).accuracy < 0.75
    assert "and 75 % are asked for" in silence(inputs)
    assert len(model_validation.run(inputs).index) == 0
    told = a_few(true.tolist(), space=points, gold=gold, trust_model_below=True)
    assert silence(told) is None
    assert len(model_validation.run(told).index) > 0


def test_too_little_gold_measures_nothing() -> None:
    points, true, _ = clusters()
    gold = np.where(np.arange(300) < FEWEST - 1, true, -1)
    assert "19 gold items are too few" in silence(a_few(true.tolist(), space=points, gold=gold))


def test_the_more_accurate_of_the_imported_model_and_the_taught_one_is_asked() -> None:
    points, true, gold = clusters(spread=1.0)
    perfect, wrong = np.eye(2)[true], np.eye(2)[1 - true]
    known = {"space": points, "gold": gold, "imported": True}
    assert validator(a_few(true.tolist(), probs=perfect, **known)).origin == "imported"
    assert validator(a_few(true.tolist(), probs=wrong, **known)).origin == "gold"


def test_of_much_gold_some_is_learned_from_and_all_of_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_validation, "TAUGHT", 50)
    points, true, gold = clusters(gold=1.0)
    model = validator(a_few(true.tolist(), space=points, gold=gold))
    assert (model.gold, model.origin) == (300, "gold")
    assert model.accuracy > 0.95
