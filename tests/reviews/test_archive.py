"""Zip files that people send, and those that attackers send."""

import struct
import zipfile
from io import BytesIO

import pytest

from reviews.formats import image_folders, image_rows
from reviews.formats.archive import Archive, Limits
from reviews.formats.errors import FormatError
from reviews.formats.registry import detect
from reviews.tasktypes.registry import TASK_TYPES

TASK = TASK_TYPES["classification"]


def zipped(*members, compression=zipfile.ZIP_DEFLATED):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out


def codes(file, **limits):
    return [(error.line, error.code) for error in Archive(file, limits=Limits(**limits)).errors]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil.png", "unsafe_path"),
        ("a/../../evil.png", "unsafe_path"),
        ("..\\evil.png", "unsafe_path"),
        ("/etc/evil.png", "unsafe_path"),
        ("C:\\evil.png", "unsafe_path"),
        ("a//b.png", "unsafe_path"),
        ("a\nb.png", "unsafe_path"),
        ("inner.zip", "nested_archive"),
        ("inner.tar.gz", "nested_archive"),
        ("cats/x.svg", "forbidden_file"),
        ("cats/run.EXE", "forbidden_file"),
        ("index.html", "forbidden_file"),
    ],
)
def test_a_dangerous_name_is_refused_and_named_by_its_place(name, code):
    assert codes(zipped(("cats/1.png", b"x"), (name, b"x"))) == [(2, code)]


def test_a_link_is_refused():
    link = zipfile.ZipInfo("cats/link.png")
    link.external_attr = 0o120777 << 16
    assert codes(zipped((link, "/etc/passwd"))) == [(1, "not_a_file")]


