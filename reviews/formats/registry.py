"""The formats there are, and which one a file is in. A new one is one file beside this and one line here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from reviews.formats import (
    coco,
    coco_results,
    conll,
    delimited,
    image_folders,
    image_rows,
    jsonl,
    opinions,
)
from reviews.formats.additions import Addition
from reviews.formats.archive import Archive, Limits
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.tasktypes.base import TaskType


class Read(Protocol):
    """Yields each row (or addition) or what is wrong with it; raises FormatError where it cannot read on."""

    def __call__(
        self, source: Any, *, task: TaskType, media: str, mapping: Mapping[str, Any]
    ) -> Iterator[Row | Addition | FormatError]: ...


def _read_npz(source: Any, **asked: Any) -> Iterator[Row | Addition | FormatError]:
    # Not before it is needed: the web processes, which only name the formats, shall not carry NumPy about.
    from reviews.formats import npz

    return npz.read(source, **asked)


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which data comes and goes."""

    name: str
    read: Read
    write: Callable[..., Iterator[bytes]]
    mime_type: str
    suffix: str
    is_archive: bool = False
    attaches: bool = False  # it brings no items: what it says is of items that are there
    # What the dataset has to remember of such a file: additions to its settings.
    settings: Callable[[Any, Mapping[str, Any]], dict[str, Any]] | None = None


def _unwritten(*_: Any, **__: Any) -> Iterator[bytes]:
    raise FormatError("not_expressible", "this format only comes in")


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("jsonl", jsonl.read, jsonl.write, "application/x-ndjson", ".jsonl"),
        Format("csv", delimited.read, delimited.write, "text/csv; charset=utf-8", ".csv"),
        Format("image_folders", image_folders.read, image_folders.write, "application/zip", ".zip", True),
        Format("image_rows", image_rows.read, image_rows.write, "application/zip", ".zip", True),
        Format("coco", coco.read, coco.write, "application/json", ".json", True, settings=coco.settings),
        Format("coco_results", coco_results.read, _unwritten, "application/json", ".json", attaches=True),
        Format("conll", conll.read, conll.write, "text/plain; charset=utf-8", ".conll"),
        Format("opinions", opinions.read, _unwritten, "text/csv; charset=utf-8", ".csv", attaches=True),
        Format("npz", _read_npz, _unwritten, "application/zip", ".npz", True, attaches=True),
    )
}

NPY = ".npy"
COCO_RESULTS = re.compile(rb"\[\s*\{")
COCO = re.compile(rb'\{\s*"(info|licenses|images|annotations|categories)"\s*:\s*[\[{]')
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# What people send that none of the readers reads, with what to do about it.
STRANGERS = (
    (b"PAR1", "this is a Parquet file; save it as CSV or JSONL"),
    (b"\x1f\x8b", "this is a gzip file; unpack it first"),
    (b"7z\xbc\xaf", "this is a 7z archive; pack it as zip"),
    (b"Rar!", "this is a RAR archive; pack it as zip"),
    (b"%PDF", "this is a PDF"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel file; save the sheet as CSV"),
    (b"SQLite format 3", "this is a database; save a table as CSV"),
)


def open_source(
    file: BinaryIO, *, name: str = "", limits: Limits | None = None
) -> tuple[Format, BinaryIO | Archive]:
    """The format of that name, else the one that the content shows, and what its reader reads."""
    if name and name not in FORMATS and name != "zip":
        raise FormatError("unknown_format", f"there is no format {name}; there are {', '.join(FORMATS)}")
    source = _opened(file, limits)
    kind = FORMATS.get(name) or _detect(source)
    if kind.is_archive and not isinstance(source, Archive):
        source = Archive(file, limits=limits)  # which says why it is none
    return kind, source if kind.is_archive else file


def detect(file: BinaryIO) -> Format:
    """The format that the file's content shows, whatever its name says; `file` is left at its start."""
    return open_source(file)[0]


def _opened(file: BinaryIO, limits: Limits | None) -> BinaryIO | Archive:
    file.seek(0)
    head = file.read(len(ZIP_MAGIC[0]))
    file.seek(0)
    return Archive(file, limits=limits) if head in ZIP_MAGIC else file


def _detect(source: BinaryIO | Archive) -> Format:
    if isinstance(source, Archive):
        if "[Content_Types].xml" in source.names:
            raise FormatError("unknown_format", "this is an Office file; save the sheet as CSV")
        if source.names and all(name.endswith(NPY) for name in source.names):
            return FORMATS["npz"]
        if image_rows.rows_file(source.names):
            return FORMATS["image_rows"]
        return FORMATS["coco" if coco.annotation_files(source) else "image_folders"]
    head = source.read(4096)
    source.seek(0)
    for magic, detail in STRANGERS:
        if head.startswith(magic):
            raise FormatError("unknown_format", detail)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if COCO_RESULTS.match(start) and all(key in start for key in (b'"image_id"', b'"category_id"')):
        return FORMATS["coco_results"]
    if COCO.match(start) and _mentions(source, coco.LISTS):
        raise FormatError("missing_media", "a COCO file comes in one zip with its images")
    if conll.looks_like(start):
        return FORMATS["conll"]
    if opinions.looks_like(start):
        return FORMATS["opinions"]
    return FORMATS["jsonl" if start.startswith((b"{", b"[")) else "csv"]


def _mentions(source: BinaryIO, keys: Sequence[str]) -> bool:
    found = coco.mentions(source, keys)
    source.seek(0)
    return found
