import warnings

import numpy as np
import pytest

from detection.algorithms import confident_learning as cl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cleanlab.count import compute_confident_joint
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores


def noisy(seed: int, n: int, k: int, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels with errors, and a model's probabilities for them."""
    rng = np.random.default_rng(seed)
    true = rng.choice(k, n, p=rng.dirichlet(np.full(k, 2.0)))
    scores = np.exp(sharpness * (np.eye(k)[true] + rng.normal(scale=0.7, size=(n, k))))
    labels = np.where(rng.random(n) < 0.15, rng.integers(0, k, n), true)
    labels[:k] = np.arange(k)
    return labels, scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("filter_by", ["prune_by_noise_rate", "prune_by_class", "both"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n", "k"), [(60, 2), (500, 3), (2000, 10), (3000, 40)])
def test_the_issue_mask_is_the_one_of_cleanlab(seed: int, n: int, k: int, filter_by: cl.FilterBy) -> None:
    labels, probs = noisy(seed, n, k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = find_label_issues(labels, probs, filter_by=filter_by, n_jobs=1)
    assert expected.any()
    np.testing.assert_array_equal(cl.find_issues(labels, probs, filter_by), expected)


def test_the_mask_agrees_where_a_class_is_empty_or_has_one_item() -> None:
    labels, probs = noisy(3, 400, 5)
    labels = np.where(labels == 2, 1, labels)
    labels[np.flatnonzero(labels == 4)[1:]] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = find_label_issues(labels, probs, n_jobs=1)
    np.testing.assert_array_equal(cl.find_issues(labels, probs), expected)


def test_the_joint_is_the_one_of_cleanlab() -> None:
    labels, probs = noisy(1, 3000, 12)
    np.testing.assert_array_equal(cl.confident_joint(labels, probs), compute_confident_joint(labels, probs))


def test_the_scores_are_those_of_cleanlab() -> None:
    labels, probs = noisy(2, 1000, 6)
    for method, ours in (
        ("self_confidence", cl.self_confidence),
        ("normalized_margin", cl.normalised_margin),
    ):
        expected = get_label_quality_scores(labels, probs, method=method)
        np.testing.assert_allclose(ours(labels, probs), expected, rtol=1e-12)


def test_a_joint_worked_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
    # The thresholds are mean self-confidences: the third item is confidently of class 1, the last of none.
    np.testing.assert_allclose(cl.thresholds(labels, probs), [0.6, 0.8])
    np.testing.assert_array_equal(cl.confident_joint(labels, probs), [[2, 1], [0, 3]])
    np.testing.assert_array_equal(cl.find_issues(labels, probs), [0, 0, 1, 0, 0, 0])


def test_probabilities_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        cl.find_issues(np.array([0, 1]), np.array([[0.5, np.nan], [0.5, 0.5]]))
