"""The oracle is cleanlab's `multiannotator`."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from detection.algorithms import crowdlab
from detection.algorithms.detector import Inputs, Votes
from detection.algorithms.posterior import estimate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cleanlab.internal.multiannotator_utils import find_best_temp_scaler
    from cleanlab.multiannotator import get_active_learning_scores, get_label_quality_multiannotator

pytestmark = pytest.mark.filterwarnings("ignore")


def crowd(seed: int, n: int = 400, k: int = 4, people: int = 7) -> tuple[np.ndarray, Votes, np.ndarray]:
    """Answers of annotators of different skill, NaN where they gave none, and a model's probabilities."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    skill = rng.uniform(0.5, 0.95, people)
    answers = np.where(rng.random((n, people)) < skill, true[:, None], rng.integers(0, k, (n, people)))
    wide = np.where(rng.random((n, people)) < 0.4, answers, np.nan)
    wide[np.isnan(wide).all(axis=1), 0] = 0
    item, annotator = np.nonzero(~np.isnan(wide))
    votes = Votes(item, annotator, wide[item, annotator].astype(int), people)
    scores = np.exp(2 * np.eye(k)[true] + rng.normal(size=(n, k)))
    return wide, votes, scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
def test_consensus_quality_and_annotators_are_those_of_cleanlab(seed: int) -> None:
    wide, votes, probs = crowd(seed)
    expected = get_label_quality_multiannotator(wide, probs, verbose=False, return_weights=True)
    found = crowdlab.consensus(votes, probs)
    items, people = expected["label_quality"], expected["annotator_stats"].sort_index()
    np.testing.assert_array_equal(found.label, items["consensus_label"])
    np.testing.assert_allclose(found.quality, items["consensus_quality_score"], rtol=1e-9)
    np.testing.assert_allclose(found.annotator_quality, people["annotator_quality"], rtol=1e-9)
    np.testing.assert_allclose(found.annotator_weight, expected["annotator_weight"], rtol=1e-9)
    np.testing.assert_allclose(found.model_weight, expected["model_weight"], rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_need_of_further_opinions_is_the_one_of_cleanlab(seed: int) -> None:
    wide, votes, probs = crowd(seed)
    expected, _ = get_active_learning_scores(wide, probs)
    theirs = find_best_temp_scaler(wide, probs)
    found = crowdlab.need_of_opinions(votes, probs, temperature=theirs)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_items_with_one_careless_opinion_need_another_before_those_that_all_agree_on() -> None:
    item, annotator = (axis.ravel() for axis in np.indices((30, 4)))
    votes = Votes(item, annotator, item % 3, 4)
    alone = Votes(*(part[(item != 7) | (annotator == 0)] for part in votes[:3]), 4)
    probs = np.where(np.eye(3, dtype=bool)[np.arange(30) % 3], 0.6, 0.2)
    assert crowdlab.need_of_opinions(alone, probs).argmin() == 7


def test_a_tied_vote_goes_to_the_models_favourite() -> None:
    tally = np.array([[1, 1, 0], [0, 2, 0]])
    assert crowdlab.majority(tally, np.array([[0.6, 0.4, 0.0], [0.9, 0.1, 0.0]])).tolist() == [0, 1]
    assert crowdlab.majority(tally).tolist() == [0, 1]


def test_opinions_that_never_meet_are_refused() -> None:
    votes = Votes(np.array([0, 1]), np.array([0, 1]), np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="two opinions"):
        crowdlab.consensus(votes, np.full((2, 2), 0.5))


def test_an_annotator_who_shares_no_item_has_no_quality_and_the_weight_of_the_others() -> None:
    votes = Votes(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2]), np.array([0, 0, 1, 1, 0]), 3)
    found = crowdlab.consensus(votes, np.array([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]))
    assert np.isnan(found.annotator_quality[2])
    assert found.annotator_weight[2] == found.annotator_weight[0]


@pytest.mark.parametrize("seed", [3, 4])
def test_a_weak_model_does_not_lead_the_consensus_astray(seed: int) -> None:
    """Annotators with confusions of their own say more than a model that is right in half of the cases."""
    rng = np.random.default_rng(seed)
    n, k, people, each = 1500, 8, 60, 5
    true = rng.choice(k, n, p=rng.dirichlet(np.full(k, 3.0)))
    skill = rng.uniform(0.3, 0.8, people)
    habits = np.stack([s * np.eye(k) + (1 - s) * rng.dirichlet(np.full(k, 0.7), k) for s in skill])
    item = np.repeat(np.arange(n), each)
    annotator = np.concatenate([rng.choice(people, each, replace=False) for _ in range(n)])
    chances = habits[annotator, true[item]].cumsum(axis=1)
    value = np.minimum((rng.random((len(item), 1)) > chances).sum(axis=1), k - 1)
    scores = np.exp(1.2 * np.eye(k)[true] + rng.normal(size=(n, k)))
    probs = scores / scores.sum(axis=1, keepdims=True)
    votes = Votes(item, annotator, value, people)
    majority = crowdlab.majority(crowdlab.count(votes, n, k))
    inputs = Inputs(labels=majority, n_classes=k, votes=votes, probs=probs)
    ours = (estimate(inputs, use_official=False).probs.argmax(axis=1) == true).mean()
    alone = (estimate(replace(inputs, probs=None), use_official=False).probs.argmax(axis=1) == true).mean()
    assert ours > alone - 0.02
    assert ours > (crowdlab.consensus(votes, probs).label == true).mean()
    assert ours > (majority == true).mean()
