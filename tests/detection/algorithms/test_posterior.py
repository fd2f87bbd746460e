import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from bench.detectors import crowds, crowds_made
from detection.algorithms import posterior
from detection.algorithms.detector import Inputs, Votes
from detection.algorithms.health import assess
from detection.algorithms.label_noise import MOST, least_noise
from detection.algorithms.posterior import estimate, wrongness


def test_the_probability_that_a_label_is_wrong_means_what_it_says() -> None:
    """Data made by the very model that is assumed: the stated probabilities are the observed frequencies."""
    rng = np.random.default_rng(0)
    n, k = 20_000, 5
    probs = rng.dirichlet(np.full(k, 0.15), n)
    true = (probs.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    labels = np.where(rng.random(n) < 0.08, (true + 1) % k, true)
    inputs = Inputs(labels=labels, n_classes=k, probs=probs)
    doubt = wrongness(labels, estimate(inputs))
    assert abs(doubt.mean() - (labels != true).mean()) < 0.005
    for low in (0.1, 0.3, 0.5, 0.7, 0.9):
        stated = (doubt >= low) & (doubt < low + 0.2)
        assert abs(doubt[stated].mean() - (labels != true)[stated].mean()) < 0.08


def test_the_noise_between_classes_is_found() -> None:
    rng = np.random.default_rng(1)
    n, k = 10_000, 3
    true = rng.integers(0, k, n)
    scores = np.exp(3 * np.eye(k)[true] + rng.normal(size=(n, k)))
    labels = np.where((true == 0) & (rng.random(n) < 0.2), 1, true)
    noise = estimate(
        Inputs(labels=labels, n_classes=k, probs=scores / scores.sum(axis=1, keepdims=True))
    ).noise
    np.testing.assert_allclose(noise, [[0.8, 0.2, 0], [0, 1, 0], [0, 0, 1]], atol=0.03)


def test_one_good_annotator_outvotes_two_careless_ones() -> None:
    rng = np.random.default_rng(2)
    n, k = 600, 4
    true = rng.integers(0, k, n)
    guess = rng.integers(0, k, (n, 2))
    careless = np.where(rng.random((n, 2)) < 0.6, guess, true[:, None])
    answers = np.column_stack([true, careless])
    item, annotator = (axis.ravel() for axis in np.indices(answers.shape))
    labels = careless[:, 0]
    inputs = Inputs(labels=labels, n_classes=k, votes=Votes(item, annotator, answers.ravel(), 3))
    posterior = estimate(inputs, use_official=False)
    assert (posterior.probs.argmax(axis=1) == true).mean() > 0.97
    assert posterior.annotator_accuracy[0] > 0.9 > 0.7 > posterior.annotator_accuracy[1:].max()


def test_duplicates_share_one_true_class() -> None:
    probs = np.tile([0.5, 0.5], (40, 1))
    labels = np.array([0] * 20 + [1] * 20)
    labels[5] = 1
    group = np.repeat([0, 1], 20)
    doubt = wrongness(labels, estimate(Inputs(labels=labels, n_classes=2, probs=probs), group=group))
    assert doubt[5] > 0.99
    assert np.delete(doubt, 5).max() < 0.01


def test_a_label_that_repeats_a_vote_is_no_second_witness() -> None:
    votes = Votes(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), 2)
    inputs = Inputs(labels=np.array([0]), n_classes=2, votes=votes)
    np.testing.assert_allclose(estimate(inputs).probs, estimate(inputs, use_official=False).probs)
    adjudicated = Inputs(labels=np.array([0]), n_classes=2, votes=votes._replace(value=np.array([1, 1])))
    assert estimate(adjudicated).probs[0, 0] > estimate(adjudicated, use_official=False).probs[0, 0]


