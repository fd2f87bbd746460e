"""CSV as people really send it."""

import csv
from io import BytesIO, StringIO

import pytest

from reviews.formats import delimited, encoding
from reviews.formats.errors import FormatError
from reviews.tasktypes.registry import TASK_TYPES

TASK = TASK_TYPES["classification"]


def read(content, *, media="text", **mapping):
    if isinstance(content, str):
        content = content.encode()
    return list(delimited.read(BytesIO(content), task=TASK, media=media, mapping=mapping))


def errors(rows):
    return [(e.line, e.column, e.code) for e in rows if isinstance(e, FormatError)]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(codec, delimiter):
    lines = [
        ["id", "text", "label"],
        ["1", "café, crème; 12 € | ¼".replace("€", "E"), "ja"],
        ["2", "é", "nein"],
    ]
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(lines)
    rows = read(out.getvalue().encode(codec))
    assert [[row.id, row.text, row.label] for row in rows] == lines[1:]


def test_the_euro_sign_of_windows_is_read():
    assert read("id,text\n1,12 €\n".encode("cp1252"))[0].text == "12 €"


def test_text_stays_text():
    rows = read("id,text,label\n01,NA,01\n007,null,NA\n1e5,None,1.0\n")
    assert [(row.id, row.text, row.label) for row in rows] == [
        ("01", "NA", "01"),
        ("007", "null", "NA"),
        ("1e5", "None", "1.0"),
    ]


def test_an_empty_label_is_no_label():
    assert read("id,text,label\n1,a,\n")[0].label is None


def test_quoted_newlines_keep_the_line_numbers_right():
    rows = read('id,text,label\r\n1,"a\r\nb\nc",x\r\n\r\n2,,x\r\n3,"d ""e""",x\r\n4,f\r\n')
    assert rows[0].text == "a\r\nb\nc"
    assert rows[2].text == 'd "e"'
    assert [rows[0].line, rows[2].line] == [2, 7]
    assert errors(rows) == [(6, "text", "missing_text"), (8, None, "wrong_shape")]


def test_a_quote_that_is_never_closed_is_named_by_the_line_where_it_opens():
    with pytest.raises(FormatError) as caught:
        read('id,text\n1,a\n2,"b\n3,c\n')
    assert (caught.value.line, caught.value.code) == (3, "open_quote")


def test_a_broken_byte_is_named_by_line_and_column():
    content = "id,text\n1,日本語のテキスト\n2,日本".encode() + b"\xff" + "語\n".encode()
    with pytest.raises(FormatError) as caught:
        read(content)
    assert (caught.value.line, caught.value.column, caught.value.code) == (3, "5", "bad_encoding")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32"])
def test_a_cut_character_is_named_by_its_line_in_a_file_of_many_blocks(codec, monkeypatch):
    monkeypatch.setattr(encoding, "BLOCK", 64)
    content = ("id,text\n" + "".join(f"{i},äöü {i}\n" for i in range(50)) + "50,日").encode(codec)[:-1]
    with pytest.raises(FormatError) as caught:
        read(content)
    assert (caught.value.line, caught.value.column) == (52, "4")


def test_a_binary_file_is_not_text():
    for content in (b"\x89PNG\r\n\x1a\n\0\0\0", b"\x01\x02\xff\xfe\x03" * 10):
        with pytest.raises(FormatError) as caught:
            read(content)
        assert caught.value.code == "not_text"


def test_features_are_numbers_only_where_the_whole_cell_is_one():
    row = read(
        "id,age,zip,grade,ratio,account,note,big,label\n01,3,01,NA,-1.5e3,12345678901234567890,,1e999,x\n",
        media="table",
    )[0]
    assert row.id == "01"
    assert row.features == {
        "age": 3,
        "zip": "01",
        "grade": "NA",
        "ratio": -1500.0,
        "account": "12345678901234567890",
        "note": None,
        "big": "1e999",
    }


def test_other_columns_of_texts_become_meta():
    assert read("id,text,source\n1,a,007\n2,b,\n")[0].meta == {"source": "007"}


def test_columns_are_guessed_by_their_names():
    row = read("Item ID,Message,Category,Worker\n7,hello,spam,ann\n")[0]
    assert (row.id, row.text, row.label, row.labels[0][:2]) == ("7", "hello", None, ("ann", "spam"))


