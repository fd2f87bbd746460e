import numpy as np
import pytest

from detection.algorithms import data_checks
from detection.algorithms.data_checks import PROBLEMS, SEVERITY, measure_rows, measure_texts

from .making import a_few, called, condition


def problems(inputs: object) -> dict[int, str]:
    """What was found, by item."""
    found = data_checks.run(inputs)  # type: ignore[arg-type]
    return {int(i): PROBLEMS[code] for i, code in zip(found.index, found.data["problem"], strict=True)}


def test_an_empty_text_and_one_of_spaces_are_empty_and_a_smiley_is_not() -> None:
    length, garbled = measure_texts(["", " \n ", ":-)", "plain words"])
    assert length.tolist() == [0, 0, 3, 10]
    assert not garbled.any()
    inputs = a_few([0, 1, 0, 1], condition=condition(4, length=length.tolist()))
    assert problems(inputs) == {0: "empty", 1: "empty"}


@pytest.mark.parametrize("said", ["café", "l’été", "«non»", "привет, мир", "naïve", "🙂", "“yes”", "Ärger"])
def test_text_in_the_wrong_encoding_is_garbled_and_the_right_one_is_not(said: str) -> None:
    wrong = said.encode().decode("cp1252", errors="replace")
    _, garbled = measure_texts([said, wrong, said.encode("ascii", errors="replace").decode()])
    assert garbled[0] == garbled[2] == 0
    assert garbled[1] > 0


@pytest.mark.parametrize("said", ["CAFÉ”", "MAÇÃ", "Â quelle heure", "İ", "€5", "Ünï", "Ñandú"])
def test_accents_at_the_end_of_a_word_are_not_garbled(said: str) -> None:
    assert measure_texts([said])[1][0] == 0


def test_a_picture_is_tiny_or_stretched_beside_the_others_only() -> None:
    wide, high = [400.0] * 9 + [20.0, 4000.0], [300.0] * 9 + [16.0, 200.0]
    inputs = a_few([0] * 11, condition=condition(11, width=wide, height=high))
    assert problems(inputs) == {9: "tiny", 10: "stretched"}
    digits = a_few([0] * 5, condition=condition(5, width=[8] * 5, height=[8] * 5))
    assert problems(digits) == {}


def test_of_several_problems_the_worst_is_told() -> None:
    inputs = a_few([0, 1], condition=condition(2, readable=[0, 1], contrast=[0, 1.0]))
    assert problems(inputs) == {0: "unreadable", 1: "blank"}
    found = data_checks.run(inputs)
    assert found.scores.tolist() == [SEVERITY["unreadable"], SEVERITY["blank"]]
    assert data_checks.tell(inputs, found, 0, called("a", "b")).text == "The content cannot be read."


def test_a_row_without_a_value_is_empty_and_zero_is_a_value() -> None:
    filled = measure_rows([{"a": None, "b": ""}, {"a": 0, "b": None}, {}])
    assert filled.tolist() == [0, 0.5, 0]


def test_a_copy_names_its_original_and_copies_by_nature_are_none() -> None:
    content = np.arange(40)
    content[30] = 7
    inputs = a_few([0] * 40, content=content, condition=condition(40))
    found = data_checks.run(inputs)
    assert found.index.tolist() == [30]
    assert data_checks.tell(inputs, found, 0, called("a", "b")).data == {"problem": "copy", "duplicates": [7]}
    assert problems(a_few([0] * 40, content=np.arange(40) // 2, condition=condition(40))) == {}
