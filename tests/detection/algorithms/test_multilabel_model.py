"""Probabilities of many classes at once: left-one-out is what refitting says, and errors stand out."""

import time

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score

from detection.algorithms import dense_ridge, multilabel_model


def made(n=300, n_classes=5, seed=0):
    """(features, which classes are true)."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, n_classes)) < rng.uniform(0.1, 0.5, n_classes)
    directions = rng.normal(size=(n_classes, 12))
    return (truth @ directions + rng.normal(scale=0.3, size=(n, 12))).astype(np.float32), truth


def sparse(features):
    positive = np.maximum(features, 0)
    return csr_array((positive / np.linalg.norm(positive, axis=1, keepdims=True)).astype(np.float32))


@pytest.mark.parametrize("form", [lambda features: features, sparse], ids=["dense", "sparse"])
def test_classes_that_an_item_has_are_likelier_though_no_item_was_seen(form):
    features, truth = made()
    probs = multilabel_model.probabilities(form(features), truth)
    assert probs.shape == truth.shape
    assert ((probs >= 0) & (probs <= 1)).all()
    for k in range(truth.shape[1]):
        assert roc_auc_score(truth[:, k], probs[:, k]) > 0.8
    assert probs.mean(axis=0) == pytest.approx(truth.mean(axis=0), abs=0.05)


@pytest.mark.parametrize("form", [lambda features: features, sparse], ids=["dense", "sparse"])
def test_an_items_own_label_has_no_say_in_its_probabilities(form):
    """Labels that nothing explains are not known: a model that had seen them would know them."""
    rng = np.random.default_rng(1)
    features, _ = made()
    labels = rng.random((300, 5)) < 0.3
    probs = multilabel_model.probabilities(form(features), labels)
    assert abs(roc_auc_score(labels.ravel(), probs.ravel()) - 0.5) < 0.1


def test_the_dense_scores_are_those_of_refitting_without_the_item(monkeypatch):
    monkeypatch.setattr(multilabel_model, "PENALTIES_DENSE", (0.5,))
    features, truth = made(60)
    targets = truth.astype(np.float32)
    scores = multilabel_model._dense(features, targets, 0, lambda _: None)
    standard = ((features - features.mean(axis=0)) / features.std(axis=0)).astype(np.float32)
    projection = dense_ridge.projection_of(standard, multilabel_model.BANDWIDTH, np.random.default_rng(0))
    lifted = np.vstack([part for _, part in dense_ridge.lift(standard, projection)]).astype(float)
    for item in (0, 7, 41):
        others = np.arange(60) != item
        gram = lifted[others].T @ lifted[others] + 0.5 * np.eye(lifted.shape[1])
        refitted = lifted[item] @ np.linalg.solve(gram, lifted[others].T @ targets[others])
        assert scores[item] == pytest.approx(refitted, abs=1e-3)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("n_classes", [0, 1, 3])
def test_little_or_nothing_is_answered_without_a_fuss(n, n_classes):
    features, labels = np.ones((n, 4), dtype=np.float32), np.zeros((n, n_classes), dtype=bool)
    probs = multilabel_model.probabilities(features, labels)
    assert probs.shape == (n, n_classes)
    assert np.isfinite(probs).all()


def test_hundreds_of_classes_cost_much_less_each_than_a_few():
    few, many = made(1500, 10), made(1500, 300)
    seconds = []
    for features, truth in (few, many):
        start = time.perf_counter()
        multilabel_model.probabilities(features, truth)
        seconds.append(time.perf_counter() - start)
    assert seconds[1] / 300 < 0.5 * seconds[0] / 10
