"""Multilabel confident learning beside cleanlab, by hand, and on errors that were put in."""

import time
import warnings

import numpy as np
import pytest
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from cleanlab.multilabel_classification.rank import get_label_quality_scores

from detection.algorithms import multilabel


def made(seed, n=300, n_classes=6, noise=0.05):
    """(labels with errors, probabilities, which labels are wrong)."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_classes)) < rng.uniform(0.02, 0.5, n_classes)
    probs = np.clip(np.where(truth, 0.75, 0.2) + rng.normal(0, 0.18, truth.shape), 0, 1)
    probs = probs * (1 - 1e-9) + rng.random(truth.shape) * 1e-9  # no ties
    wrong = rng.random(truth.shape) < noise
    return truth ^ wrong, probs, wrong


def as_lists(labels):
    return [np.flatnonzero(row).tolist() for row in labels]


def oracle(labels, probs, filter_by="prune_by_noise_rate"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_multilabel_issues_per_class(as_lists(labels), probs, n_jobs=1, filter_by=filter_by)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("filter_by", ["prune_by_noise_rate", "prune_by_class", "both"])
def test_the_masks_are_those_of_cleanlab(seed, filter_by):
    labels, probs, _ = made(seed)
    assert (multilabel.find_issues(labels, probs) == oracle(labels, probs, filter_by)).all()


@pytest.mark.parametrize("seed", range(60))
def test_the_masks_are_those_of_cleanlab_where_halves_are_rounded_and_classes_are_small(seed):
    labels, probs, _ = made(seed, n=4 + seed % 23, n_classes=4, noise=0.3)
    labels = labels[:, ~labels.all(axis=0)]  # cleanlab refuses a class that everything has
    probs = probs[:, : labels.shape[1]]
    assert (multilabel.find_issues(labels, probs) == oracle(labels, probs)).all()


@pytest.mark.parametrize("n_classes", [2, 6, 40])
def test_the_scores_are_those_of_cleanlab(n_classes):
    labels, probs, _ = made(0, n_classes=n_classes)
    expected = get_label_quality_scores(as_lists(labels), probs)
    assert np.allclose(multilabel.item_quality(labels, probs), expected, atol=1e-12)


def test_one_contradicted_yes_and_one_contradicted_no_are_found():
    labels = np.array([[True]] * 10 + [[False]] * 10)
    probs = np.array([[0.9]] * 9 + [[0.05]] + [[0.1]] * 9 + [[0.95]])
    assert np.flatnonzero(multilabel.find_issues(labels, probs)).tolist() == [9, 19]
    suspects = multilabel.suspect(labels, probs)
    assert sorted(zip(suspects.item.tolist(), suspects.given.tolist(), strict=True)) == [
        (9, True),
        (19, False),
    ]


def test_errors_rank_first_and_the_scores_mean_what_they_say():
    labels, probs, wrong = made(1, n=5000)
    suspects = multilabel.suspect(labels, probs)
    right = wrong[suspects.item, suspects.of_class]
    assert (np.diff(suspects.score) <= 0).all()
    assert right[: len(right) // 2].mean() > 0.9
    assert right.mean() == pytest.approx(suspects.score.mean(), abs=0.15)


@pytest.mark.parametrize("shape", [(0, 3), (5, 0), (1, 1), (4, 2)])
@pytest.mark.parametrize("given", [True, False])
def test_nothing_to_find_is_found_in_next_to_nothing(shape, given):
    labels, probs = np.full(shape, given), np.full(shape, 0.5)
    assert not multilabel.find_issues(labels, probs).any()
    assert np.isfinite(multilabel.wrongness(labels, probs)).all()
    assert multilabel.item_quality(labels, probs).shape == (shape[0],)
    assert len(multilabel.suspect(labels, probs).item) == 0


def test_probabilities_that_are_none_are_refused():
    labels, probs, _ = made(0)
    probs[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        multilabel.find_issues(labels, probs)
    with pytest.raises(ValueError, match="one shape"):
        multilabel.find_issues(labels[:, :2], probs)


def test_permuted_items_give_permuted_answers():
    labels, probs, _ = made(2)
    order = np.random.default_rng(0).permutation(len(labels))
    assert (
        multilabel.find_issues(labels, probs)[order] == multilabel.find_issues(labels[order], probs[order])
    ).all()


def test_hundreds_of_classes_take_little_time():
    labels, probs, _ = made(3, n=10_000, n_classes=300)
    start = time.perf_counter()
    multilabel.find_issues(labels, probs)
    assert time.perf_counter() - start < 3
