"""One battery for every format: write → read is the identity, and no file breaks the reader."""

import re
from datetime import UTC
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.formats import delimited
from reviews.formats.canonical import Row
from reviews.formats.columns import LISTS, ROLES
from reviews.formats.errors import FormatError
from reviews.formats.parsing import parse
from reviews.formats.registry import FORMATS, detect
from reviews.tasktypes.registry import TASK_TYPES

TASK = TASK_TYPES["classification"]
MEDIA = ("text", "image", "table")
PIXEL = b"not decoded here"
# Those of one task type only, and those for items that are there already, have tests of their own.
WRITTEN = ["jsonl", "csv", "image_folders", "image_rows"]

# What UTF-8 and Postgres can hold: no lone surrogates, no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
names = texts.filter(lambda text: text.strip())
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
opinions = st.lists(
    st.fixed_dictionaries({"annotator": names, "value": names}, optional={"at": moments}),
    unique_by=lambda opinion: opinion["annotator"],
    min_size=1,
    max_size=3,
)
predictions = st.lists(
    st.fixed_dictionaries(
        {"model": names, "probs": st.just({"a": 0.25, "b": 0.75})},
        optional={"epoch": st.integers(0, 2**31 - 1)},
    ),
    unique_by=lambda prediction: (prediction["model"], prediction.get("epoch")),
    min_size=1,
    max_size=2,
)
optional = {
    "label": names,
    "split": names,
    "meta": st.dictionaries(texts, plain, min_size=1, max_size=3),
    "labels": opinions,
    "predictions": predictions,
    "embedding": st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4),
    "gold": names,
}
paths = st.from_regex(r"[a-z0-9 é]{1,8}(/[a-z0-9]{1,8}){0,2}\.(png|jpg)", fullmatch=True)
media = {
    "text": ("text", names),
    "image": ("image", paths),
    "table": ("features", st.dictionaries(texts, st.none() | st.booleans() | numbers | texts, min_size=1)),
}


def rows_of(kind):
    key, values = media[kind]
    row = st.fixed_dictionaries({"id": names, key: values}, optional=optional)
    return st.lists(row, min_size=1, max_size=5, unique_by=lambda row: row["id"])


@st.composite
def folder_rows(draw):
    labels = st.sampled_from(["cat", "dog", "01", "Ünïcode"])
    rows = []
    for name in draw(st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=1, unique=True)):
        label = draw(labels)
        path = f"{label}/{name}.png"
        rows.append({"id": path, "image": path, "label": label})
    return rows


def written(name, rows, task=TASK):
    if name == "csv":
        return b"".join(FORMATS["csv"].write(rows, task=task, columns=delimited.columns_of(rows)))
    if name == "image_folders":
        return b"".join(FORMATS[name].write(rows, task=TASK, picture=lambda path: PIXEL))
    if name == "image_rows":
        return b"".join(FORMATS[name].write(rows, picture=lambda path: PIXEL))
    return b"".join(FORMATS[name].write(rows))


def read(content, *, name=None, kind="text", mapping=None):
    file = BytesIO(content)
    source = FORMATS[name] if name else detect(file)
    return list(source.read(file, task=TASK, media=kind, mapping=mapping or {}))


