"""Files of real datasets, read as they are. Skipped where `../shared/data` is absent."""

from pathlib import Path

import pytest

from reviews.formats.errors import FormatError
from reviews.formats.registry import open_source
from reviews.tasktypes.registry import TASK_TYPES

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no real datasets at {DATA}")


def read(path, media, **mapping):
    with (DATA / path).open("rb") as file:
        kind, source = open_source(file)
        return list(kind.read(source, task=TASK_TYPES["classification"], media=media, mapping=mapping))


def test_the_text_messages_are_all_read_with_the_label_that_is_asked_for():
    rows = read("sms_spam_injected/labels.csv", "text", label="given_uniform")
    assert len(rows) == 5575
    assert not [row for row in rows if isinstance(row, FormatError)]
    assert {row.label for row in rows} == {"0", "1"}
    assert set(rows[0].meta) == {"true_label", "given_classdep"}
    assert rows[2].text == "Ok lar... Joking wif u oni..."


def test_the_answers_of_a_crowd_are_opinions():
    [said] = read("music_genre_crowd/answers.csv", "table")
    assert len(said.opinions) == 2945
    assert (said.column, said.said_by, said.said_in) == ("item", "worker", "label")
    assert len({opinion.annotator for opinion in said.opinions}) == 44
