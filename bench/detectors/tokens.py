"""Tokens and spans: how fast they are ranked and filtered, and how high real errors rank."""

import warnings
from collections.abc import Iterator

import numpy as np
from cleanlab.token_classification.filter import find_label_issues
from cleanlab.token_classification.rank import get_label_quality_scores
from sklearn.metrics import average_precision_score

from bench.detectors import real_parts
from bench.detectors.row import Row, at_least, lacking, seconds, speed
from detection.algorithms import confident_learning
from detection.algorithms import tokens as ours

SENTENCES, CLASSES = 20_000, 5


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    yield from _speed()
    if real_parts.WIKIGOLD.is_dir():
        yield from _quality()
    else:
        yield lacking("errors in entities", real_parts.WIKIGOLD.name)


def _speed() -> Iterator[Row]:
    labels, probs, offsets = _made(SENTENCES, CLASSES)
    listed, arrays = [part.tolist() for part in _nested(labels, offsets)], _nested(probs, offsets)

    def rank() -> np.ndarray:
        return ours.sentence_quality(ours.token_quality(labels, probs), offsets)

    same = "identical" if (rank() == get_label_quality_scores(listed, arrays)[0]).all() else "NOT IDENTICAL"
    theirs = seconds(lambda: get_label_quality_scores(listed, arrays), times=2)
    what = f"{SENTENCES:,} sentences, {len(labels):,} tokens"
    yield speed(f"ranked: {what}, {same}", theirs, seconds(rank, times=5), 20)
    issues = find_label_issues(listed, arrays, n_jobs=1)
    expected = {offsets[sentence] + token for sentence, token in issues}
    found = set(np.flatnonzero(confident_learning.find_issues(labels, probs)))
    theirs = seconds(lambda: find_label_issues(listed, arrays, n_jobs=1), times=2)
    mine = seconds(lambda: confident_learning.find_issues(labels, probs), times=5)
    same = "identical" if found == expected else "NOT IDENTICAL"
    yield speed(f"filtered: {what}, {same}", theirs, mine, 20)


def _quality() -> Iterator[Row]:
    words, given, true, offsets, probs = real_parts.wikigold()
    labels, starts = real_parts.read_tags(given, offsets)
    wrong = labels != real_parts.read_tags(true, offsets)[0]
    numbers = np.unique(words, return_inverse=True)[1]
    judged = ours.judge(labels, probs, starts=starts, words=numbers).wrong
    by_sentence, by_token = get_label_quality_scores(
        [part.tolist() for part in _nested(labels, offsets)], _nested(probs, offsets)
    )
    yield at_least(
        "wikigold: AP of tokens",
        average_precision_score(wrong, -np.concatenate(by_token)),
        average_precision_score(wrong, judged),
        0.60,
    )
    any_wrong = np.maximum.reduceat(wrong, offsets[:-1])
    yield at_least(
        "wikigold: AP of sentences",
        average_precision_score(any_wrong, -by_sentence),
        average_precision_score(any_wrong, ours.worst_of_sentence(judged, offsets)),
        0.80,
    )


def _made(n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels, probabilities, offsets) of sentences of up to forty tokens, one label in twenty wrong."""
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 41, n))])
    total = offsets[-1]
    truth = np.where(rng.random(total) < 0.8, 0, rng.integers(1, k, total))
    probs = rng.dirichlet(np.full(k, 0.3), total) * 0.5
    probs[np.arange(total), truth] += 0.5
    return np.where(rng.random(total) < 0.05, rng.integers(0, k, total), truth), probs, offsets


def _nested(array: np.ndarray, offsets: np.ndarray) -> list[np.ndarray]:
    return np.split(array, offsets[1:-1])