def meant(rows, kind):
    return [parse(row, line=0, task=TASK, media=kind) for row in rows]


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("name", ["jsonl", "csv", "image_rows"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_what_was_written_is_read_again(name, kind, data):
    rows = data.draw(rows_of(kind))
    assert read(written(name, rows), name=name, kind=kind) == meant(rows, kind)


# "O" is no class of spans: it stands for in none.
places = st.tuples(st.integers(0, 20), st.integers(1, 20), names.filter(lambda name: name != "O"))
VALUES = {
    "multilabel": st.lists(names, max_size=3),
    "spans": st.lists(places.map(lambda p: {"start": p[0], "end": p[0] + p[1], "label": p[2]}), max_size=3),
    "boxes": st.lists(places.map(lambda p: {"bbox": [p[0], 0.5, p[1], 7], "label": p[2]}), max_size=3),
}


@pytest.mark.parametrize("task_type", VALUES)
@pytest.mark.parametrize("name", ["jsonl", "csv"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_labels_of_every_task_type_are_read_again(name, task_type, data):
    task, kind = TASK_TYPES[task_type], min(TASK_TYPES[task_type].media)
    content = {"image": "a.png", "text": "x" * 40, "table": None, "features": {"a": 1}}
    key = {"image": "image", "text": "text", "table": "features"}[kind]
    label = data.draw(VALUES[task_type])
    opinions = [{"annotator": "ann", "value": label}]
    rows = [{"id": "1", key: content[key], "label": label, "gold": label, "labels": opinions}]
    file = BytesIO(written(name, rows, task))
    [row] = FORMATS[name].read(file, task=task, media=kind, mapping={})
    assert row == parse(rows[0], line=0, task=task, media=kind)
    assert row.label == task.from_json(label)


@given(rows=folder_rows())
@settings(deadline=None, max_examples=60)
def test_class_folders_are_read_again(rows):
    assert read(written("image_folders", rows), kind="image") == meant(rows, "image")


@pytest.mark.parametrize("kind", MEDIA)
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_row_says_in_json_what_was_read(kind, data):
    for row in meant(data.draw(rows_of(kind)), kind):
        assert parse(row.as_json(), line=0, task=TASK, media=kind) == row


ROWS = {
    "text": [{"id": "1", "text": "a\nb", "label": "x"}, {"id": "2", "text": "é", "meta": {"k": "v"}}],
    "image": [{"id": "c/1.png", "image": "c/1.png", "label": "c"}, {"id": "d/2.png", "image": "d/2.png"}],
    "table": [{"id": "1", "features": {"age": 3, "zip": "01"}, "label": "x"}],
}
ROWS["folders"] = ROWS["image"][:1]


@pytest.mark.parametrize("name", WRITTEN)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_a_cut_or_corrupted_file_gives_rows_or_errors_in_their_place(name, data):
    kind = "image" if name.startswith("image") else data.draw(st.sampled_from(["text", "table"]))
    content = bytearray(written(name, ROWS["folders" if name == "image_folders" else kind]))
    del content[data.draw(st.integers(0, len(content))) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(content), name=name, kind=kind)
    except FormatError as error:
        found = [error]
    for row in found:
        assert isinstance(row, Row | FormatError)
        if isinstance(row, FormatError):
            assert row.code
            assert row.detail
            assert row.line is None or row.line >= 1


@pytest.mark.parametrize("name", WRITTEN)
@given(content=st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_noise_is_refused_as_a_format_error(name, content):
    try:
        found = read(content, name=name, kind="image" if name.startswith("image") else "text")
    except FormatError:
        return
    assert all(isinstance(row, Row | FormatError) for row in found)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"id": 1}', "jsonl"),
        (b'\xef\xbb\xbf  {"id": 1}', "jsonl"),
        (b"id,text\n1,a", "csv"),
        (written("image_folders", ROWS["folders"]), "image_folders"),
        (written("image_rows", ROWS["image"]), "image_rows"),
        (written("image_rows", ROWS["text"]), "image_rows"),
    ],
)
def test_the_format_is_found_by_the_content(content, name):
    assert detect(BytesIO(content)).name == name


@pytest.mark.parametrize(
    "magic", [b"PAR1", b"\x1f\x8b\x08", b"7z\xbc\xaf", b"%PDF-1.7", b"SQLite format 3\0"]
)
def test_files_of_other_programs_are_refused_with_advice(magic):
    with pytest.raises(FormatError) as caught:
        detect(BytesIO(magic + b"..."))
    assert caught.value.code == "unknown_format"


DOCUMENT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
REVIEWS = Path(delimited.__file__).parents[1]
SOURCES = [
    *REVIEWS.glob("formats/*.py"),
    *(REVIEWS / "tasktypes" / f"{name}.py" for name in TASK_TYPES),
    REVIEWS / "attaching.py",
    REVIEWS / "checking.py",
    REVIEWS / "intake.py",
    REVIEWS / "importing.py",
]
CODE = re.compile(
    r"""(?:FormatError|BadValue|\.error|_plain_error|_name\([^"]*|return)\(?\s*"([a-z]+_[a-z_]+)","""
)


@pytest.mark.parametrize("name", [*FORMATS, *ROLES, *LISTS])
def test_every_format_and_role_is_documented(name):
    assert f"`{name}`" in DOCUMENT


def test_every_error_code_is_documented():
    codes = {code for path in SOURCES for code in CODE.findall(path.read_text())}
    assert len(codes) > 40
    assert sorted(code for code in codes if f"`{code}`" not in DOCUMENT) == []
