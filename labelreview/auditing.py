"""What `manage.py audit` must know of a file before the import: its task type, its medium, its labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.registry import open_source
from reviews.tasktypes.registry import TASK_TYPES

LOOKED_AT = 200
# The task types that a file is tried as, the likelier first: the labels of one are none of the next.
TRIED = ("classification", "multilabel", "spans", "boxes")
OF_FORMAT = {"coco": "boxes", "conll": "spans"}
ATTACHED = "what a model says of items. Import it into the dataset that has the items."


class NotUnderstood(Exception):
    """The file, or the way it was described, does not say enough; the sentence is for people."""


@dataclass(frozen=True)
class Plan:
    """How a file is to be imported."""

    format: str
    task_type: str
    media: str
    mapping: Mapping[str, Any]


def plan(*, path: Path, mapping: Mapping[str, Any]) -> Plan:
    """How to import the file, by a look at its first rows; raises `NotUnderstood`.

    mapping : the columns that the user named, by role
    """
    if not path.is_file():
        raise NotUnderstood(f"There is no file {path}.")
    looks: dict[tuple[str, str], _Look] = {}
    with path.open("rb") as file:
        try:
            kind, source = open_source(file)
            if kind.attaches:
                raise NotUnderstood(f"This is {kind.name}: {ATTACHED}")
            media = _possible_media(mapping, is_archive=kind.is_archive)
            for name in [OF_FORMAT[kind.name]] if kind.name in OF_FORMAT else TRIED:
                possible = [medium for medium in media if medium in TASK_TYPES[name].media]
                looks |= {(name, one): _look(kind.read, source, file, name, one, mapping) for one in possible}
                if any(look.good for look in looks.values()):
                    break
        except FormatError as error:
            raise NotUnderstood(_in_words(error)) from error
    task_type, medium = best = max(looks, key=lambda one: looks[one].good)
    if not looks[best].good:
        raise NotUnderstood(looks[best].complaint)
    if not looks[best].labelled:
        raise NotUnderstood("No column is obviously the label. Name it: --label COLUMN")
    return Plan(kind.name, task_type, medium, mapping)


@dataclass
class _Look:
    """What the first rows are, taken as one medium."""

    good: int = 0
    labelled: int = 0
    complaint: str = "The file has no rows."


def _possible_media(mapping: Mapping[str, Any], *, is_archive: bool) -> list[str]:
    """The media that the items may be of, the likelier first: equals are decided in this order."""
    if is_archive or mapping.get("image"):
        return ["image"]
    return ["text"] if mapping.get("text") else ["text", "table"]


def _look(
    read: Any, source: Any, file: Any, task_type: str, medium: str, mapping: Mapping[str, Any]
) -> _Look:
    look = _Look()
    file.seek(0)
    try:
        rows = read(source, task=TASK_TYPES[task_type], media=medium, mapping=mapping)
        for row in islice(rows, LOOKED_AT):
            if isinstance(row, Row):
                look.good += 1
                look.labelled += row.label is not None or bool(row.labels)
            elif look.good == 0:
                look.complaint = _in_words(row)
    except FormatError as error:
        look.complaint = _in_words(error)
    return look


def _in_words(error: FormatError) -> str:
    plain = error.as_json()
    where = [f"line {plain['line']}"] if plain.get("line") else []
    where += [f"“{plain['column']}”"] if plain.get("column") else []
    said = str(plain["detail"])
    said = said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")
    return f"{said[:-1]} ({', '.join(where)})." if where else said
