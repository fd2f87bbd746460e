"""The closed forms are what refitting without each item would give; no model is asked about what it saw."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from detection.algorithms import forest, kernel_ridge, nearest, out_of_fold, sparse_ridge


def quiet(_: float) -> None:
    """No progress to report."""


def clusters(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    return (np.eye(k)[labels] * 2 + rng.normal(size=(n, k))).astype(np.float32), labels


@pytest.mark.parametrize("landmarks", [12, 30])
def test_leaving_one_out_in_closed_form_equals_refitting(landmarks: int) -> None:
    features, labels = clusters(30, 3)
    kernel = kernel_ridge.Kernel.of(features, landmarks, 0).at(0.7)
    lifted = np.vstack([part for _, part in kernel.lift(features)]).astype(float)
    targets = np.eye(3)[labels]
    model = kernel_ridge._decomposed(kernel_ridge.Coordinates.of(kernel, features), labels, 3)
    penalties = kernel_ridge.PENALTIES[2:]
    found = model.left_out(labels, slice(None), penalties)
    for penalty, (scores, variance) in zip(penalties, found, strict=True):
        for i in range(30):
            others = np.arange(30) != i
            refitted = Ridge(alpha=penalty, fit_intercept=False).fit(lifted[others], targets[others])
            np.testing.assert_allclose(scores[i], refitted.predict(lifted[i : i + 1])[0], atol=2e-2)
            gram = lifted[others].T @ lifted[others] + penalty * np.eye(landmarks)
            assert variance[i] == pytest.approx(lifted[i] @ np.linalg.solve(gram, lifted[i]), rel=0.02)


def test_with_all_items_as_landmarks_the_kernel_is_exact() -> None:
    features, _ = clusters(40, 3)
    kernel = kernel_ridge.Kernel.of(features, 40, 0).at(0.5)
    lifted = np.vstack([part for _, part in kernel.lift(features)])
    apart = np.linalg.norm(features[:, None] - features[None], axis=2)
    expected = 1 + np.exp(-(apart**2) / kernel.scale)
    np.testing.assert_allclose(lifted @ lifted.T, expected, atol=2e-3)


def test_coordinates_that_there_is_no_room_for_are_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = clusters(300, 3)
    kept = kernel_ridge.left_out_scores(features, labels, 3, seed=0, tick=quiet)
    monkeypatch.setattr(kernel_ridge, "KEPT", 0)
    again = kernel_ridge.left_out_scores(features, labels, 3, seed=0, tick=quiet)
    np.testing.assert_allclose(again, kept, rtol=1e-3, atol=1e-3)


def test_far_outliers_that_are_equal_do_no_harm() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_cauchy((400, 6)).astype(np.float32) ** 3
    features[200:] = features[:200] * np.float32(1 + 1e-6)
    labels = rng.integers(0, 3, 400)
    probs = out_of_fold.probabilities(features, labels, 3)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-4)


def test_ranks_make_skewed_columns_as_good_as_even_ones() -> None:
    rng = np.random.default_rng(0)
    even = rng.normal(size=(500, 3)).astype(np.float32)
    skewed = np.exp(3 * even)
    np.testing.assert_allclose(
        kernel_ridge.ranks_of(skewed)(skewed), kernel_ridge.ranks_of(even)(even), atol=1e-6
    )
    ranked = kernel_ridge.ranks_of(even)(even)
    assert np.abs(ranked.mean(axis=0)).max() < 1e-3
    assert np.corrcoef(ranked[:, 0], even[:, 0])[0, 1] > 0.99


def test_sparse_scores_come_close_to_refitting() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    dense = (rng.random((300, 400)) < np.where(labels[:, None] == 1, 0.05, 0.02)) * 1.0
    dense[:, 200:] = rng.random((300, 200)) < 0.03
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1)
    features = csr_array(dense.astype(np.float32))
    scores = sparse_ridge.left_out_scores(features, labels, 2, seed=0, tick=quiet)
    refitted = np.empty(300)
    for i in range(300):
        others = np.arange(300) != i
        model = Ridge(alpha=2.0, fit_intercept=False).fit(
            dense[others], labels[others] - labels[others].mean()
        )
        refitted[i] = model.predict(dense[i : i + 1])[0]
    assert np.corrcoef(scores[:, 1], refitted)[0, 1] > 0.95


@pytest.mark.parametrize("model", [kernel_ridge, forest])
def test_an_item_cannot_vouch_for_its_own_label(model: object) -> None:
    """Features without any information: a model that had seen the item would know better than chance."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 10)).astype(np.float32)
    labels = rng.integers(0, 2, 400)
    scores = model.left_out_scores(features, labels, 2, seed=0, tick=quiet)  # type: ignore[attr-defined]
    assert abs((scores.argmax(axis=1) == labels).mean() - 0.5) < 0.12


