"""Spans: what is wrong with each, and what should be there instead."""

import numpy as np
import pytest

from detection.algorithms import spans, tokens

from .test_tokens import read_tags, wikigold

DRUG, DOSE = 1, 2


def reading(labels, truth, starts=None, sure=0.95):
    """The suspicions about one sentence if the model believes `truth`, among sentences without errors."""
    labels, truth = np.array(labels), np.array(truth)
    probs = np.full((len(labels), 3), (1 - sure) / 2)
    probs[np.arange(len(labels)), truth] = sure
    if starts is None:
        starts = (labels > 0) & (labels != np.concatenate([[0], labels[:-1]]))
    wrong = np.where(labels == truth, 0.02, 0.9)
    judgement = tokens.Judgement(wrong, probs)
    return spans.suspect(labels, np.array(starts, dtype=bool), np.array([0, len(labels)]), judgement)


def told(found, labels=None):
    return [
        (spans.KINDS[kind], spans.spans_between(found.reading, found.begins, first, last))
        for kind, first, last in zip(found.kind, found.first, found.last, strict=True)
    ]


def test_a_span_of_the_wrong_class_is_suggested_with_the_other():
    assert told(reading([0, 1, 1, 0], [0, 2, 2, 0])) == [("wrong_class", [(1, 3, DOSE)])]


def test_a_span_that_nobody_marked_is_missing():
    assert told(reading([0, 0, 0, 1], [0, 2, 0, 1])) == [("missing_label", [(1, 2, DOSE)])]


def test_a_span_where_there_is_nothing_is_spurious():
    assert told(reading([0, 1, 1, 0], [0, 0, 0, 0])) == [("spurious_label", [])]


@pytest.mark.parametrize("truth", [[0, 1, 0, 0], [0, 1, 1, 1], [1, 1, 1, 0]])
def test_a_span_that_is_too_long_or_too_short_has_a_bad_boundary(truth):
    [(kind, suggested)] = told(reading([0, 1, 1, 0], truth))
    assert kind == "bad_boundary"
    assert [(first, last) for first, last, _ in suggested] == [(truth.index(1), 4 - truth[::-1].index(1))]


def test_a_span_that_glues_two_entities_is_taken_apart():
    found = reading([1, 1, 1, 0], [1, 2, 2, 0])  # aspirin 81 mg
    assert told(found) == [("bad_boundary", [(0, 1, DRUG), (1, 3, DOSE)])]
    assert (found.n_given.tolist(), found.n_suggested.tolist()) == ([1], [2])


def test_two_spans_that_split_an_entity_are_put_together():
    found = reading([1, 2, 0, 0], [1, 1, 0, 0])
    assert told(found) == [("bad_boundary", [(0, 2, DRUG)])]
    assert (found.n_given.tolist(), found.n_suggested.tolist()) == ([2], [1])


def test_two_spans_of_one_class_side_by_side_stay_two():
    assert told(reading([1, 1, 0], [1, 1, 0], starts=[1, 1, 0])) == []
    found = reading([1, 1, 0, 0, 1], [1, 1, 0, 0, 2], starts=[1, 1, 0, 0, 1])
    assert told(found) == [("wrong_class", [(4, 5, DOSE)])]


def test_spans_do_not_reach_over_the_end_of_a_sentence():
    labels, starts = np.array([0, 1, 1, 0]), np.array([False, True, True, False])
    probs = np.full((4, 3), 0.05)
    probs[np.arange(4), [0, 2, 2, 0]] = 0.9
    judgement = tokens.Judgement(np.array([0, 0.9, 0.9, 0]), probs)
    found = spans.suspect(labels, starts, np.array([0, 2, 4]), judgement)
    assert told(found) == [("wrong_class", [(1, 2, DOSE)]), ("wrong_class", [(2, 3, DOSE)])]


