"""Several labels at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.tasktypes.base import BadValue
from reviews.tasktypes.multilabel import MULTILABEL

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8).filter(
    str.strip
)


def test_order_and_repetition_say_nothing():
    assert MULTILABEL.check(["b", "a", "b", 7], None) == ["7", "a", "b"]
    assert MULTILABEL.same(["a", "b"], ["b", "a"])


def test_no_class_is_a_label_and_not_the_same_as_no_label():
    assert MULTILABEL.check([], ["a"]) == []
    assert not MULTILABEL.same([], None)
    assert MULTILABEL.distance([], []) == 0.0
    assert MULTILABEL.distance([], None) == 1.0
    assert MULTILABEL.diff(None, []) == [{"part": None, "before": None, "after": []}]


@pytest.mark.parametrize(
    "value", ["a", None, {"a": 1}, [None], [["a"]], [""], [True], [1.5], ["x" * 201]], ids=str
)
def test_what_is_no_list_of_classes_is_refused(value):
    with pytest.raises(BadValue) as caught:
        MULTILABEL.check(value, None)
    assert caught.value.code == "bad_label"


def test_an_unknown_class_is_named():
    with pytest.raises(BadValue, match="“c” is not one of the classes"):
        MULTILABEL.check(["a", "c"], ["a", "b"])


def test_the_distance_is_the_share_of_the_classes_that_only_one_names():
    assert MULTILABEL.distance(["a", "b"], ["b", "c"]) == pytest.approx(2 / 3)
    assert MULTILABEL.distance(["a"], []) == 1.0


def test_each_class_that_changed_is_a_change():
    before, after = ["a", "b"], ["b", "c"]
    assert MULTILABEL.diff(before, after) == [
        {"part": {"class": "a"}, "before": True, "after": False},
        {"part": {"class": "c"}, "before": False, "after": True},
    ]


def test_the_consensus_of_each_class_is_its_majority_and_of_equals_the_first_opinion():
    assert MULTILABEL.consensus([["a"], ["a", "b"], ["b", "c"]]) == ["a", "b"]
    assert MULTILABEL.consensus([["b", "a"], ["c", "b"]]) == ["a", "b"]
    assert MULTILABEL.consensus([["a"]]) == ["a"]


@given(st.lists(names, max_size=4))
def test_a_cell_gives_every_value_back(value):
    value = MULTILABEL.check(value, None)
    assert MULTILABEL.from_cell(MULTILABEL.to_cell(value)) == value
    assert MULTILABEL.from_json(MULTILABEL.to_json(value)) == value


@pytest.mark.parametrize("cell", ["a|b", "b | a", "a; b", '["b", "a"]'])
def test_cells_are_read_as_people_write_them(cell):
    assert MULTILABEL.from_cell(cell) == ["a", "b"]


@pytest.mark.parametrize("cell", ["[a]", "a||b", "[1.5]"])
def test_cells_that_are_none_are_refused(cell):
    with pytest.raises(BadValue):
        MULTILABEL.from_cell(cell)


def test_probabilities_are_independent():
    assert MULTILABEL.check_probs({"a": 1, "b": 0.9}) == {"a": 1.0, "b": 0.9}
    for probs in ({}, {"a": 1.2}, {"a": -0.1}, {"a": "1"}, {"a": float("nan")}, {"a": True}, {" ": 0.5}):
        with pytest.raises(BadValue):
            MULTILABEL.check_probs(probs)
