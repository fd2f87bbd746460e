"""Every registered task type answers for its values; classification by hand."""

import pytest

from reviews.tasktypes.base import BadValue
from reviews.tasktypes.registry import TASK_TYPES

CLASSIFICATION = TASK_TYPES["classification"]
# Two values of each task type that differ, and something that is no value of it.
EXAMPLES = {
    "classification": ("cat", "dog", ["cat"]),
    "multilabel": (["cat"], ["cat", "dog"], "cat"),
    "spans": ([{"start": 0, "end": 3, "label": "DRUG"}], [{"start": 0, "end": 4, "label": "DOSE"}], "DRUG"),
    "boxes": ([{"bbox": [0, 0, 9, 9], "label": "car"}], [{"bbox": [1, 0, 9, 9], "label": "car"}], "car"),
}


@pytest.mark.parametrize("name", TASK_TYPES)
class TestEveryTaskType:
    def test_a_value_is_the_same_as_itself_and_at_no_distance(self, name):
        task, (a, b, _) = TASK_TYPES[name], EXAMPLES[name]
        assert task.same(a, a)
        assert not task.same(a, b)
        assert task.distance(a, a) == 0.0
        assert 0 < task.distance(a, b) == task.distance(b, a) <= 1
        assert task.diff(a, a) == []
        assert task.diff(a, b)

    def test_no_label_is_a_value_to_compare_with(self, name):
        task, (a, _, _) = TASK_TYPES[name], EXAMPLES[name]
        assert task.same(None, None)
        assert not task.same(None, a)
        assert task.diff(None, a)

    def test_json_and_cells_give_the_value_back(self, name):
        task, (a, _, _) = TASK_TYPES[name], EXAMPLES[name]
        assert task.from_json(task.to_json(a)) == a
        assert task.from_cell(task.to_cell(a)) == a

    def test_what_is_no_value_is_refused_in_words(self, name):
        with pytest.raises(BadValue) as caught:
            TASK_TYPES[name].check(EXAMPLES[name][2], None)
        assert caught.value.code == "bad_label"

    def test_classes_outside_the_given_ones_are_refused(self, name):
        task, (a, _, _) = TASK_TYPES[name], EXAMPLES[name]
        assert task.check(a, task.classes_in(a)) == a
        with pytest.raises(BadValue) as caught:
            task.check(a, ["something else"])
        assert caught.value.code == "unknown_label"


def test_the_consensus_is_the_majority_and_of_equals_the_first():
    assert CLASSIFICATION.consensus(["a", "b", "b"]) == "b"
    assert CLASSIFICATION.consensus(["b", "a"]) == "b"
    assert CLASSIFICATION.consensus(["a"]) == "a"


def test_a_whole_number_is_a_class_name_and_other_numbers_are_not():
    assert CLASSIFICATION.from_json(7) == "7"
    for value in (True, 1.0, None, "", "  ", "a\0b", "x" * 201):
        with pytest.raises(BadValue):
            CLASSIFICATION.from_json(value)


@pytest.mark.parametrize(
    "probs",
    [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": "1"}, {"a": True}, {"a": float("nan")}, {"": 1.0}],
    ids=str,
)
def test_probabilities_that_are_none_are_refused(probs):
    with pytest.raises(BadValue):
        CLASSIFICATION.check_probs(probs)


def test_rounded_probabilities_pass():
    assert CLASSIFICATION.check_probs({"a": 0.33, "b": 0.33, "c": 0.33}) == {"a": 0.33, "b": 0.33, "c": 0.33}
