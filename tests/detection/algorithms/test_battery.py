"""Every detector goes through the same trials."""

from typing import Any

import numpy as np
import pytest

from detection.algorithms import near_duplicates, nearest
from detection.algorithms.detector import Condition, Detector, Inputs, Names, Votes
from detection.algorithms.registry import DETECTORS, for_task
from detection.algorithms.suspicions import KIND_ORDER, Suspicion, judge, merge

N, K = 240, 4


def a_dataset(seed: int = 0, n: int = N, n_classes: int = K) -> Inputs:
    """Clusters of points, one per class, with wrong labels, copies, three annotators and a model."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    labels = np.where(rng.random(n) < 0.1, rng.integers(0, n_classes, n), true)
    points = (np.eye(n_classes)[true] * 4 + rng.normal(size=(n, n_classes))).astype(np.float32)
    points[5] *= -30
    scores = np.exp(points / 2 + rng.normal(scale=0.05, size=points.shape))
    votes = np.where(rng.random((n, 3)) < 0.15, rng.integers(0, n_classes, (n, 3)), true[:, None])
    item, annotator = (axis.ravel() for axis in np.indices((n, 3)))
    content = np.arange(n)
    content[1::40] = content[0::40][: len(content[1::40])]
    return Inputs(
        labels=labels,
        n_classes=n_classes,
        probs=scores / scores.sum(axis=1, keepdims=True),
        votes=Votes(item, annotator, votes.ravel(), 3),
        neighbours=nearest.search(points, k=6),
        content=content,
        duplicate_at=0.9999,
        space=points,
        gold=np.where(rng.random(n) < 0.3, true, -1),
        guideline=(rng.random(n) < 0.8).astype(int),
        condition=of_texts(np.where(np.arange(n) == 3, 0.0, 40.0)),
    )


def of_texts(length: np.ndarray) -> Condition:
    unknown = np.full(len(length), np.nan)
    return Condition(np.ones(len(length)), length, np.zeros(len(length)), *[unknown] * 4)


def changed(inputs: Inputs, **parts: Any) -> Inputs:
    return Inputs(**{**inputs.__dict__, **parts})


def permuted(inputs: Inputs, order: np.ndarray) -> Inputs:
    """The same dataset with item `order[i]` in place i."""
    place = np.argsort(order)
    votes, neighbours = inputs.votes, inputs.neighbours
    return changed(
        inputs,
        labels=inputs.labels[order],
        probs=inputs.probs[order],
        votes=votes._replace(item=place[votes.item]),
        neighbours=neighbours._replace(
            item=np.where(neighbours.item >= 0, place[neighbours.item], -1)[order],
            similarity=neighbours.similarity[order],
        ),
        content=inputs.content[order],
        space=inputs.space[order],
        gold=inputs.gold[order],
        guideline=inputs.guideline[order],
        condition=Condition(*(column[order] for column in inputs.condition)),
    )


def names(inputs: Inputs) -> Names:
    return Names(
        [f"class {k}" for k in range(inputs.n_classes)], ["ann", "bo", "cy"], range(len(inputs.labels))
    )


@pytest.fixture(params=DETECTORS.values(), ids=DETECTORS.keys())
def detector(request: pytest.FixtureRequest) -> Detector:
    return request.param


def test_it_finds_something_in_a_noisy_dataset_and_says_why(detector: Detector) -> None:
    inputs = a_dataset()
    findings = detector.run(inputs)
    assert len(findings.index) > 0
    for j in range(len(findings.index)):
        evidence = detector.tell(inputs, findings, j, names(inputs))
        assert evidence.text.endswith(".")
        assert "class" in evidence.text or detector.kind == "bad_data"


def test_findings_are_finite_aligned_and_in_range(detector: Detector) -> None:
    inputs = a_dataset()
    findings = detector.run(inputs)
    assert findings.scores.shape == (N,)
    assert np.isfinite(findings.scores).all()
    assert findings.scores.min() >= 0
    assert findings.scores.max() <= 1
    assert (np.diff(findings.index) > 0).all()
    assert findings.suggested.shape == findings.index.shape
    assert (findings.suggested != inputs.labels[findings.index]).all()
    assert ((findings.suggested >= -1) & (findings.suggested < K)).all()
    assert all(len(column) == len(findings.index) for column in findings.data.values())


def test_the_same_seed_gives_the_same_answer(detector: Detector) -> None:
    first, second = detector.run(a_dataset()), detector.run(a_dataset())
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(first.index, second.index)


def test_permuted_rows_give_permuted_scores_and_findings(detector: Detector) -> None:
    inputs = a_dataset()
    if detector.kind == "bad_data":  # of copies, the one that came in last is flagged
        inputs = changed(inputs, content=np.arange(N))
    order = np.random.default_rng(1).permutation(N)
    straight, shuffled = detector.run(inputs), detector.run(permuted(inputs, order))
    np.testing.assert_allclose(shuffled.scores, straight.scores[order], atol=1e-9)
    assert set(order[shuffled.index]) == set(straight.index)


def test_no_items_give_no_findings(detector: Detector) -> None:
    none = np.zeros(0, dtype=np.int64)
    inputs = Inputs(
        labels=none,
        n_classes=K,
        probs=np.zeros((0, K)),
        votes=Votes(none, none, none, 0),
        neighbours=nearest.search(np.zeros((0, 2), dtype=np.float32), k=6),
        content=none,
        space=np.zeros((0, 2), dtype=np.float32),
        gold=none,
        guideline=none,
        condition=of_texts(np.zeros(0)),
    )
    findings = detector.run(inputs)
    assert len(findings.index) == 0
    assert findings.scores.shape == (0,)


def test_one_class_gives_no_findings(detector: Detector) -> None:
    if detector.kind in ("bad_data", "out_of_distribution"):
        pytest.skip("it says nothing about classes")
    assert len(detector.run(a_dataset(n_classes=1)).index) == 0


def test_a_class_with_one_example_does_no_harm(detector: Detector) -> None:
    inputs = a_dataset()
    labels = np.where(inputs.labels == 3, 2, inputs.labels)
    labels[0] = 3
    findings = detector.run(changed(inputs, labels=labels))
    assert np.isfinite(findings.scores).all()


def test_an_item_without_a_label_a_vote_or_a_prediction_is_never_found(detector: Detector) -> None:
    inputs = a_dataset()
    found = int(detector.run(inputs).index[0])
    labels, probs = inputs.labels.copy(), inputs.probs.copy()
    labels[found], probs[found] = -1, np.nan
    votes = Votes(*(part[inputs.votes.item != found] for part in inputs.votes[:3]), 3)
    findings = detector.run(changed(inputs, labels=labels, probs=probs, votes=votes))
    assert found not in findings.index
    assert findings.scores[found] == 0


def together(inputs: Inputs) -> list[Suspicion]:
    """What all detectors find, merged."""
    detectors = for_task("classification")
    found = {detector.name: detector.run(inputs) for detector in detectors}
    judgement = judge(inputs, group=near_duplicates.groups(inputs))
    return merge(inputs, judgement, found, detectors, names(inputs))


def test_what_detectors_find_together_is_one_doubt_per_label_the_surest_first() -> None:
    inputs = a_dataset()
    doubts = [
        suspicion
        for suspicion in together(inputs)
        if suspicion.kind in KIND_ORDER and suspicion.suggested >= 0
    ]
    items = [suspicion.item for suspicion in doubts]
    scores = [suspicion.score for suspicion in doubts]
    assert len(items) == len(set(items)) > 10
    assert scores == sorted(scores, reverse=True)
    assert 0.1 <= min(scores) <= max(scores) <= 1
    assert max(len(suspicion.evidence) for suspicion in doubts) >= 3
    assert all(suspicion.suggested != inputs.labels[suspicion.item] for suspicion in doubts)


def test_what_is_amiss_beside_the_label_has_its_own_suspicion_and_score() -> None:
    inputs = a_dataset()
    wrong = together(inputs)[0].item
    plain = {suspicion.item: suspicion.score for suspicion in together(inputs) if suspicion.suggested >= 0}
    empty = changed(inputs, condition=of_texts(np.where(np.arange(N) == wrong, 0.0, 40.0)))
    both = [suspicion for suspicion in together(empty) if suspicion.item == wrong]
    assert {suspicion.kind for suspicion in both} >= {"wrong_class", "bad_data"}
    assert {s.item: s.score for s in together(empty) if s.suggested >= 0} == plain
    [bad] = [suspicion for suspicion in both if suspicion.kind == "bad_data"]
    assert (bad.suggested, bad.score, len(bad.evidence)) == (-1, 0.95, 1)
    kinds = [(suspicion.item, suspicion.kind) for suspicion in together(empty)]
    assert len(kinds) == len(set(kinds))