def test_columns_are_guessed_by_what_is_in_them():
    texts = "".join(f"{'ham' if i % 3 else 'spam'},this is message number {i} of many\n" for i in range(12))
    row = read("v1,v2\n" + texts)[0]
    assert (row.id, row.text, row.label) == ("1", "this is message number 0 of many", "spam")


def test_what_is_not_obvious_is_not_guessed():
    rows = read(
        "id,true_label,given_a,given_b,sent,text\n" + "1,x,y,x,2026-01-31 09:00,hello\n2,y,x,y,,hi\n" * 9
    )
    assert rows[0].label is None
    assert set(rows[0].meta) == {"true_label", "given_a", "given_b", "sent"}
    dates = "".join(f"{i},2026-01-31T09:00:{i:02},x\n" for i in range(9))
    with_dates = read("id,sent,label\n" + dates)
    assert errors(with_dates)[0] == (2, "text", "missing_text")


def test_the_mapping_comes_before_any_guess():
    row = read("id,text,label,given\n1,a,x,y\n", label="given", id="id", text="label")[0]
    assert (row.text, row.label, row.meta) == ("x", "y", {"text": "a"})


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"label": "nope"}, "unknown_column"),
        ({"labl": "label"}, "unknown_role"),
        ({"label": 3}, "bad_mapping"),
        ({"annotators": "ann"}, "bad_mapping"),
        ({"delimiter": ",,"}, "bad_mapping"),
        ({"encoding": "klingon"}, "unknown_encoding"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping, code):
    with pytest.raises(FormatError) as caught:
        read("id,text,label\n1,a,x\n", **mapping)
    assert caught.value.code == code


def test_one_row_an_opinion():
    rows = read("item,text,worker,label\n1,a,ann,x\n1,a,bo,y\n2,b,,x\n")
    assert all(row.repeatable for row in rows[:2])
    assert rows[1].labels[0][:2] == ("bo", "y")
    assert errors(rows) == [(4, "worker", "blank_annotator")]


def test_one_column_an_annotator():
    row = read("id,text,ann,bo\n1,a,x,\n2,b,x,y\n", annotators=["ann", "bo"])[1]
    assert [opinion[:2] for opinion in row.labels] == [("ann", "x"), ("bo", "y")]
    assert not row.repeatable


def test_an_excel_hint_of_the_delimiter_is_followed_and_counted_as_a_line():
    rows = read("sep=;\nid;text\n1;a, b\n2;\n")
    assert rows[0].text == "a, b"
    assert errors(rows) == [(4, "text", "missing_text")]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(FormatError) as caught:
        read("id,text,text\n1,a,b\n")
    assert (caught.value.code, caught.value.column) == ("repeated_column", "text")


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_says_so(content):
    with pytest.raises(FormatError) as caught:
        read(content)
    assert caught.value.code == "empty_file"


def test_a_cell_without_an_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(delimited, "MAX_CELL", 1000)
    for content in ("id,text\n1," + "a" * 5000, 'id,text\n1,"' + "a\n" * 5000):
        with pytest.raises(FormatError) as caught:
            read(content)
        assert caught.value.line == 2


FORMULAS = ["=1+1", "+49 170", "-x", "@user hi", "\tx", "＝1", "'=1", "''=1", "'tis", "-5", "+3.2e4", "fine"]


def test_formulas_are_guarded_and_read_again_as_they_were():
    rows = [{"id": text, "text": text, "label": "=x", "meta": {"note": text}} for text in FORMULAS]
    content = b"".join(delimited.write(rows, task=TASK, columns=delimited.columns_of(rows)))
    cells = [cell for row in csv.reader(StringIO(content.decode(), newline="")) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r＝") and cell not in ("-5", "+3.2e4")]
    assert [row.as_json() for row in read(content)] == rows


def test_a_cell_that_needs_no_guard_is_left_alone():
    rows = [{"id": "1", "text": "'quoted' and -5 and = in the middle"}, {"id": "2", "text": "'=x"}]
    content = b"".join(delimited.write(rows, task=TASK, columns=["id", "text"])).decode()
    assert "1,'quoted' and -5 and = in the middle,\r\n2,'=x,\r\n" in content


def test_without_the_guard_the_cells_are_bare():
    content = b"".join(
        delimited.write([{"id": "1", "text": "=1"}], task=TASK, columns=["id", "text"], guard=False)
    )
    assert content == b"id,text\r\n1,=1\r\n"


def test_apostrophes_of_other_files_stay():
    assert read("id,text\n1,'=1+1\n")[0].text == "'=1+1"