def test_no_text_has_no_suspects():
    nothing = np.zeros(0, dtype=int)
    judgement = tokens.judge(nothing, np.zeros((0, 3)))
    found = spans.suspect(nothing, nothing > 0, np.array([0]), judgement)
    assert len(found.kind) == 0
    assert len(reading([0, 0], [0, 0]).kind) == 0


def test_characters_and_tokens_meet():
    # "aspirin 81 mg": tokens 0–7, 8–10, 11–13
    start, end = np.array([0, 8, 11]), np.array([7, 10, 13])
    first, last = spans.covered(start, end, np.array([0, 8, 9, 7]), np.array([7, 13, 10, 8]))
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == [(0, 1), (1, 3), (1, 2), (1, 1)]


def test_marked_tokens_give_the_spans_back_and_of_overlapping_ones_the_first():
    first, last, label = np.array([0, 2, 3, 3]), np.array([2, 3, 5, 4]), np.array([1, 1, 2, 1])
    labels, starts = spans.marked(first, last, label, 6)
    assert labels.tolist() == [1, 1, 1, 2, 2, 0]
    assert spans.spans_between(labels, starts, 0, 6) == [(0, 2, 1), (2, 3, 1), (3, 5, 2)]


def test_the_same_words_are_looked_up_elsewhere():
    words = np.array([3, 1, 2, 1, 2, 1, 0, 1, 2])  # "1 2" at 1, 3 and 7
    labels = np.array([0, 1, 1, 0, 0, 2, 0, 1, 2])
    index = np.argsort(words, kind="stable")
    assert sorted(spans.elsewhere(labels, words, index, 1, 3)) == [(0, 0), (1, 2)]
    assert spans.elsewhere(labels, words, index, 0, 1) == []
    assert spans.elsewhere(labels, words, index, 7, 9) == [(1, 1), (0, 0)]


def test_opinions_of_others_are_probabilities():
    first, last, label = np.array([0, 0, 1]), np.array([2, 1, 2]), np.array([1, 1, 2])
    probs = spans.opinions_as_probs(first, last, label, np.ones(3), n_tokens=3, n_classes=3, n_opinions=2)
    assert probs.sum(axis=1) == pytest.approx(1)
    assert probs.argmax(axis=1).tolist()[::2] == [1, 0]
    assert probs[1, 1] == pytest.approx(probs[1, 2])


def test_annotators_outvote_a_missing_span():
    labels = np.zeros(40, dtype=int)
    labels[::4] = 1
    labels[20] = 0
    others = np.arange(0, 40, 4)
    first = np.concatenate([others, others])
    probs = spans.opinions_as_probs(
        first, first + 1, np.ones(20, dtype=int), np.ones(20), n_tokens=40, n_classes=2, n_opinions=2
    )
    starts = labels > 0
    found = spans.suspect(labels, starts, np.array([0, 40]), tokens.judge(labels, probs, starts=starts))
    assert (found.first[0], spans.KINDS[found.kind[0]]) == (20, "missing_label")


def test_the_first_suspects_of_wikigold_are_errors_and_their_suggestions_right():
    words, given, true, offsets, probs = wikigold()
    labels, starts = read_tags(given, offsets)
    truth, _ = read_tags(true, offsets)
    numbers = np.unique(words, return_inverse=True)[1]
    found = spans.suspect(labels, starts, offsets, tokens.judge(labels, probs, starts=starts, words=numbers))
    passages = list(zip(found.first, found.last, strict=True))
    right = np.array([(labels[a:b] != truth[a:b]).any() for a, b in passages])
    repaired = np.array([(found.reading[a:b] == truth[a:b]).all() for a, b in passages])
    assert right[:100].mean() >= 0.9
    assert repaired[:100][right[:100]].mean() >= 0.9
    assert right.mean() == pytest.approx(found.score.mean(), abs=0.1)
    for kind in (spans.WRONG_CLASS, spans.MISSING, spans.BAD_BOUNDARY):
        first_of_kind = np.flatnonzero(found.kind == kind)[:40]
        assert right[first_of_kind].mean() >= 0.75
