"""CSV and its kin: one row a record, with a header; delimiter and encoding are found by looking.

What `write` writes, `read` reads as the same rows; what cells mean is in `cells.py`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO, TextIOWrapper
from itertools import chain, islice
from typing import Any, BinaryIO, TextIO

from reviews.formats import encoding
from reviews.formats.canonical import Row
from reviews.formats.cells import ABSENT, Decode, cell_of, decoder
from reviews.formats.columns import lay_out
from reviews.formats.errors import FormatError
from reviews.formats.formulas import GUARD, guarded, unguarded
from reviews.formats.parsing import parse
from reviews.tasktypes.base import BadValue, TaskType

DELIMITERS = ",;\t|"
MAX_CELL = 16 << 20
SAMPLE = 200
SAMPLE_CHARACTERS = 1 << 16
BLOCK = 1 << 16
SPELLED = "id text image label split gold ambiguous labels predictions embedding"
FIXED_COLUMNS = SPELLED.split()

Record = tuple[int, list[str]]  # (line of its first character, cells)


def read(
    source: BinaryIO, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each record's row, or what is wrong with it, in order; holds one record at a time."""
    declared = mapping.get("encoding")
    codec = encoding.proven(source, declared) if declared else encoding.sniff(source)
    text = TextIOWrapper(source, codec, newline="")
    try:
        yield from _rows(text, task, media, mapping)
    finally:
        text.detach()


def _rows(
    text: TextIO, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    header, records = table(text, mapping)
    head = list(islice(records, SAMPLE))
    sample = [dict(zip(header, cells, strict=False)) for _, cells in head]
    layout = lay_out(mapping=mapping, columns=header, sample=sample, media=media)
    decoders = [decoder(layout, name, task) for name in header]
    guard = header.index(GUARD) if GUARD in header else None
    numbered = "id" not in layout.roles
    for count, (number, cells) in enumerate(chain(head, records), 1):
        try:
            if guard is not None and cells[guard:][:1] == ["'"]:
                cells = [unguarded(cell) for cell in cells]
            values = _values(number, header, decoders, cells)
            plain, repeatable = layout.plain(values)
            if numbered:
                plain["id"] = str(count)
            row = parse(plain, line=number, task=task, media=media)
            row.repeatable, row.columns = repeatable, layout.roles
            yield row
        except FormatError as error:
            yield layout.locate(error)


def table(text: TextIO, mapping: Mapping[str, Any]) -> tuple[list[str], Iterator[Record]]:
    """The header, and each record behind it that is not blank with the line where it begins."""
    start, delimiter = _dialect(text, mapping)
    records = _records(text, delimiter, start)
    first, header = next(records, (1, []))
    _check_header(header, first)
    return header, records


def _values(
    number: int, header: Sequence[str], decoders: Sequence[Decode], cells: list[str]
) -> dict[str, Any]:
    if len(cells) < len(header) or any(cells[len(header) :]):
        detail = f"the row has {len(cells)} cells, the header {len(header)} columns"
        raise FormatError("wrong_shape", detail, line=number)
    values = {}
    for name, decode, cell in zip(header, decoders, cells, strict=False):
        try:
            if (value := decode(cell)) is not ABSENT:
                values[name] = value
        except BadValue as error:
            raise FormatError.of(error, line=number, column=name) from None
    return values


# The file's dialect


def _dialect(text: TextIO, mapping: Mapping[str, Any]) -> tuple[int, str]:
    """(lines to skip, delimiter); `text` is left behind the lines to skip."""
    sample = text.read(SAMPLE_CHARACTERS)
    text.seek(0)
    if match := re.match(r"(?:\ufeff)?sep=(.)\r?\n", sample):  # Excel's own way of naming the delimiter
        text.readline()
        return 1, match[1]
    return 0, mapping.get("delimiter") or sniff_delimiter(sample)


def sniff_delimiter(sample: str) -> str:
    """The delimiter that cuts the sample into the most even rows; of equals the one with most columns."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        records = [r for r in islice(csv.reader(StringIO(sample, newline=""), delimiter=delimiter), 51) if r]
    except csv.Error:
        return 0.0, 0
    widths = [len(record) for record in (records[:-1] if len(records) > 2 else records)]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _records(text: TextIO, delimiter: str, start: int) -> Iterator[Record]:
    """Each record that is not blank, with the line where it begins, however many lines its cells span."""
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise FormatError("bad_mapping", "the delimiter must be one character", column="delimiter")
    csv.field_size_limit(
        MAX_CELL
    )  # the module's only way; its default of 131,072 is less than a long document
    reader = csv.reader(_lines(text, start), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            if cells:
                yield start + before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise _syntax_error(error, start + before + 1) from None


def _lines(text: TextIO, start: int) -> Iterator[str]:
    number = start
    while line := text.readline(MAX_CELL + 1):
        number += 1
        if len(line) > MAX_CELL:
            detail = f"the line is longer than {MAX_CELL >> 20} million characters"
            raise FormatError("line_too_long", detail, line=number)
        if "\0" in line:
            raise FormatError("bad_text", "the line has a NUL character", line=number)
        yield line


def _syntax_error(error: csv.Error, line: int) -> FormatError:
    if "unexpected end of data" in str(error):
        return FormatError("open_quote", "a quote that opens in this row is never closed", line=line)
    if "field larger" in str(error):
        return FormatError("open_quote", "a cell of this row has no end; is a quote missing?", line=line)
    return FormatError("bad_quoting", f"the quoting of this row is broken: {error}", line=line)


def _check_header(header: Sequence[str], line: int) -> None:
    if not header:
        raise FormatError("empty_file", "the file is empty", line=1)
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise FormatError("repeated_column", f"two columns are named “{name}”", line=line, column=name)
        seen.add(name)


# Writing


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The header that holds everything these rows say."""
    found: dict[str, None] = {}
    for row in rows:
        for key, value in row.items():
            inner = [f"{key}.{name}" for name in value] if key in ("meta", "features") else [key]
            found.update(dict.fromkeys(inner))
    return [c for c in FIXED_COLUMNS if c in found] + sorted(found.keys() - set(FIXED_COLUMNS))


def write(
    rows: Iterable[Mapping[str, Any]], *, task: TaskType, columns: Sequence[str], guard: bool = True
) -> Iterator[bytes]:
    """The file in blocks, in UTF-8, with these columns.

    With `guard`, cells that a spreadsheet would run as a formula get an apostrophe before them, and the last
    column says in which rows; our own reader takes it off again.
    """
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*columns, GUARD] if guard else columns)
    for row in rows:
        cells = [cell_of(row, column, task) for column in columns]
        writer.writerow(guarded(cells) if guard else cells)
        if out.tell() >= BLOCK:
            yield _drain(out)
    yield _drain(out)


def _drain(out: StringIO) -> bytes:
    block = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return block
