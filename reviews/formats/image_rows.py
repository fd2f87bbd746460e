"""A zip with a rows file, JSONL or CSV, and beside it the images that its rows name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from reviews.formats import delimited, jsonl
from reviews.formats.archive import Archive
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.zipping import zipped
from reviews.tasktypes.base import TaskType

ROWS_NAMES = ("rows.jsonl", "rows.csv")
READERS: dict[str, Callable[..., Iterator[Row | FormatError]]] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".csv": delimited.read,
    ".tsv": delimited.read,
}


def rows_file(names: Iterable[str]) -> str | None:
    """The file with the rows: the one named so at the highest level, else the only one of its kind."""
    paths = [PurePosixPath(name) for name in names]
    named = [path for path in paths if path.name.lower() in ROWS_NAMES]
    if named:
        highest = min(len(path.parts) for path in named)
        named = [path for path in named if len(path.parts) == highest]
    else:
        named = [path for path in paths if path.suffix.lower() in READERS]
    if len(named) > 1 and all(path.name.lower() in ROWS_NAMES for path in named):
        raise FormatError("ambiguous_rows", f"which is the rows file: {' or '.join(map(str, named[:2]))}?")
    return str(named[0]) if len(named) == 1 else None


def read(
    source: BinaryIO | Archive, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each row of the rows file, its image found in the archive."""
    archive = source if isinstance(source, Archive) else Archive(source)
    yield from archive.errors
    if (name := rows_file(archive.names)) is None:
        raise FormatError("no_rows", f"the archive has no {' or '.join(ROWS_NAMES)}")
    reader = READERS[PurePosixPath(name).suffix.lower()]
    with archive.open(name) as rows:
        for row in reader(rows, task=task, media=media, mapping=mapping):
            yield row if isinstance(row, FormatError) else _with_entry(row, archive, beside=name)


def _with_entry(row: Row, archive: Archive, *, beside: str) -> Row | FormatError:
    if row.image is None:
        return row
    if (entry := archive.find(row.image, beside=beside)) is None:
        detail = f"there is no “{row.image}” in the archive"
        return FormatError("missing_media", detail, line=row.line, column="image")
    row.entry = entry
    return row


def write(rows: Iterable[Mapping[str, Any]], *, picture: Callable[[str], bytes]) -> Iterator[bytes]:
    """The zip in blocks: the images in order of the rows, then the rows; holds the rows, not the images."""
    return zipped(_members(rows, picture))


def _members(
    rows: Iterable[Mapping[str, Any]], picture: Callable[[str], bytes]
) -> Iterator[tuple[str, bytes]]:
    kept: list[Mapping[str, Any]] = []
    written: set[str] = set()
    for row in rows:
        kept.append(row)
        if (path := row.get("image")) and path not in written:
            written.add(path)
            yield path, picture(path)
    yield ROWS_NAMES[0], b"".join(jsonl.write(kept))
