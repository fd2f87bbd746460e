"""JSONL: one row a line, as JSON in UTF-8. The canonical format, and any other keys by mapping."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, BinaryIO

import orjson

from reviews.formats.canonical import KEYS, MEDIA_KEYS, Row, line
from reviews.formats.columns import Layout, lay_out
from reviews.formats.errors import FormatError
from reviews.formats.parsing import parse
from reviews.tasktypes.base import TaskType

BLOCK = 1 << 18
MAX_LINE_BYTES = 16 << 20
SAMPLE = 200


def read(
    source: BinaryIO, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each line's row, or what is wrong with it, in order; holds one block of the file at a time."""
    lines = _lines(source)
    head = list(islice(lines, SAMPLE))
    if not head:
        raise FormatError("empty_file", "the file is empty", line=1)
    layout = _layout(head, mapping, media)
    own = frozenset() if mapping else KEYS - set(MEDIA_KEYS.values()) | {MEDIA_KEYS[media]}
    numbered = "id" not in layout.roles
    for count, (number, raw) in enumerate(chain(head, lines), 1):
        try:
            plain, repeatable = _record(number, raw), False
            if not own.issuperset(plain):
                plain, repeatable = layout.plain(plain)
            if numbered and "id" not in plain:
                plain = plain | {"id": str(count)}
            row = parse(plain, line=number, task=task, media=media)
            row.repeatable, row.columns = repeatable, layout.roles
            yield row
        except FormatError as error:
            yield layout.locate(error)


def write(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The file in blocks: canonical, so that the same rows are the same bytes."""
    block: list[bytes] = []
    size = 0
    for row in rows:
        block.append(line(row))
        size += len(block[-1])
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _layout(head: list[tuple[int, bytes]], mapping: Mapping[str, Any], media: str) -> Layout:
    sample = [record for number, raw in head if isinstance(record := _record_or_none(number, raw), dict)]
    columns = list(dict.fromkeys(key for record in sample for key in record))
    return lay_out(mapping=mapping, columns=columns, sample=sample, media=media)


def _record_or_none(number: int, raw: bytes) -> dict[str, Any] | None:
    try:
        return _record(number, raw)
    except FormatError:
        return None


def _record(number: int, raw: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _syntax_error(number, raw, error) from None
    if type(record) is not dict:
        raise _array_error() if type(record) is list and number == 1 else _not_an_object(number)
    return record


def _not_an_object(number: int) -> FormatError:
    return FormatError("not_an_object", "each line must be a JSON object", line=number, column="1")


def _array_error() -> FormatError:
    detail = "this is one JSON array; write one object a line (jq -c '.[]' does)"
    return FormatError("not_jsonl", detail, line=1, column="1")


def _syntax_error(number: int, raw: bytes, error: orjson.JSONDecodeError) -> FormatError:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as broken:
        column = len(raw[: broken.start].decode("utf-8")) + 1
        detail = f"byte 0x{raw[broken.start]:02X} is not UTF-8"
        return FormatError("bad_encoding", detail, line=number, column=str(column))
    if number == 1 and raw.lstrip().startswith(b"["):
        return _array_error()
    return FormatError("bad_json", f"not valid JSON: {error.msg}", line=number, column=str(error.colno))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(number, line) of each line that is not blank."""
    number, tail, first = 0, b"", True
    while block := file.read(BLOCK):
        if first:
            block, first = _without_mark(block), False
        lines = (tail + block).split(b"\n")
        tail = lines.pop()
        if len(tail) > MAX_LINE_BYTES:
            detail = f"the line is longer than {MAX_LINE_BYTES >> 20} MB"
            raise FormatError("line_too_long", detail, line=number + len(lines) + 1)
        for raw in lines:
            number += 1
            if raw and not raw.isspace():
                yield number, raw
    if tail and not tail.isspace():
        yield number + 1, tail


def _without_mark(block: bytes) -> bytes:
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FormatError("bad_encoding", "JSONL must be UTF-8; this is UTF-16", line=1, column="1")
    return block.removeprefix(codecs.BOM_UTF8)
