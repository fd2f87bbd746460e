"""Versions as files, streamed: what stands in memory does not grow with the dataset."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection
from django.utils.text import slugify

from . import versions
from .errors import DomainError
from .formats.canonical import MEDIA_KEYS
from .formats.errors import FormatError
from .formats.registry import FORMATS, Format
from .models import Dataset, Item, Media, TaskType, Version
from .tasktypes.registry import TASK_TYPES

EXPORTED = ("jsonl", "csv", "coco", "conll")
# What formats of one task type alone are for.
ONLY = {"coco": TaskType.BOXES, "conll": TaskType.SPANS}
SIZES_AT_ONCE = 1000

# The keys of one jsonb column over the items of a version, so that the header stands before the first row.
KEYS = {
    column: f"""
        SELECT DISTINCT key FROM reviews_item i
        JOIN reviews_labelrevision r ON r.item_id = i.id AND r.number = 1
        JOIN reviews_seal s ON s.event_id = r.event_id
        CROSS JOIN jsonb_object_keys(i.{column}) AS key
        WHERE i.dataset_id = %s AND s.position <= %s AND i.{column} <> '{{}}'
    """  # noqa: S608 - the two names below
    for column in ("meta", "features")
}


class Export(NamedTuple):
    """A file on its way out."""

    blocks: Iterator[bytes]
    mime_type: str
    file_name: str


def export(*, version: Version, format: str = "jsonl", guard: bool = True) -> Export:
    """The version in one of the formats EXPORTED. The SHA-256 of the bytes of JSONL is the version's.

    `guard` keeps spreadsheets from running cells of a CSV as formulas (`formats/formulas.py`).
    """
    kind, dataset = FORMATS[format], version.dataset
    rows = versions.rows_at(dataset_id=dataset.pk, position=version.position)
    if ONLY.get(format, dataset.task_type) != dataset.task_type:
        raise DomainError(
            f"{kind.name} holds {ONLY[format]}; the labels of this dataset are {dataset.task_type}."
        )
    if format == "conll":
        _refuse_unsayable(kind, version)
    if format == "coco":
        blocks = kind.write(_with_sizes(dataset, rows), classes=dataset.classes)
    elif format == "csv":
        columns = _columns(dataset, version.position)
        blocks = kind.write(rows, task=TASK_TYPES[dataset.task_type], columns=columns, guard=guard)
    else:
        blocks = kind.write(rows)
    return Export(blocks, kind.mime_type, f"{slugify(dataset.name) or 'dataset'}-{version.tag}{kind.suffix}")


def _refuse_unsayable(kind: Format, version: Version) -> None:
    """Raise DomainError before the first byte goes out, where the format cannot say a row."""
    try:
        for _ in kind.write(versions.rows_at(dataset_id=version.dataset_id, position=version.position)):
            pass
    except FormatError as error:
        raise DomainError(f"Row {error.line} of the version: {error.detail}.") from error


def _with_sizes(
    dataset: Dataset, rows: Iterator[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], tuple[int, int]]]:
    """Each row with width and height of its picture, as displayed."""
    items = Item.objects.filter(dataset=dataset)
    while chunk := list(islice(rows, SIZES_AT_ONCE)):
        there = items.filter(external_id__in=[row["id"] for row in chunk])
        found = there.values_list("external_id", "media__width", "media__height")
        sizes = {name: (width, height) for name, width, height in found}
        yield from ((row, sizes[row["id"]]) for row in chunk)


def _columns(dataset: Dataset, position: int) -> list[str]:
    table = dataset.media == Media.TABLE
    media, objects = ([], ["features", "meta"]) if table else ([MEDIA_KEYS[dataset.media]], ["meta"])
    inner = [f"{name}.{key}" for name in objects for key in _keys(name, dataset.pk, position)]
    return ["id", *media, "label", "split", "ambiguous", *inner]


def _keys(column: str, dataset_id: int, position: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(KEYS[column], [dataset_id, position])
        return sorted(key for (key,) in cursor.fetchall())
