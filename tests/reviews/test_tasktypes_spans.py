"""Marked passages of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.tasktypes.base import BadValue
from reviews.tasktypes.spans import SPANS, check_within, from_prediction

from .changes import carried_out


def span(start, end, label="DRUG"):
    return {"start": start, "end": end, "label": label}


values = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from("ab")).map(
        lambda t: span(t[0], t[0] + t[1], t[2])
    ),
    max_size=6,
).map(SPANS.from_json)


def test_spans_come_in_order_and_each_once():
    given_twice = [span(9, 12), span(0, 7), span(9, 12), span(0.0, 7.0, "DOSE")]
    assert SPANS.check(given_twice, None) == [span(0, 7, "DOSE"), span(0, 7), span(9, 12)]


def test_no_span_is_a_label_and_not_the_same_as_no_label():
    assert SPANS.check([], []) == []
    assert not SPANS.same([], None)
    assert SPANS.distance([], []) == 0.0 == SPANS.distance(None, None)
    assert SPANS.distance([], [span(0, 1)]) == 1.0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("DRUG", "a list of spans"),
        (span(0, 7), "a list of spans"),
        (["DRUG"], "each an object"),
        ([span(7, 7)], "not run from 7 to 7"),
        ([span(7, 3)], "not run from 7 to 3"),
        ([span(-1, 3)], "start of a span must be a whole number"),
        ([span(0, 2.5)], "end of a span must be a whole number"),
        ([span(0, float("nan"))], "end of a span must be a whole number"),
        ([span(0, True)], "end of a span must be a whole number"),
        ([span(0, 2**31)], "end of a span must be a whole number"),
        ([span("0", 2)], "start of a span must be a whole number"),
        ([{"start": 0, "label": "DRUG"}], "end of a span must be a whole number"),
        ([{**span(0, 2), "score": 0.5}], "not “score”"),
        ([span(0, 2, "")], "must not be blank"),
        ([span(0, 2, None)], "must be text"),
        ([span(0, 1)] * 10_001, "at most 10,000 spans"),
    ],
    ids=range(16),
)
def test_what_is_no_list_of_spans_is_refused_in_words(value, reason):
    with pytest.raises(BadValue, match=reason):
        SPANS.check(value, None)


def test_an_unknown_class_is_named():
    with pytest.raises(BadValue, match="“DOSE” is not one of the classes") as caught:
        SPANS.check([span(0, 7), span(8, 10, "DOSE")], ["DRUG"])
    assert caught.value.code == "unknown_label"


def test_a_span_must_end_within_the_text_in_code_points():
    text = "🧪 aspirin"
    check_within([span(2, 9)], len(text))
    with pytest.raises(BadValue, match="the span 2–10 ends behind the text of 9 characters"):
        check_within([span(2, 10)], len(text))


def test_the_distance_counts_exact_and_partial_agreement():
    assert SPANS.distance([span(0, 10)], [span(0, 10, "DOSE")]) == pytest.approx(0.5)
    assert SPANS.distance([span(0, 10)], [span(0, 5)]) == pytest.approx(0.5)
    assert SPANS.distance([span(0, 10), span(20, 30)], [span(0, 10)]) == pytest.approx(1 / 3)
    assert SPANS.distance([span(0, 10)], [span(10, 20)]) == 1.0


def test_spans_are_paired_so_that_they_agree_most():
    a = [span(0, 10), span(4, 14)]
    b = [span(4, 14), span(10, 18)]
    assert SPANS.diff(a, b) == [
        {"part": {"start": 0, "end": 10}, "before": span(0, 10), "after": None},
        {"part": {"start": 10, "end": 18}, "before": None, "after": span(10, 18)},
    ]


def test_a_span_that_moved_or_was_relabelled_is_one_change():
    assert SPANS.diff([span(0, 7), span(9, 12)], [span(0, 10), span(11, 12, "DOSE")]) == [
        {"part": {"start": 0, "end": 7}, "before": span(0, 7), "after": span(0, 10)},
        {"part": {"start": 9, "end": 12}, "before": span(9, 12), "after": span(11, 12, "DOSE")},
    ]


@given(values, values)
def test_the_changes_of_a_diff_lead_from_one_to_the_other(a, b):
    assert SPANS.check(carried_out(SPANS.diff(a, b), a), None) == b
    assert (SPANS.diff(a, b) == []) == SPANS.same(a, b)


@given(values, values)
def test_the_distance_is_symmetric_and_nought_for_the_same_alone(a, b):
    assert SPANS.distance(a, b) == pytest.approx(SPANS.distance(b, a))
    assert 0 <= SPANS.distance(a, b) <= 1
    assert (SPANS.distance(a, b) == 0) == (a == b)


def test_a_part_that_is_no_longer_there_is_not_replaced():
    with pytest.raises(BadValue, match="no longer part of the label") as caught:
        SPANS.replaced([span(0, 7)], None, span(0, 8), None)
    assert caught.value.code == "stale_part"


def test_the_consensus_is_what_most_opinions_have_at_the_place_most_give_it():
    assert SPANS.consensus([[span(0, 10)], [span(0, 11)], [span(0, 11, "DOSE"), span(20, 22)]]) == [
        span(0, 11)
    ]
    assert SPANS.consensus([[span(0, 10)], []]) == [span(0, 10)]
    assert SPANS.consensus([[], [span(0, 10)]]) == []


@given(values)
def test_one_opinion_is_its_own_consensus_and_json_and_cells_give_it_back(value):
    assert SPANS.consensus([value]) == value == SPANS.consensus([value, value])
    assert SPANS.from_json(SPANS.to_json(value)) == value
    assert SPANS.from_cell(SPANS.to_cell(value)) == value


def test_a_cell_that_is_no_json_is_refused():
    with pytest.raises(BadValue, match="as JSON"):
        SPANS.from_cell("0-7 DRUG")


def test_a_prediction_has_scores():
    scored = {**span(0, 7), "score": 1}
    assert from_prediction([scored]) == [{**span(0, 7), "score": 1.0}]
    for score in (None, "1", -0.1, 1.1, float("nan"), True):
        with pytest.raises(BadValue, match="score from 0 to 1"):
            from_prediction([{**span(0, 7), "score": score}])
