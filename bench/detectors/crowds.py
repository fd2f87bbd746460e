"""Several annotators: how often the consensus is right, and how fast it is found."""

import warnings
from collections.abc import Iterator

import numpy as np
from cleanlab.multiannotator import get_label_quality_multiannotator

from bench.detectors import sets
from bench.detectors.row import Row, seconds, speed
from detection.algorithms import crowdlab, out_of_fold, posterior
from detection.algorithms.detector import Inputs, Votes


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    yield _speed()
    crowds = [_simulated(seed) for seed in range(6 if full else 3)]
    if (sets.SHARED / "music_genre_crowd").is_dir():
        crowds.insert(0, _music())
    for name, votes, probs, truth in crowds:
        tally = crowdlab.count(votes, *probs.shape)
        majority = crowdlab.majority(tally)
        inputs = Inputs(labels=majority, n_classes=probs.shape[1], votes=votes, probs=probs)
        ours = posterior.estimate(inputs, use_official=False).probs.argmax(axis=1)
        theirs = crowdlab.consensus(votes, probs).label
        yield Row(
            f"consensus right, {name} (majority {(majority == truth).mean():.3f})",
            f"{(theirs == truth).mean():.3f}",
            f"{(ours == truth).mean():.3f}",
            "",
            "the best of them",
        )


def _speed() -> Row:
    rng = np.random.default_rng(0)
    n, people, k = 50_000, 5, 10
    true = rng.integers(0, k, n)
    wide = np.where(rng.random((n, people)) < 0.8, true[:, None], rng.integers(0, k, (n, people)))
    scores = np.exp(rng.normal(size=(n, k)) + 2 * np.eye(k)[true])
    probs = scores / scores.sum(axis=1, keepdims=True)
    item, annotator = (axis.ravel() for axis in np.indices(wide.shape))
    votes = Votes(item, annotator, wide.ravel(), people)
    theirs = seconds(
        lambda: get_label_quality_multiannotator(wide.astype(float), probs, verbose=False), times=1
    )
    return speed("CROWDLAB 50,000 × 5", theirs, seconds(lambda: crowdlab.consensus(votes, probs)), "5 ×")


def _music() -> tuple[str, Votes, np.ndarray, np.ndarray]:
    answers = sets.numbers("music_genre_crowd/answers.csv")
    truth = sets.numbers("music_genre_crowd/truth.csv")["true_label"]
    votes = Votes(answers["item"], answers["worker"], answers["label"], int(answers["worker"].max()) + 1)
    given = crowdlab.majority(crowdlab.count(votes, len(truth), 10))
    probs = out_of_fold.probabilities(sets.columns("music_genre_crowd/features.parquet"), given, 10)
    return "music genres", votes, probs, truth


def _simulated(seed: int) -> tuple[str, Votes, np.ndarray, np.ndarray]:
    """Annotators of all skills, each with confusions of their own, and a model of little skill."""
    rng = np.random.default_rng(seed)
    n, k, people, each = 1500, 3 + seed, 8 + 10 * seed, 4
    true = rng.choice(k, n, p=rng.dirichlet(np.full(k, 3.0)))
    habits = np.stack(
        [s * np.eye(k) + (1 - s) * rng.dirichlet(np.full(k, 0.7), k) for s in rng.uniform(0.3, 0.9, people)]
    )
    item = np.repeat(np.arange(n), each)
    annotator = np.concatenate([rng.choice(people, each, replace=False) for _ in range(n)])
    chances = habits[annotator, true[item]].cumsum(axis=1)
    value = np.minimum((rng.random((len(item), 1)) > chances).sum(axis=1), k - 1)
    scores = np.exp(1.2 * np.eye(k)[true] + rng.normal(size=(n, k)))
    return (
        f"simulated crowd {seed}",
        Votes(item, annotator, value, people),
        scores / scores.sum(axis=1, keepdims=True),
        true,
    )
