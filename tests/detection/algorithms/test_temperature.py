"""How held-out scores become probabilities."""

import numpy as np

from detection.algorithms import temperature


def made(n: int, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities that are right, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(k, 0.5), n)
    labels = (probs.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return np.log(np.maximum(probs, 1e-6)), labels


def test_scores_of_great_variance_are_believed_less() -> None:
    logs, labels = made(4000, 3, 0)
    rng = np.random.default_rng(1)
    variance = np.where(np.arange(4000) % 2 == 0, 0.01, 1.0)
    noisy = logs + rng.normal(size=logs.shape) * 6 * np.sqrt(variance)[:, None]
    belief, surprise = temperature.fit_uncertain(noisy, variance, labels)
    assert belief.doubt > 1
    assert surprise < temperature.fit(noisy, labels)[1] - 0.05


def test_where_variance_says_nothing_belief_is_a_temperature() -> None:
    logs, labels = made(4000, 3, 2)
    belief, surprise = temperature.fit_uncertain(logs / 3, np.ones(4000), labels)
    plain, expected = temperature.fit(logs / 3, labels)
    assert surprise < expected + 1e-3
    np.testing.assert_allclose(temperature.softmax(belief.of(logs / 3, np.ones(4000))), plain, atol=0.03)


def test_a_blend_leans_on_the_model_that_knows() -> None:
    logs, labels = made(4000, 3, 3)
    guess = np.random.default_rng(4).normal(size=logs.shape) * 3
    blended = temperature.blend([guess, logs], labels)
    at = np.arange(len(labels))
    assert np.corrcoef(blended[at, labels], np.exp(logs[at, labels]))[0, 1] > 0.98


def test_a_blend_is_no_worse_than_each_of_its_models() -> None:
    logs, labels = made(4000, 4, 5)
    rng = np.random.default_rng(6)
    models = [logs + rng.normal(size=logs.shape) for _ in range(2)]
    together = temperature.surprise(temperature.blend(models, labels), labels)
    assert together < min(temperature.fit(model, labels)[1] for model in models)
