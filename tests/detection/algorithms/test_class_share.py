import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from detection.algorithms import nearest, out_of_fold
from detection.algorithms.class_share import FLOOR, capped, cut, rare_counts
from detection.algorithms.detector import Inputs, Names
from detection.algorithms.registry import for_task
from detection.algorithms.suspicions import judge, merge

cleanlab_filter = pytest.importorskip("cleanlab.filter")


def test_a_class_may_have_twice_as_many_suspicions_as_errors_are_expected_in_it() -> None:
    # Class 1 expects 2 errors, and may have 2·2 + 3 of the 20 that were found.
    labels, wrongness = np.array([0] * 30 + [1] * 20), np.array([0.0] * 30 + [0.1] * 20)
    assert capped(range(30, 50), labels, wrongness, 2) == list(range(30, 37))


def test_a_queue_that_is_cut_keeps_the_first_of_each_class() -> None:
    classes = [0] * 50 + [1] * 5
    kept = cut(list(range(55)), classes, 20)
    assert len(kept) == 20
    assert kept == [*range(20 - FLOOR), *range(50, 50 + FLOOR)]
    assert cut(list(range(55)), classes, None) == list(range(55))
    assert cut(list(range(55)), classes, 2) == [0, 1]


def test_a_class_with_less_than_a_fifth_of_an_equal_share_is_rare() -> None:
    assert rare_counts(np.array([0] * 95 + [1] * 5), 3) == {1: 5}
    assert rare_counts(np.array([0, 1, 2]), 3) == {}


def test_at_one_to_a_hundred_half_of_the_rare_flags_are_right_at_the_recall_of_cleanlab() -> None:
    rng = np.random.default_rng(0)
    true = (rng.random(10_000) < 0.01).astype(int)
    labels = np.where((true == 0) & (rng.random(10_000) < 0.007), 1, true)
    labels = np.where((true == 1) & (rng.random(10_000) < 0.1), 0, labels)
    points = (rng.normal(size=(10_000, 6)) + 1.6 * true[:, None]).astype(np.float32)
    model = LogisticRegression(class_weight="balanced")
    balanced = cross_val_predict(model, points, labels, cv=5, method="predict_proba")
    theirs = cleanlab_filter.find_label_issues(labels, balanced, n_jobs=1) & (labels == 1)
    inputs = Inputs(
        labels=labels,
        n_classes=2,
        probs=out_of_fold.probabilities(points, labels, 2),
        neighbours=nearest.search(points, k=10),
        content=np.arange(10_000),
        space=points,
    )
    detectors = [d for d in for_task("classification") if d.needs <= inputs.available]
    found = {detector.name: detector.run(inputs) for detector in detectors}
    suspicions = merge(inputs, judge(inputs), found, detectors, Names(["often", "rare"], [], range(10_000)))
    ours = [s for s in suspicions if s.suggested == 0]
    items = np.array([s.item for s in ours])
    wrong = labels != true
    rare_wrong = wrong & (labels == 1)
    recall = wrong[theirs].sum() / rare_wrong.sum()
    # As many of the likeliest as are needed to find what cleanlab finds.
    needed = np.searchsorted(np.cumsum(wrong[items]), recall * rare_wrong.sum() - 1e-9) + 1
    assert needed <= len(items)
    assert wrong[items[:needed]].mean() >= 0.5
    assert wrong[items].mean() >= 0.5
    assert "“rare” is rare here" in ours[0].evidence[0][1].text
