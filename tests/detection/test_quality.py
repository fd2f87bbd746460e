"""How much of known errors is found: bounds well under what is measured, so that only real losses break."""

import csv
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from sklearn.datasets import load_breast_cancer, load_digits

from detection import features
from detection.algorithms import near_duplicates, out_of_fold
from detection.algorithms.detector import Inputs, Names, Votes
from detection.algorithms.health import assess
from detection.algorithms.posterior import estimate
from detection.algorithms.registry import for_task
from detection.algorithms.suspicions import judge, merge

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class Result:
    """What a run over one noisy dataset comes to, against the truth."""

    def __init__(
        self, made: features.Features, labels: np.ndarray, truth: np.ndarray, n_classes: int
    ) -> None:
        inputs = Inputs(
            labels=labels,
            n_classes=n_classes,
            probs=out_of_fold.probabilities(made.model, labels, n_classes),
            neighbours=features.neighbours(made, k=10),
            content=np.arange(len(labels)),
            duplicate_at=made.duplicate_at,
            space=made.space,
        )
        detectors = [d for d in for_task("classification") if d.needs <= inputs.available]
        found = {detector.name: detector.run(inputs) for detector in detectors}
        judgement = judge(inputs, group=near_duplicates.groups(inputs))
        names = Names([str(k) for k in range(n_classes)], [], range(len(labels)))
        # Ambiguous items and bad data are other claims than that a label is wrong.
        merged = merge(inputs, judgement, found, detectors, names)
        suspicions = [suspicion for suspicion in merged if suspicion.suggested >= 0]
        wrong = labels != truth
        items = np.array([s.item for s in suspicions])
        first = items[: round(0.05 * len(labels))]
        self.precision_first = wrong[first].mean()
        self.recall = wrong[items].sum() / wrong.sum()
        suggested = np.array([s.suggested for s in suspicions])
        self.right_suggestions = (suggested == truth[items])[wrong[items]].mean()
        stated = np.array([s.score for s in suspicions])
        self.overstated = abs(stated.mean() - wrong[items].mean())
        self.health, self.error_rate = assess(judgement.wrongness), wrong.mean()


def flipped(truth: np.ndarray, n_classes: int, seed: int, *, pairs: bool) -> np.ndarray:
    """One label in twenty changed: to any other class, or to the one class that each is confused with."""
    rng = np.random.default_rng(seed)
    shift = 1 if pairs else rng.integers(1, n_classes, len(truth))
    return np.where(rng.random(len(truth)) < 0.05, (truth + shift) % n_classes, truth)


def shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder


def table(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("pairs", [False, True])
def test_digits(pairs: bool) -> None:
    digits = load_digits()
    pixels = np.repeat(np.repeat(digits.images * 15.9, 4, axis=1), 4, axis=2).astype(np.uint8)
    made = features.from_images([np.repeat(pixels[..., None], 3, axis=3)])
    result = Result(made, flipped(digits.target, 10, 0, pairs=pairs), digits.target, 10)
    assert result.precision_first > 0.9
    assert result.recall > 0.9
    assert result.right_suggestions > 0.9
    assert result.overstated < 0.08
    assert result.health.low < result.error_rate < result.health.high


def test_breast_cancer() -> None:
    data = load_breast_cancer()
    rows = [dict(zip(data.feature_names, row, strict=True)) for row in data.data]
    made = features.from_rows(rows)
    # A front of the queue of 28 items says little: five of them say more.
    results = [Result(made, flipped(data.target, 2, seed, pairs=False), data.target, 2) for seed in range(5)]
    assert np.mean([result.precision_first for result in results]) > 0.78
    assert np.mean([result.recall for result in results]) > 0.85


@pytest.mark.parametrize("rate", [0, 0.05, 0.1])
def test_the_shown_probability_means_what_it_says_with_few_errors_and_many(rate: float) -> None:
    data = load_breast_cancer()
    rng = np.random.default_rng(7)
    given = np.where(rng.random(len(data.target)) < rate, 1 - data.target, data.target)
    probs = out_of_fold.probabilities(data.data.astype(np.float32), given, 2)
    doubt = judge(Inputs(labels=given, n_classes=2, probs=probs)).wrongness
    gaps = np.bincount((doubt * 9.999).astype(int), doubt - (given != data.target))
    assert np.abs(gaps).sum() / len(given) < 0.03


@pytest.mark.parametrize(("given", "precision", "recall"), [("uniform", 0.88, 0.9), ("classdep", 0.9, 0.8)])
def test_text_messages(given: str, precision: float, recall: float) -> None:
    labels = table(shared("sms_spam_injected") / "labels.csv")
    made = features.from_texts([labels["text"]])
    noisy, truth = (np.array(labels[name], dtype=int) for name in (f"given_{given}", "true_label"))
    result = Result(made, noisy, truth, 2)
    assert result.precision_first > precision
    assert result.recall > recall


@pytest.mark.parametrize("given", ["uniform", "classdep"])
def test_letters(given: str) -> None:
    folder = shared("letter_injected")
    labels = table(folder / "labels.csv")
    made = features.from_rows(parquet.read_table(folder / "features.parquet").to_pylist())
    noisy, truth = (np.array(labels[name], dtype=int) for name in (f"given_{given}", "true_label"))
    result = Result(made, noisy, truth, 26)
    assert result.precision_first > 0.9
    assert result.recall > 0.9
    assert result.right_suggestions > 0.9


def test_the_consensus_of_a_crowd_beats_the_majority() -> None:
    folder = shared("music_genre_crowd")
    answers, truth = table(folder / "answers.csv"), table(folder / "truth.csv")
    item, annotator, value = (np.array(answers[name], dtype=int) for name in ("item", "worker", "label"))
    true = np.array(truth["true_label"], dtype=int)
    tally = np.zeros((len(true), 10))
    np.add.at(tally, (item, value), 1)
    majority = tally.argmax(axis=1)
    votes = Votes(item, annotator, value, annotator.max() + 1)
    consensus = estimate(Inputs(labels=majority, n_classes=10, votes=votes), use_official=False)
    assert (consensus.probs.argmax(axis=1) == true).mean() > (majority == true).mean() + 0.04
