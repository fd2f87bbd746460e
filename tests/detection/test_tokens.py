"""Tokens: cleanlab's scores and masks, and a better order than theirs."""

import time
import warnings

import numpy as np
import pytest
from cleanlab.token_classification.filter import find_label_issues
from cleanlab.token_classification.rank import get_label_quality_scores
from sklearn.metrics import average_precision_score

from bench.detectors import real_parts
from bench.detectors.real_parts import CLASSES, read_tags
from detection.algorithms import confident_learning, tokens


def made(seed, n_sentences=50, n_classes=4):
    """(labels, probabilities, offsets, which labels are wrong) of sentences of one to twelve tokens."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 13, n_sentences))])
    n = offsets[-1]
    truth = np.where(rng.random(n) < 0.7, 0, rng.integers(1, n_classes, n))
    probs = rng.dirichlet(np.ones(n_classes) * 0.3, n) * 0.5
    probs[np.arange(n), truth] += 0.5
    wrong = rng.random(n) < 0.06
    labels = np.where(wrong, (truth + rng.integers(1, n_classes, n)) % n_classes, truth)
    return labels, probs, offsets, wrong


def wikigold():
    """(words, given tags, true tags, offsets, probabilities) of the set with injected errors."""
    if not real_parts.WIKIGOLD.is_dir():
        pytest.skip(f"needs the real set in {real_parts.WIKIGOLD.name}")
    return real_parts.wikigold()


def nested(array, offsets):
    return [array[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]


@pytest.mark.parametrize("seed", range(5))
def test_scores_and_masks_are_those_of_cleanlab(seed):
    labels, probs, offsets, _ = made(seed)
    as_lists = [part.tolist() for part in nested(labels, offsets)]
    quality = tokens.token_quality(labels, probs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_sentence, by_token = get_label_quality_scores(as_lists, nested(probs, offsets))
        issues = find_label_issues(as_lists, nested(probs, offsets), n_jobs=1)
    assert np.array_equal(quality, np.concatenate([series.to_numpy() for series in by_token]))
    assert np.array_equal(tokens.sentence_quality(quality, offsets), by_sentence)
    assert set(np.flatnonzero(confident_learning.find_issues(labels, probs))) == {
        offsets[sentence] + token for sentence, token in issues
    }


def test_errors_of_wikigold_rank_higher_than_by_cleanlab():
    words, given, true, offsets, probs = wikigold()
    labels, starts = read_tags(given, offsets)
    wrong = labels != read_tags(true, offsets)[0]
    by_sentence = np.maximum.reduceat(wrong, offsets[:-1])
    numbers = np.unique(words, return_inverse=True)[1]
    judged = tokens.judge(labels, probs, starts=starts, words=numbers).wrong
    assert average_precision_score(wrong, judged) >= 0.60
    assert average_precision_score(by_sentence, tokens.worst_of_sentence(judged, offsets)) >= 0.80
    doubted = judged > 0.1
    assert judged[doubted].mean() == pytest.approx(wrong[doubted].mean(), abs=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_other_errors_rank_higher_too(seed):
    _, _, true, offsets, probs = wikigold()
    words = np.unique(wikigold()[0], return_inverse=True)[1]
    truth, starts = read_tags(true, offsets)
    rng = np.random.default_rng(seed)
    span = tokens.spans_of(truth, starts)
    replaced = rng.integers(0, len(CLASSES), starts.sum())
    spoilt = rng.random(starts.sum()) < 0.08
    labels = np.where((span >= 0) & spoilt[span], replaced[span], truth)
    wrong = labels != truth
    judged = tokens.judge(labels, probs, starts=starts & (labels > 0), words=words).wrong
    plain = 1 - tokens.token_quality(labels, probs)
    assert average_precision_score(wrong, judged) > average_precision_score(wrong, plain) + 0.1


def test_a_word_that_is_labelled_otherwise_elsewhere_is_doubted_without_any_model():
    words = np.array([0, 1] * 50)
    labels = np.array([0, 1] * 50)
    labels[-1] = 2
    silent = np.full((100, 3), 1 / 3)
    judged = tokens.judge(labels, silent, words=words)
    assert judged.wrong.argmax() == 99
    assert judged.wrong[99] > 0.5
    assert judged.probs[99].argmax() == 1


def test_the_tokens_of_a_span_share_its_doubt():
    labels, probs, _, _ = made(0)
    starts = (labels > 0) & (labels != np.concatenate([[0], labels[:-1]]))
    judged = tokens.judge(labels, probs, starts=starts).wrong
    span = tokens.spans_of(labels, starts)
    for number in range(span.max() + 1):
        assert np.ptp(judged[span == number]) == 0


def test_overlooking_is_learnt_to_be_commoner_than_inventing():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 4000)
    labels = np.where((truth == 1) & (rng.random(4000) < 0.2), 0, truth)
    certainty = rng.uniform(0.6, 1, 4000)
    probs = np.column_stack([1 - certainty, 1 - certainty])
    probs[np.arange(4000), truth] = certainty
    judged = tokens.judge(labels, probs).wrong
    unsure = np.abs(probs[:, 0] - 0.5) < 0.2
    assert judged[unsure & (labels == 0)].mean() > 3 * judged[unsure & (labels == 1)].mean()


@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_little_or_nothing_is_judged_without_a_fuss(n, n_classes):
    labels, probs = np.zeros(n, dtype=int), np.full((n, n_classes), 1 / n_classes)
    judged = tokens.judge(labels, probs, starts=labels > 0, words=np.arange(n))
    assert np.isfinite(judged.wrong).all()
    assert judged.probs.shape == probs.shape
    assert tokens.sentence_quality(1 - judged.wrong, np.array([0, 0, n])).tolist()[0] == 1.0


def test_permuted_sentences_are_judged_alike():
    labels, probs, offsets, _ = made(1)
    order = np.random.default_rng(0).permutation(len(offsets) - 1)
    tokens_in_order = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in order])
    judged = tokens.judge(labels, probs).wrong
    permuted = tokens.judge(labels[tokens_in_order], probs[tokens_in_order]).wrong
    assert np.allclose(judged[tokens_in_order], permuted)


def test_probabilities_that_are_none_are_refused():
    labels, probs, _, _ = made(0)
    probs[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        tokens.judge(labels, probs)


def test_ranking_takes_less_than_a_twentieth_of_the_time_of_cleanlab():
    labels, probs, offsets, _ = made(0, n_sentences=2000)
    as_lists, as_arrays = [part.tolist() for part in nested(labels, offsets)], nested(probs, offsets)
    start = time.perf_counter()
    get_label_quality_scores(as_lists, as_arrays)
    theirs = time.perf_counter() - start
    start = time.perf_counter()
    tokens.sentence_quality(tokens.token_quality(labels, probs), offsets)
    assert time.perf_counter() - start < theirs / 20
