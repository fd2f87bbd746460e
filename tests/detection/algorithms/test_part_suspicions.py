"""What methods doubt of the same part becomes one suspicion."""

from functools import partial

from detection.algorithms.detector import Evidence
from detection.algorithms.part_suspicions import Doubt, merged, one_class, one_part

BOX, OTHER = {"at": 1, "label": "a"}, {"at": 9, "label": "a"}


def near(a, b):
    return abs(a["at"] - b["at"]) < 3


def doubt(method, kind, given, suggested, score, item=0):
    part = {"at": (given or suggested)[0]["at"]}
    return Doubt(item, method, kind, part, given, suggested, score, Evidence(f"{method}.", {}))


def told(doubts, threshold=0.1):
    found = merged(doubts, about_one=partial(one_part, overlap=near), threshold=threshold)
    return [(s.doubt.kind, s.doubt.score, [method for method, _ in s.evidence]) for s in found]


def test_methods_that_agree_share_one_suspicion_of_the_surest():
    doubts = [
        doubt("people", "wrong_class", [BOX], [], 0.4),
        doubt("model", "wrong_class", [BOX], [], 0.9),
        doubt("model", "wrong_class", [OTHER], [], 0.5),
    ]
    assert told(doubts) == [("wrong_class", 0.9, ["model", "people"]), ("wrong_class", 0.5, ["model"])]


def test_methods_that_see_different_errors_in_one_part_leave_the_word_to_the_surest():
    doubts = [
        doubt("people", "spurious_label", [BOX], [], 0.4),
        doubt("model", "wrong_class", [BOX], [], 0.9),
    ]
    assert told(doubts) == [("wrong_class", 0.9, ["model"])]


def test_what_is_missing_in_nearly_one_place_is_one():
    missing = [
        doubt("model", "missing_label", [], [BOX], 0.8),
        doubt("people", "missing_label", [], [BOX | {"at": 2}], 0.7),
        doubt("people", "missing_label", [], [BOX | {"at": 7}], 0.6),
    ]
    assert told(missing) == [
        ("missing_label", 0.8, ["model", "people"]),
        ("missing_label", 0.6, ["people"]),
    ]


def test_the_same_place_in_another_item_is_another():
    doubts = [doubt("model", "wrong_class", [BOX], [], 0.9, item=n) for n in (1, 0)]
    assert len(told(doubts)) == 2


def test_two_equal_boxes_that_repeat_are_one_flag_as_they_have_one_name():
    doubts = [doubt("model", "duplicate_annotation", [BOX], [], score) for score in (0.9, 0.8)]
    assert told(doubts) == [("duplicate_annotation", 0.9, ["model"])]


def test_what_is_hardly_doubtful_is_left_out():
    assert told([doubt("model", "wrong_class", [BOX], [], 0.3)], threshold=0.31) == []


def test_classes_of_one_list_are_parts_of_their_own():
    given = ["a", "b"]
    doubts = [
        Doubt(0, "model", "spurious_label", {"class": name}, given, [], 0.5, Evidence("", {}))
        for name in given
    ]
    assert len(merged(doubts, about_one=one_class, threshold=0.1)) == 2
