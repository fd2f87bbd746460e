"""CoNLL: tags of every scheme into spans, and spans out as BIO with all that a row says."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.models import Prediction
from reviews import exporting, versions
from reviews.errors import DomainError
from reviews.formats import conll
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.parsing import parse
from reviews.formats.registry import detect
from reviews.models import Item
from reviews.tasktypes.registry import TASK_TYPES
from tests import builders
from tests.builders import imported

SPANS = TASK_TYPES["spans"]
WIKIGOLD = Path(__file__).parents[3] / "shared" / "data" / "wikigold_injected_ner" / "train.conll"
CONLL_2003 = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER

-DOCSTART- -X- -X- O

BRUSSELS NNP B-NP B-LOC
"""


def read(content, **mapping):
    content = content.encode() if isinstance(content, str) else content
    return list(conll.read(BytesIO(content), task=SPANS, media="text", mapping=mapping))


def refused(content, **mapping):
    """(code, line, column) of each error."""
    try:
        found = read(content, **mapping)
    except FormatError as error:
        found = [error]
    return [(one.code, one.line, one.column) for one in found if isinstance(one, FormatError)]


def span(start, end, label):
    return {"start": start, "end": end, "label": label}


def test_sentences_of_documents_are_items():
    rows = read(CONLL_2003)
    assert [(row.id, row.text, row.line) for row in rows] == [
        ("1-1", "EU rejects German", 3),
        ("1-2", "Peter Blackburn", 7),
        ("2-1", "BRUSSELS", 12),
    ]
    assert rows[0].label == [span(0, 2, "ORG"), span(11, 17, "MISC")]
    assert rows[1].label == [span(0, 15, "PER")]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("between", [" ", "\t", "  "])
def test_the_format_is_found_by_the_content(between, ends):
    content = CONLL_2003.replace(" ", between).replace("\n", ends).encode()
    assert detect(BytesIO(content)).name == "conll"
    assert len(read(content)) == 3


@pytest.mark.parametrize("content", [b"text\tlabel\nUS\tB-LOC\n", b"a,O\nb,O\n", b"x O\ny z\n", b"O\nO\n"])
def test_other_tables_are_not_taken_for_it(content):
    assert detect(BytesIO(content)).name == "csv"


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER O B-PER B-PER B-ORG",  # BIO
        "I-PER I-PER O I-PER B-PER I-ORG",  # IOB1
        "B-PER E-PER O S-PER S-PER S-ORG",  # BIOES
        "B-PER L-PER O U-PER U-PER U-ORG",  # BILOU
        "B-PER I-PER O I-PER B-PER I-ORG",  # with beginnings left out
        "B-PER E-PER O E-PER S-PER L-ORG",
    ],
)
def test_every_scheme_says_the_same_spans(tags):
    [row] = read("".join(f"{token} {tag}\n" for token, tag in zip("abcdef", tags.split(), strict=True)))
    assert row.label == [span(0, 3, "PER"), span(6, 7, "PER"), span(8, 9, "PER"), span(10, 11, "ORG")]


def test_further_columns_are_what_the_mapping_says():
    [row] = read(
        "a B-X B-Y O B-Z\nb O O B-W I-Z\n", label=2, gold="3", annotators={"ann": 4}, models={"crf": 5}
    )
    assert (row.label, row.gold) == ([span(0, 1, "X")], [span(0, 1, "Y")])
    assert [(one.annotator, one.value) for one in row.labels] == [("ann", [span(2, 3, "W")])]
    assert row.predictions[0].value == [span(0, 3, "Z") | {"score": 1.0}]


def test_positions_are_code_points():
    [row] = read("💊💊 B-DRUG\naspirin I-DRUG\n")
    assert row.label == [span(0, 10, "DRUG")]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("a O\nb O O\n\nc O\n", ("wrong_shape", 2, None)),
        ("a\nb\n", ("wrong_shape", 1, None)),
        ("a O\nb PER\n", ("bad_tag", 2, "2")),
        ("a O\nb B-O\n", ("bad_tag", 2, "2")),
        ("a O\nb B-\n", ("bad_tag", 2, "2")),
        ("a B- \n", ("bad_tag", 1, "2")),
        ("a _\nb O\n", ("bad_tag", 1, "2")),
        ("", ("empty_file", 1, None)),
        ("\n \n", ("empty_file", 1, None)),
        ('# id = "x\na O\n', ("bad_json", 1, None)),
        ('# id = "x"\n', ("wrong_shape", 1, None)),
        ('# text = "ab"\nc O\n', ("wrong_shape", 2, None)),
        ('# text = "ab"\na O\n', ("wrong_shape", 2, None)),
        ('# text = "a b c"\na O\nc O\n', ("wrong_shape", 3, None)),
        ("# id = []\na O\n", ("bad_id", 1, "id")),
        (b"a O\n\xc3\xa9\xc3\xa9\xc3\xa9 O\n\xff O\n", ("bad_encoding", 3, "1")),
        ("x" * 2_000_000, ("line_too_long", 1, None)),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_fit_is_refused_in_its_line(content, error):
    assert refused(content) == [error]


