"""Several annotators: how often the consensus is right, and how fast it is found."""

import warnings
from collections.abc import Iterator

import numpy as np
from cleanlab.multiannotator import get_label_quality_multiannotator

from bench.detectors import crowds_made, sets
from bench.detectors.crowds_made import Crowd
from bench.detectors.row import Row, lacking, seconds, speed
from detection.algorithms import crowdlab, out_of_fold, posterior
from detection.algorithms.detector import Inputs, Ints, Votes

MUSIC = "music_genre_crowd"
# What counts as being the best: hardly a crowd decides by less.
CLOSE = 0.005


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    yield _speed()
    if (sets.SHARED / MUSIC).is_dir():
        crowd = _music()
        yield _right([crowd])
        yield _right([crowd._replace(name="music genres, no model", probs=None)])
    else:
        yield lacking("consensus right, music genres", MUSIC)
    for recipe in crowds_made.RECIPES:
        yield _right([crowds_made.made(recipe, seed) for seed in range(10 if full else 5)])


def rivals(crowd: Crowd) -> dict[str, Ints]:
    """The consensus by each of the published methods."""
    tally = crowdlab.count(crowd.votes, len(crowd.truth), crowd.n_classes)
    found = {"Dawid–Skene": _dawid_skene(crowd), "majority": crowdlab.majority(tally)}
    if crowd.probs is None:
        return found
    return {"CROWDLAB": crowdlab.consensus(crowd.votes, crowd.probs).label} | found


def ours(crowd: Crowd) -> Ints:
    majority = crowdlab.majority(crowdlab.count(crowd.votes, len(crowd.truth), crowd.n_classes))
    inputs = Inputs(labels=majority, n_classes=crowd.n_classes, votes=crowd.votes, probs=crowd.probs)
    return posterior.estimate(inputs, use_official=False).probs.argmax(axis=1)


def compared(crowds: list[Crowd]) -> tuple[dict[str, float], float]:
    """How often each published consensus is right, and how often ours, on average over these crowds."""
    theirs: dict[str, list[float]] = {}
    for crowd in crowds:
        for method, label in rivals(crowd).items():
            theirs.setdefault(method, []).append((label == crowd.truth).mean())
    mine = np.mean([(ours(crowd) == crowd.truth).mean() for crowd in crowds])
    return {method: float(np.mean(shares)) for method, shares in theirs.items()}, float(mine)


def _right(crowds: list[Crowd]) -> Row:
    theirs, mine = compared(crowds)
    ahead = mine - max(theirs.values())
    return Row(
        f"consensus right, {crowds[0].name}",
        ", ".join(f"{method} {share:.3f}" for method, share in theirs.items()),
        f"{mine:.3f}",
        f"{ahead:+.3f}",
        f"≥ the best − {CLOSE}",
        ahead >= -CLOSE,
    )


def _dawid_skene(crowd: Crowd) -> Ints:
    """Expectation and maximisation as published (1979), from the shares of votes, until nothing moves."""
    votes, k = crowd.votes, crowd.n_classes
    tally = crowdlab.count(votes, len(crowd.truth), k)
    probs = tally / np.maximum(tally.sum(axis=1, keepdims=True), 1)
    for _ in range(100):
        confusion = np.full((votes.n_annotators, k, k), 1e-10)
        np.add.at(confusion, (votes.annotator, slice(None), votes.value), probs[votes.item])
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.tile(np.log(probs.mean(axis=0) + 1e-10), (len(probs), 1))
        np.add.at(logs, votes.item, np.log(confusion[votes.annotator, :, votes.value]))
        before, probs = probs, np.exp(logs - logs.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        if np.abs(probs - before).max() < 1e-5:
            break
    return probs.argmax(axis=1)


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
    return speed("CROWDLAB 50,000 × 5", theirs, seconds(lambda: crowdlab.consensus(votes, probs)), 5)


def _music() -> Crowd:
    answers = sets.numbers(f"{MUSIC}/answers.csv")
    truth = sets.numbers(f"{MUSIC}/truth.csv")["true_label"]
    votes = Votes(answers["item"], answers["worker"], answers["label"], int(answers["worker"].max()) + 1)
    given = crowdlab.majority(crowdlab.count(votes, len(truth), 10))
    probs = out_of_fold.probabilities(sets.columns(f"{MUSIC}/features.parquet"), given, 10)
    return Crowd("music genres", votes, probs, truth, 10)
