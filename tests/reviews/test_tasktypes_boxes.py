"""Objects in a picture."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.tasktypes.base import BadValue
from reviews.tasktypes.boxes import BOXES, check_within, from_prediction

from .changes import carried_out


def box(x, y, w, h, label="car"):
    return {"bbox": [x, y, w, h], "label": label}


numbers = st.integers(0, 40) | st.floats(0, 40)
sizes = st.integers(1, 20) | st.floats(0.5, 20)
values = st.lists(
    st.tuples(numbers, numbers, sizes, sizes, st.sampled_from("ab")).map(lambda t: box(*t)), max_size=6
).map(BOXES.from_json)


def test_boxes_come_in_order_and_repeated_ones_stay():
    assert BOXES.check([box(5, 5, 2, 2), box(1, 1, 2, 2), box(5, 5, 2, 2)], None) == [
        box(1, 1, 2, 2),
        box(5, 5, 2, 2),
        box(5, 5, 2, 2),
    ]


def test_whole_coordinates_are_written_in_one_way():
    value = BOXES.check([box(5.0, -0.0, 2.50, 1e2)], None)
    assert orjson.dumps(value) == b'[{"bbox":[5,0,2.5,100],"label":"car"}]'


@given(values)
def test_a_value_survives_writing_and_reading_byte_by_byte(value):
    written = orjson.dumps(BOXES.to_json(value))
    assert orjson.dumps(BOXES.from_json(orjson.loads(written))) == written
    assert BOXES.from_cell(BOXES.to_cell(value)) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("car", "a list of boxes"),
        (box(0, 0, 1, 1), "a list of boxes"),
        ([[0, 0, 1, 1]], "each an object"),
        ([{"label": "car"}], "four numbers"),
        ([{"bbox": [0, 0, 1], "label": "car"}], "four numbers"),
        ([box(0, 0, 0, 1)], "above 0, not 0 × 1"),
        ([box(0, 0, 1, -1.5)], "above 0, not 1 × -1.5"),
        ([box(0, float("nan"), 1, 1)], "four numbers"),
        ([box(0, 0, float("inf"), 1)], "four numbers"),
        ([box(0, 0, 10**400, 1)], "four numbers"),
        ([box("0", 0, 1, 1)], "four numbers"),
        ([box(True, 0, 1, 1)], "four numbers"),
        ([{**box(0, 0, 1, 1), "iscrowd": 0}], "not “iscrowd”"),
        ([box(0, 0, 1, 1, " ")], "must not be blank"),
        ([box(0, 0, 1, 1)] * 10_001, "at most 10,000 boxes"),
    ],
    ids=range(15),
)
def test_what_is_no_list_of_boxes_is_refused_in_words(value, reason):
    with pytest.raises(BadValue, match=reason):
        BOXES.check(value, None)


def test_an_unknown_class_is_named():
    with pytest.raises(BadValue, match="“bus” is not one of the classes"):
        BOXES.check([box(0, 0, 1, 1, "bus")], ["car"])


def test_a_box_may_stick_out_of_the_picture_by_a_pixel_at_most():
    check_within([box(-1, 0, 102, 100.5)], 100, 100)
    for outside in (box(-1.5, 0, 9, 9), box(95, 0, 7, 9), box(0, 92, 9, 10)):
        with pytest.raises(BadValue, match="sticks out of the picture of 100 × 100 pixels"):
            check_within([outside], 100, 100)


def test_a_predicted_box_may_stick_out_of_the_picture_but_not_lie_outside():
    check_within([box(-5, 90, 10, 20)], 100, 100, predicted=True)
    for outside in (box(100, 0, 5, 5), box(0, 100, 5, 5), box(-5, 0, 5, 5), box(0, -9, 5, 5)):
        with pytest.raises(BadValue, match="outside the picture of 100 × 100 pixels"):
            check_within([outside], 100, 100, predicted=True)


def test_the_distance_counts_overlap_and_class():
    assert BOXES.distance([box(0, 0, 10, 10)], [box(0, 0, 10, 10, "bus")]) == pytest.approx(0.5)
    assert BOXES.distance([box(0, 0, 10, 10)], [box(0, 5, 10, 10)]) == pytest.approx(2 / 3)
    assert BOXES.distance([box(0, 0, 10, 10)], [box(0, 10, 10, 10)]) == 1.0
    assert BOXES.distance([box(0, 0, 10, 10)], []) == 1.0 == BOXES.distance(None, [])


def test_a_box_that_moved_or_was_relabelled_is_one_change():
    a, moved, other = box(0, 0, 10, 10), box(1, 0, 10, 10), box(50, 50, 5, 5)
    assert BOXES.diff([a, other], [moved, {**other, "label": "bus"}]) == [
        {"part": {"bbox": [0, 0, 10, 10]}, "before": a, "after": moved},
        {"part": {"bbox": [50, 50, 5, 5]}, "before": other, "after": {**other, "label": "bus"}},
    ]


@given(values, values)
def test_the_changes_of_a_diff_lead_from_one_to_the_other(a, b):
    assert BOXES.check(carried_out(BOXES.diff(a, b), a), None) == b
    assert (BOXES.diff(a, b) == []) == BOXES.same(a, b)


@given(values, values)
def test_the_distance_is_symmetric_and_no_more_than_one(a, b):
    assert BOXES.distance(a, b) == pytest.approx(BOXES.distance(b, a), abs=1e-9)
    assert 0 <= BOXES.distance(a, b) <= 1


def test_the_consensus_is_what_most_see_in_the_middle_of_what_they_drew():
    opinions = [[box(0, 0, 10, 10)], [box(1, 0, 10, 10)], [box(2, 0, 10, 12, "bus"), box(50, 50, 5, 5)]]
    assert BOXES.consensus(opinions) == [box(1, 0, 10, 10)]
    assert BOXES.consensus([[box(0, 0, 10, 10)], []]) == [box(0, 0, 10, 10)]
    assert BOXES.consensus([[], [box(0, 0, 10, 10)]]) == []


@given(values)
def test_one_opinion_is_its_own_consensus(value):
    assert BOXES.consensus([value]) == value


def test_a_prediction_has_scores():
    assert from_prediction([{**box(0, 0, 1, 1), "score": 0.25}]) == [{**box(0, 0, 1, 1), "score": 0.25}]
    with pytest.raises(BadValue, match="score from 0 to 1"):
        from_prediction([box(0, 0, 1, 1)])
