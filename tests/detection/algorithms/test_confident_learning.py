"""The oracle is cleanlab, on the same probabilities, by compiled loops and by NumPy."""

import csv
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from detection.algorithms import compiled
from detection.algorithms import confident_learning as cl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cleanlab.count import compute_confident_joint
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]
SCORES = {
    "self_confidence": cl.self_confidence,
    "normalized_margin": cl.normalised_margin,
    "confidence_weighted_entropy": cl.confidence_weighted_entropy,
}
pytestmark = pytest.mark.usefixtures("way")


@pytest.fixture(params=["compiled", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr(compiled, "worth_it", lambda size: request.param == "compiled")


def noisy(seed: int, n: int, k: int, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels with errors, and a model's probabilities for them."""
    rng = np.random.default_rng(seed)
    true = rng.choice(k, n, p=rng.dirichlet(np.full(k, 2.0)))
    scores = np.exp(sharpness * (np.eye(k)[true] + rng.normal(scale=0.7, size=(n, k))))
    labels = np.where(rng.random(n) < 0.15, rng.integers(0, k, n), true)
    labels[:k] = np.arange(k)
    return labels, scores / scores.sum(axis=1, keepdims=True)


def oracle(labels: np.ndarray, probs: np.ndarray, filter_by: str = "prune_by_noise_rate") -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_label_issues(labels, probs, filter_by=filter_by, n_jobs=1)


@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "k"), [(60, 2), (500, 3), (2000, 10), (3000, 40), (2000, 300)])
def test_the_issue_mask_is_the_one_of_cleanlab(seed: int, n: int, k: int, filter_by: cl.FilterBy) -> None:
    labels, probs = noisy(seed, n, k)
    for dtype in (np.float32, np.float64):
        expected = oracle(labels, probs.astype(dtype), filter_by)
        assert expected.any()
        np.testing.assert_array_equal(cl.find_issues(labels, probs.astype(dtype), filter_by), expected)


@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("digits", [0, 1, 2])
def test_the_mask_agrees_where_probabilities_tie(digits: int, filter_by: cl.FilterBy) -> None:
    for seed in range(4):
        labels, probs = noisy(seed, 1500, 6)
        probs = probs.round(digits)
        np.testing.assert_array_equal(
            cl.find_issues(labels, probs, filter_by), oracle(labels, probs, filter_by)
        )


@pytest.mark.parametrize("filter_by", FILTERS)
def test_the_mask_agrees_on_answers_that_are_all_the_same(filter_by: cl.FilterBy) -> None:
    labels, _ = noisy(0, 300, 3)
    probs = np.full((300, 3), 1 / 3)
    np.testing.assert_array_equal(cl.find_issues(labels, probs, filter_by), oracle(labels, probs, filter_by))


@pytest.mark.parametrize("filter_by", FILTERS)
def test_the_mask_agrees_where_a_class_is_empty_or_has_one_item(filter_by: cl.FilterBy) -> None:
    labels, probs = noisy(3, 400, 5)
    labels = np.where(labels == 2, 1, labels)
    labels[np.flatnonzero(labels == 4)[1:]] = 0
    for dtype in (np.float32, np.float64):
        given = probs.astype(dtype)
        np.testing.assert_array_equal(
            cl.find_issues(labels, given, filter_by), oracle(labels, given, filter_by)
        )


@pytest.mark.parametrize("filter_by", FILTERS)
def test_the_mask_agrees_on_a_model_that_is_mostly_wrong(filter_by: cl.FilterBy) -> None:
    labels, probs = noisy(5, 2000, 8, sharpness=0.3)
    np.testing.assert_array_equal(cl.find_issues(labels, probs, filter_by), oracle(labels, probs, filter_by))


@pytest.mark.parametrize("name", ["news20_test", "mnist_test"])
def test_masks_and_scores_agree_on_published_probabilities(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{SHARED / name} is not here")
    with (SHARED / name / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(column for column in rows[0] if column.startswith("given"))
    labels = np.array([int(row[column]) for row in rows])
    with np.load(SHARED / name / "pred_probs.npz") as archive:
        probs = archive[archive.files[0]]
    assert probs.ndim == 2
    for filter_by in FILTERS:
        np.testing.assert_array_equal(
            cl.find_issues(labels, probs, filter_by), oracle(labels, probs, filter_by)
        )
    for method, ours in SCORES.items():
        expected = get_label_quality_scores(labels, probs, method=method)
        np.testing.assert_allclose(ours(labels, probs), expected, atol=2e-4)


def test_the_order_in_memory_does_not_matter() -> None:
    labels, probs = noisy(1, 800, 5)
    np.testing.assert_array_equal(
        cl.find_issues(labels, np.asfortranarray(probs)), cl.find_issues(labels, probs)
    )


def test_one_class_or_no_items_have_no_issues() -> None:
    assert not cl.find_issues(np.zeros(5, dtype=int), np.ones((5, 1))).any()
    assert not cl.find_issues(np.zeros(5, dtype=int), np.tile([0.4, 0.6], (5, 1)), "confident_learning").any()
    assert cl.find_issues(np.zeros(0, dtype=int), np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize("k", [2, 12, 200])
def test_the_joint_is_the_one_of_cleanlab(k: int) -> None:
    labels, probs = noisy(1, 3000, k)
    np.testing.assert_array_equal(cl.confident_joint(labels, probs), compute_confident_joint(labels, probs))


@pytest.mark.parametrize("method", SCORES)
def test_the_scores_are_those_of_cleanlab(method: str) -> None:
    labels, probs = noisy(2, 1000, 6)
    expected = get_label_quality_scores(labels, probs, method=method)
    np.testing.assert_allclose(SCORES[method](labels, probs), expected, rtol=1e-9)


def test_entropy_tells_right_from_wrong_in_saturated_answers_only_above_a_floor() -> None:
    labels, probs = np.array([0, 0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(cl.confidence_weighted_entropy(labels, probs), 0, atol=1e-9)
    right, wrong = cl.confidence_weighted_entropy(labels, probs, floor=1e-6)
    assert right > 0.9
    assert wrong < 0.5


def test_a_joint_worked_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
    # The thresholds are mean self-confidences: the third item is confidently of class 1, the last of none.
    np.testing.assert_allclose(cl.thresholds(labels, probs), [0.6, 0.8])
    np.testing.assert_array_equal(cl.confident_joint(labels, probs), [[2, 1], [0, 3]])
    np.testing.assert_array_equal(cl.find_issues(labels, probs), [0, 0, 1, 0, 0, 0])


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -0.5, 1.5])
def test_what_is_no_probability_is_refused(value: float) -> None:
    for place in ((0, 0), (0, 1)):
        probs = np.full((2, 2), 0.5)
        probs[place] = value
        with pytest.raises(ValueError, match="between 0 and 1"):
            cl.find_issues(np.array([0, 1]), probs)


def test_a_nought_with_a_sign_is_a_nought() -> None:
    labels, probs = noisy(2, 500, 4)
    probs = probs.round(2)
    np.testing.assert_array_equal(
        cl.find_issues(labels, np.where(probs == 0, -0.0, probs)), cl.find_issues(labels, probs)
    )


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match="n_classes"):
        cl.find_issues(np.array([0, label]), np.full((2, 3), 1 / 3))


def test_nothing_is_compiled_for_a_small_dataset() -> None:
    program = (
        "import sys, numpy as np; from detection.algorithms import confident_learning as cl;"
        "cl.find_issues(np.arange(9) % 3, np.full((9, 3), 1 / 3)); sys.exit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