@pytest.mark.parametrize("mapping", [{"label": 0}, {"label": "x"}, {"models": 3}, {"models": {"a": None}}])
def test_a_mapping_that_names_no_columns_is_refused(mapping):
    assert refused("a O\n", **mapping)[0][0] == "bad_mapping"
    assert refused("a O\n", label=3) == [("wrong_shape", 1, None)]


def test_a_sentence_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(conll, "MOST_TOKENS", 3)
    assert refused("a O\n" * 4) == [("line_too_long", 4, None)]


def test_labels_that_are_no_spans_are_refused():
    with pytest.raises(FormatError) as caught:
        next(conll.read(BytesIO(b"a O\n"), task=TASK_TYPES["classification"], media="text", mapping={}))
    assert caught.value.code == "wrong_task"


# Out and in again

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
texts = texts.filter(lambda text: text.strip())
names = texts.filter(lambda name: name == name.strip() and name != "O" and not set(name) & set("\t\r\n"))


@st.composite
def sentences(draw):
    text = draw(texts)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    label = [span(a, b, draw(names)) for a, b in pairs if not text[a].isspace() and not text[b - 1].isspace()]
    row = {"id": draw(texts), "text": text, "label": draw(st.sampled_from([label, None]))}
    more = st.fixed_dictionaries(
        {}, optional={"split": texts, "meta": st.dictionaries(texts, texts, min_size=1)}
    )
    return {key: value for key, value in row.items() if value is not None} | draw(more)


@given(st.lists(sentences(), min_size=1, max_size=4))
@settings(deadline=None, max_examples=200)
def test_what_was_written_is_read_again(rows):
    content = b"".join(conll.write(rows))
    assert detect(BytesIO(content)).name == "conll"
    assert read(content) == [parse(row, line=0, task=SPANS, media="text") for row in rows]


@pytest.mark.parametrize(
    "label",
    [
        [span(0, 3, "A"), span(2, 4, "B")],
        [span(0, 3, "A"), span(0, 3, "B")],
        [span(0, 2, "A")],
        [span(1, 3, "A")],
        [span(0, 1, "A\tB")],
        [span(0, 1, " A")],
    ],
    ids=str,
)
def test_what_tags_cannot_say_is_not_written(label):
    with pytest.raises(FormatError) as caught:
        list(conll.write([{"id": "1", "text": "x"}, {"id": "2", "text": "a bc", "label": label}]))
    assert (caught.value.code, caught.value.line) == ("not_expressible", 2)


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_cut_or_corrupted_file_gives_rows_or_errors(data):
    whole = CONLL_2003 + '# id = "x"\n# text = "a b"\na O O O\nb O O B-X\n'
    content = bytearray(whole.encode())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    try:
        found = read(bytes(content))
    except FormatError as error:
        found = [error]
    assert all(isinstance(row, Row | FormatError) for row in found)
    assert all(row.line is None or row.line >= 1 for row in found)


# Into a dataset and out of it


@pytest.fixture
def made(own_storage, transactional_db):
    return builders.dataset(classes=(), task_type="spans")


def frozen(made):
    return versions.freeze(dataset=made, tag="1", note="", actor=made.created_by)


def test_a_version_goes_out_and_comes_in_as_the_same(made):
    assert imported(made, CONLL_2003).errors == []
    version = frozen(made)
    content = b"".join(exporting.export(version=version, format="conll").blocks)
    assert content.startswith(b'# id = "1-1"\n# text = "EU rejects German"\nEU\tB-ORG\nrejects\tO\n')
    again = builders.dataset(classes=(), task_type="spans")
    assert imported(again, content).errors == []
    assert frozen(again).sha256 == version.sha256


def test_a_version_that_tags_cannot_say_is_refused_before_it_goes_out(made):
    imported(made, b'{"id": "1", "text": "abc", "label": [%s, %s]}' % (SPAN, SPAN.replace(b"A", b"B")))
    with pytest.raises(DomainError, match="Row 1 of the version: spans of this row overlap"):
        exporting.export(version=frozen(made), format="conll")


SPAN = b'{"start": 0, "end": 2, "label": "A"}'


@pytest.mark.skipif(not WIKIGOLD.is_file(), reason=f"there is no real file {WIKIGOLD}")
def test_a_real_file_comes_in_with_gold_and_a_model(made):
    job = imported(made, WIKIGOLD.read_bytes(), mapping={"label": 2, "gold": 3, "models": {"truth": 3}})
    assert (job.errors, job.format) == ([], "conll")
    assert Item.objects.count() == Prediction.objects.count() == 1696
    made.refresh_from_db()
    assert made.classes == ["LOC", "MISC", "ORG", "PER"]
    assert sum(len(p.value) for p in Prediction.objects.all()) == 3558
