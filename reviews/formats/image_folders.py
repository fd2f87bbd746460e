"""A zip of images in class folders: the folder is the label, the path is the id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from reviews.formats.archive import Archive
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.images import SUFFIXES
from reviews.formats.parsing import parse
from reviews.formats.zipping import zipped
from reviews.tasktypes.base import BadValue, TaskType

SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"} | dict.fromkeys(
    ("val", "valid", "validation", "dev"), "validation"
)
LYING_BESIDE = ".txt .md .pdf .json .csv .xml .yaml .yml"
PAPERS = frozenset(LYING_BESIDE.split())


def read(
    source: BinaryIO | Archive, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each picture's row, in order of the archive."""
    if media != "image":
        detail = f"a zip of class folders holds images; this dataset holds {media} items"
        raise FormatError("wrong_media", detail)
    archive = source if isinstance(source, Archive) else Archive(source)
    yield from archive.errors
    names = [name for name in archive.names if PurePosixPath(name).suffix.lower() not in PAPERS]
    if not names and not archive.errors:
        raise FormatError("empty_file", "the archive has no images")
    root = _common_root(names)
    for name in names:
        number = archive.number(name)
        if PurePosixPath(name).suffix.lower() not in SUFFIXES:
            yield FormatError("not_an_image", f"“{name}” is not an image", line=number)
            continue
        try:
            row = parse(_plain(name.removeprefix(root), task), line=number, task=task, media="image")
            row.entry = name
            yield row
        except FormatError as error:
            yield error
        except BadValue as error:
            yield FormatError.of(error, line=number, column="label")


def write(
    rows: Iterable[Mapping[str, Any]], *, task: TaskType, picture: Callable[[str], bytes]
) -> Iterator[bytes]:
    """The zip in blocks; raises FormatError for a row that says more than folders can say."""
    return zipped(_members(rows, task, picture))


def _members(
    rows: Iterable[Mapping[str, Any]], task: TaskType, picture: Callable[[str], bytes]
) -> Iterator[tuple[str, bytes]]:
    for number, row in enumerate(rows, 1):
        path = row["image"]
        if not row.items() <= (_plain(path, task) | {"image": path}).items():
            detail = "class folders cannot say all that this row says"
            raise FormatError("not_expressible", detail, line=number)
        yield path, picture(path)


def _common_root(names: list[str]) -> str:
    """The one folder that everything lies in, with a slash, where it only wraps the class folders."""
    roots = {name.split("/", 1)[0] for name in names}
    wraps = len(roots) == 1 and all(name.count("/") >= 2 for name in names)
    root = roots.pop() if wraps else ""
    return f"{root}/" if root and root.lower() not in SPLITS else ""


def _plain(name: str, task: TaskType) -> dict[str, Any]:
    *folders, _ = name.split("/")
    plain: dict[str, Any] = {"id": name, "image": name}
    splits = [SPLITS[folder.lower()] for folder in folders if folder.lower() in SPLITS]
    if splits:
        plain["split"] = splits[0]
    if folders and folders[-1].lower() not in SPLITS:
        plain["label"] = task.from_cell(folders[-1])
    return plain