def test_an_encrypted_entry_is_refused():
    content = bytearray(zipped(("a.png", b"x")).getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert codes(BytesIO(content)) == [(1, "encrypted")]


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_may_want_gigabytes_to_unpack_is_refused(compression):
    assert codes(zipped(("a.png", b"x" * 100), compression=compression)) == [(1, "unknown_compression")]


def test_bombs_are_refused_before_anything_is_unpacked():
    flat = zipped(("a.png", bytes(1 << 20)))
    assert codes(flat, ratio=100, ratio_from=1000) == [(1, "zip_bomb")]
    assert codes(flat, entry_bytes=1000) == [(1, "too_large")]
    for limits in ({"total_bytes": 1000}, {"entries": 0}):
        with pytest.raises(FormatError) as caught:
            codes(flat, **limits)
        assert caught.value.code == "zip_bomb"


def test_entries_that_share_their_bytes_are_a_bomb():
    content = zipped(("a.png", bytes(100_000)), ("b.png", bytes(100_000))).getvalue()
    second = content.rindex(b"PK\x01\x02")
    overlapping = content[: second + 42] + struct.pack("<I", 0) + content[second + 46 :]
    with pytest.raises(FormatError) as caught:
        Archive(BytesIO(overlapping))
    assert caught.value.code == "zip_bomb"


def test_a_size_that_lies_is_found_when_reading():
    content = bytearray(zipped(("a.png", bytes(1000))).getvalue())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    archive = Archive(BytesIO(content))
    with pytest.raises(FormatError) as caught:
        archive.read("a.png")
    assert (caught.value.code, caught.value.line) == ("bad_zip", 1)


def test_a_cut_archive_is_refused():
    with pytest.raises(FormatError) as caught:
        Archive(BytesIO(zipped(("a.png", b"x" * 100)).getvalue()[:-30]))
    assert caught.value.code == "bad_zip"


def test_what_file_managers_leave_behind_is_passed_over():
    file = zipped(
        ("cats/1.png", b"x"), ("__MACOSX/cats/._1.png", b"x"), ("cats/.DS_Store", b"x"), ("cats/", b"")
    )
    assert Archive(file).names == ["cats/1.png"]


def test_names_in_utf8_that_do_not_say_so_are_read_right():
    content = zipped(("Füße/1.png", b"x")).getvalue()
    flagged = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        flagged[flagged.index(signature) + offset] &= ~0x08
    assert Archive(BytesIO(flagged)).names == ["Füße/1.png"]


def names_and_labels(*paths):
    file = zipped(*((path, b"x") for path in paths))
    rows = image_folders.read(file, task=TASK, media="image", mapping={})
    return [(row.code if isinstance(row, FormatError) else (row.id, row.label, row.split)) for row in rows]


def test_folders_are_labels_and_splits():
    assert names_and_labels("train/cat/1.png", "val/dog/1.png", "cat/2.png", "3.png") == [
        ("train/cat/1.png", "cat", "train"),
        ("val/dog/1.png", "dog", "validation"),
        ("cat/2.png", "cat", ""),
        ("3.png", None, ""),
    ]


def test_a_folder_that_only_wraps_the_others_is_no_part_of_the_id():
    assert names_and_labels("pets/cat/1.png", "pets/dog/1.png") == [
        ("cat/1.png", "cat", ""),
        ("dog/1.png", "dog", ""),
    ]


def test_what_is_no_image_in_class_folders_is_named_and_papers_are_passed_over():
    assert names_and_labels("cat/1.png", "cat/1.mp4", "README.md") == [
        ("cat/1.png", "cat", ""),
        "not_an_image",
    ]


def test_a_folder_that_names_no_class_is_refused():
    assert names_and_labels("cat/1.png", " /2.png", f"{'x' * 201}/3.png") == [
        ("cat/1.png", "cat", ""),
        "bad_label",
        "bad_label",
    ]


def test_rows_that_do_not_unpack_are_named_by_their_entry():
    content = bytearray(zipped(("rows.jsonl", ROW % b"1.png" * 500), ("1.png", b"x")).getvalue())
    at = content.index(b"rows.jsonl") + 60
    content[at : at + 20] = bytes(20)
    with pytest.raises(FormatError) as caught:
        list(image_rows.read(BytesIO(content), task=TASK, media="image", mapping={}))
    assert (caught.value.code, caught.value.line) == ("bad_zip", 1)


ROW = b'{"id": "1", "image": "%s", "label": "x"}\n'


@pytest.mark.parametrize(
    ("rows_at", "said", "lies_at"),
    [
        ("rows.jsonl", b"scans/1.png", "scans/1.png"),
        ("set/rows.jsonl", b"scans/1.png", "set/scans/1.png"),
        ("set/rows.jsonl", b"set/scans/1.png", "set/scans/1.png"),
        ("set/rows.jsonl", b"./scans/1.png", "set/scans/1.png"),
        ("rows.jsonl", b"scans\\\\1.png", "scans/1.png"),
        ("rows.jsonl", b"1.png", "deep/down/1.png"),
        ("rows.jsonl", "é.png".encode(), "e\u0301.png"),
        ("labels.jsonl", b"1.png", "1.png"),
    ],
)
def test_images_are_found_beside_the_rows(rows_at, said, lies_at):
    file = zipped((rows_at, ROW % said), (lies_at, b"x"))
    assert detect(file).name == "image_rows"
    (row,) = image_rows.read(file, task=TASK, media="image", mapping={})
    assert row.entry == lies_at


def test_an_image_that_is_not_there_is_named_by_line_and_column():
    file = zipped(
        ("rows.csv", "id,image\n1,a.png\n2,gone.png\n3,b.png\n"), ("x/b.png", b""), ("y/b.png", b"")
    )
    file.seek(0)
    rows = list(image_rows.read(file, task=TASK, media="image", mapping={}))
    found = [(row.line, row.column, row.code) for row in rows]
    missing = "missing_media"
    assert found == [(2, "image", missing), (3, "image", missing), (4, "image", missing)]


def test_the_rows_file_at_the_highest_level_is_taken_and_two_there_are_refused():
    assert image_rows.rows_file(["a/b/rows.csv", "a/rows.jsonl", "other.csv"]) == "a/rows.jsonl"
    assert image_rows.rows_file(["a.csv", "b.csv"]) is None
    with pytest.raises(FormatError):
        image_rows.rows_file(["rows.csv", "rows.jsonl"])


def test_an_office_file_is_refused_with_advice():
    with pytest.raises(FormatError) as caught:
        detect(zipped(("[Content_Types].xml", b""), ("xl/workbook.xml", b"")))
    assert caught.value.code == "unknown_format"