@pytest.mark.parametrize("sparse", [False, True])
def test_probabilities_sum_to_one_and_know_the_classes(sparse: bool) -> None:
    features, labels = clusters(400, 4)
    model = csr_array(np.maximum(features, 0)) if sparse else features
    probs = out_of_fold.probabilities(model, labels, 6)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-4)
    assert (probs[:, 4:] == 0).all()
    assert (probs.argmax(axis=1) == labels).mean() > 0.75


def test_an_item_without_a_label_has_no_prediction_and_teaches_nothing() -> None:
    features, labels = clusters(200, 3)
    labels[10] = -1
    probs = out_of_fold.probabilities(features, labels, 3)
    assert np.isnan(probs[10]).all()
    assert np.isfinite(np.delete(probs, 10, axis=0)).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_a_handful_of_items_do_no_harm(n: int) -> None:
    features = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
    probs = out_of_fold.probabilities(features, np.arange(n) % 3, 3)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-4)


def test_one_class_is_certain() -> None:
    features, labels = clusters(50, 1)
    np.testing.assert_allclose(out_of_fold.probabilities(features, labels, 1), 1)


def test_the_same_seed_gives_the_same_probabilities() -> None:
    features, labels = clusters(200, 3)
    first, second = (out_of_fold.probabilities(features, labels, 3, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_tick_that_raises_stops_the_work() -> None:
    features, labels = clusters(200, 3)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        out_of_fold.probabilities(features, labels, 3, tick=stop)


@pytest.mark.parametrize("n", [5, 40, 700, 2500])
def test_neighbours_are_those_of_a_full_comparison(n: int) -> None:
    rng = np.random.default_rng(n)
    space = rng.normal(size=(n, 6)).astype(np.float32)
    found = nearest.search(space, k=5)
    distances = np.linalg.norm(space[:, None].astype(float) - space[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(distances, axis=1)[:, : min(5, n - 1)]
    at = np.take_along_axis(distances, found.item[:, : min(5, n - 1)].astype(np.int64), axis=1)
    np.testing.assert_allclose(at, expected, rtol=1e-4)
    assert (found.item[:, min(5, n - 1) :] == -1).all()


def test_identical_items_are_fully_similar_and_not_their_own_neighbours() -> None:
    space = np.repeat(np.random.default_rng(0).normal(size=(100, 4)), 2, axis=0).astype(np.float32)
    found = nearest.search(space, k=3)
    np.testing.assert_array_equal(found.item[:, 0], np.arange(200) ^ 1)
    np.testing.assert_allclose(found.similarity[:, 0], 1, atol=1e-5)


def test_a_crowd_of_identical_items_is_no_trouble() -> None:
    space = np.ones((3000, 4), dtype=np.float32)
    space[7] = 2
    found = nearest.search(space, k=5)
    assert (found.item != np.arange(3000)[:, None]).all()
    np.testing.assert_allclose(found.similarity[8], 1, atol=1e-6)