@pytest.mark.parametrize("duplicates", [False, True])
@pytest.mark.parametrize("voters", [0, 4])
def test_going_through_in_chunks_changes_nothing(
    duplicates: bool, voters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    n, k = 700, 3
    probs = rng.dirichlet(np.full(k, 0.4), n)
    probs[11] = np.nan
    labels = rng.integers(-1, k, n)
    item = np.sort(rng.integers(0, n, 2 * n))
    votes = Votes(item, rng.integers(0, 4, 2 * n), rng.integers(0, k, 2 * n), 4) if voters else None
    inputs = Inputs(labels=labels, n_classes=k, probs=probs, votes=votes)
    group = rng.integers(0, n // 2, n) if duplicates else None
    whole = estimate(inputs, group=group)
    monkeypatch.setattr(posterior, "CHUNK", 50)
    chunked = estimate(inputs, group=group)
    for expected, found in zip(whole, chunked, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_fitting_on_a_sample_comes_to_nearly_the_same_also_for_a_rare_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(6)
    n, k = 30_000, 4
    true = rng.choice(k, n, p=[0.5, 0.3, 0.19, 0.01])
    scores = np.exp(4 * np.eye(k)[true] + 1.5 * rng.normal(size=(n, k)))
    labels = np.where(rng.random(n) < 0.04, (true + 1) % k, true)
    inputs = Inputs(labels=labels, n_classes=k, probs=scores / scores.sum(axis=1, keepdims=True))
    whole = wrongness(labels, estimate(inputs))
    monkeypatch.setattr(posterior, "FITTED", 4000 * k)
    sampled = wrongness(labels, estimate(inputs))
    assert not np.array_equal(sampled, whole)
    for c in range(k):
        assert np.abs(sampled - whole)[labels == c].mean() < 0.01


def test_health_grades_the_estimated_error_rate() -> None:
    assert assess(np.full(1000, 0.001)).grade == "safe"
    assert assess(np.full(1000, 0.03)).grade == "watch"
    assert assess(np.full(1000, 0.07)).grade == "act"
    assert assess(np.full(1000, 0.2)).grade == "broken"
    health = assess(np.full(1000, 0.03))
    assert health.low < health.estimate < health.high


def test_no_items_are_in_perfect_health() -> None:
    assert assess(np.zeros(0)).estimate == 0
    few = assess(np.zeros(80))
    assert (few.low, few.estimate) == (0, 0)
    assert few.high == 3 / 80


def test_errors_in_a_rare_class_are_not_explained_away() -> None:
    """One in a hundred of a frequent class carries the rare label, which the model has learned to expect."""
    rng = np.random.default_rng(3)
    n = 20_000
    true = (rng.random(n) < 0.01).astype(int)
    labels = np.where((true == 0) & (rng.random(n) < 0.01), 1, true)
    given_rare = np.clip(np.where(true == 1, 0.9, 0.01) * np.exp(rng.normal(scale=0.5, size=n)), 1e-3, 0.99)
    probs = np.column_stack([1 - given_rare, given_rare])
    inputs = Inputs(labels=labels, n_classes=2, probs=probs)
    doubt = wrongness(labels, estimate(inputs))
    flagged, wrong = doubt >= 0.1, labels != true
    assert wrong[flagged].mean() > 0.9
    assert wrong[flagged].sum() > 0.9 * wrong.sum()
    assert abs(doubt.mean() - wrong.mean()) < 0.3 * wrong.mean()


def test_the_least_noise_into_a_rare_class_is_read_off_where_the_model_is_sure() -> None:
    rng = np.random.default_rng(4)
    true = rng.choice(3, 30_000, p=[0.49, 0.49, 0.02])
    strays = rng.random(len(true)) < np.array([0.01, 0.1, 0])[true]
    labels = np.where(strays, np.array([2, 0, 2])[true], true)
    least = least_noise(labels, 0.94 * np.eye(3)[true] + 0.02)
    # Ten in a hundred of class 1 are called 0, but class 0 is not rare: that is for the posterior to learn.
    np.testing.assert_allclose(least, [[0, 0, 0.01], [0, 0, 0], [0, 0, 0]], atol=0.002)
    assert least.max() <= MOST


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("recipe", crowds_made.RECIPES, ids=lambda recipe: recipe.name)
def test_the_consensus_is_the_best_there_is_on_every_crowd(recipe: crowds_made.Recipe) -> None:
    theirs, ours = crowds.compared([crowds_made.made(recipe, seed) for seed in range(4)])
    assert ours >= max(theirs.values()) - crowds.CLOSE


@pytest.mark.parametrize("n_answers", [0, 1, 2])
def test_hardly_an_answer_is_no_trouble(n_answers: int) -> None:
    votes = Votes(*(np.zeros(n_answers, dtype=np.int64) for _ in range(3)), 3)
    inputs = Inputs(labels=np.array([0, 1, 2]), n_classes=3, votes=votes)
    posterior = estimate(inputs, use_official=False)
    assert np.isfinite(posterior.probs).all()
    np.testing.assert_allclose(posterior.probs.sum(axis=1), 1)
