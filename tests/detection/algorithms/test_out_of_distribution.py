import numpy as np
import pytest

from detection.algorithms import out_of_distribution
from detection.algorithms.out_of_distribution import REFERENCE, distances, threshold

from .making import a_few, called

ood = pytest.importorskip("cleanlab.outlier")


def test_the_fence_is_two_ranges_beyond_the_upper_quartile_of_the_roots() -> None:
    # Roots 1, 2, 3, 4, 5: quartiles 2 and 4, so that the fence is (4 + 2 * 2)² = 64.
    assert threshold(np.array([1.0, 4, 9, 16, 25])) == 64


def test_the_distance_is_the_negative_logarithm_of_the_mean_similarity() -> None:
    # To (1, 0) the others have the similarities 2·x·y / (|x|² + |y|²): 1 and 0.8.
    space = np.array([[1.0, 0], [1.0, 0], [2.0, 0]], dtype=np.float32)
    assert distances(space)[0] == pytest.approx(-np.log(0.9))


def clusters(n: int, odd: int, seed: int = 0) -> np.ndarray:
    """Unit directions around five axes of ten, and at the end `odd` ones that point elsewhere each."""
    rng = np.random.default_rng(seed)
    points = np.eye(10)[rng.integers(0, 5, n)] + rng.normal(scale=0.15, size=(n, 10))
    points[n - odd :] = -np.eye(10)[rng.permutation(10)[:odd]] + rng.normal(scale=0.1, size=(odd, 10))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("n", [300, REFERENCE * 2])
def test_what_points_elsewhere_is_found_and_little_else(n: int) -> None:
    space = clusters(n, 5)
    inputs = a_few([0, 1] * (n // 2), space=space)
    found = out_of_distribution.run(inputs)
    assert set(found.index) >= set(range(n - 5, n))
    assert len(found.index) <= 5 + n // 100
    assert "times as far" in out_of_distribution.tell(inputs, found, 0, called("a", "b")).text


def test_a_rare_class_of_its_own_is_no_outlier_though_a_sample_hardly_has_it() -> None:
    space = clusters(REFERENCE * 3, 0)
    rare = np.arange(100, 3000, 120)
    space[rare] = -np.eye(10, dtype=np.float32)[9]
    found = out_of_distribution.run(a_few([0, 1] * (REFERENCE * 3 // 2), space=space))
    assert not set(found.index) & set(rare)


def test_the_ranking_is_that_of_cleanlab() -> None:
    space = clusters(400, 6)
    theirs = ood.OutOfDistribution().fit_score(features=space, verbose=False)
    assert set(np.argsort(theirs)[:6]) == set(np.argsort(-distances(space))[:6])
    assert np.corrcoef(theirs.argsort().argsort(), (-distances(space)).argsort().argsort())[0, 1] > 0.95
