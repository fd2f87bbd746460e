"""A long CSV for items that are there: a record an opinion, with item, annotator, label, perhaps when."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO

from reviews.formats import delimited, encoding
from reviews.formats.additions import Addition
from reviews.formats.canonical import Opinion
from reviews.formats.columns import NAMES, lay_out
from reviews.formats.errors import FormatError
from reviews.formats.parsing import identifier, opinion
from reviews.tasktypes.base import BadValue, TaskType

NEEDED = ("id", "annotator", "label")
ROLES = (*NEEDED, "at")
BLOCK = 5_000


def looks_like(head: bytes) -> bool:
    """Whether the header of a file that begins so names an item, an annotator and a label, and no more."""
    line = head.decode(errors="replace").split("\n", 1)[0].rstrip("\r")
    try:
        header = next(csv.reader([line], delimiter=delimited.sniff_delimiter(line)), [])
    except csv.Error:
        return False
    plain = ["_".join(name.lower().replace("-", " ").split()) for name in header]
    roles = [next((role for role in ROLES if name and name in NAMES[role]), "") for name in plain]
    return set(NEEDED) <= set(roles) <= set(ROLES) and len(set(roles)) == len(roles)


def read(
    source: BinaryIO, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Addition | FormatError]:
    """Blocks of opinions, and what is wrong with single records, in order; holds one block at a time."""
    declared = mapping.get("encoding")
    codec = encoding.proven(source, declared) if declared else encoding.sniff(source)
    text = TextIOWrapper(source, codec, newline="")
    try:
        header, records = delimited.table(text, mapping)
        places = _places(header, mapping)
        while block := list(islice(records, BLOCK)):
            told: list[tuple[str, int, Opinion]] = []
            for line, cells in block:
                try:
                    told.append(_told(line, cells, header, places, task))
                except FormatError as error:
                    yield error
            if told:
                ids, lines, opinions = zip(*told, strict=True)
                named = {role: header[place] for role, place in places.items()}
                yield _addition(ids, lines, opinions, named)
    finally:
        text.detach()


def _addition(
    ids: Sequence[str], lines: Sequence[int], opinions: Sequence[Opinion], named: Mapping[str, str]
) -> Addition:
    return Addition(
        ids=ids,
        lines=lines,
        opinions=opinions,
        column=named["id"],
        said_in=named["label"],
        said_by=named["annotator"],
    )


def _places(header: Sequence[str], mapping: Mapping[str, Any]) -> dict[str, int]:
    """Where in a record each role is."""
    named = {role: mapping[role] for role in ROLES if mapping.get(role)}
    roles = lay_out(mapping=named, columns=header, sample=[], media="table").roles
    for role in NEEDED:
        if role not in roles:
            raise FormatError("unknown_column", f"no column is obviously the {role}", line=1, column=role)
    return {role: header.index(column) for role, column in roles.items() if role in ROLES}


def _told(
    line: int, cells: list[str], header: Sequence[str], places: Mapping[str, int], task: TaskType
) -> tuple[str, int, Opinion]:
    if len(cells) != len(header):
        detail = f"the row has {len(cells)} cells, the header {len(header)} columns"
        raise FormatError("wrong_shape", detail, line=line)
    said = {role: cells[place] for role, place in places.items()}
    name, column = identifier(said["id"], line), header[places["label"]]
    try:
        if not said["label"]:
            raise BadValue("bad_label", "the record has no label")
        value = task.from_cell(said["label"])
        plain = {"annotator": said["annotator"], "value": value, "at": said.get("at")}
        return name, line, opinion(plain, task)
    except BadValue as error:
        role = {"blank_annotator": "annotator", "bad_time": "at"}.get(error.code)
        raise FormatError.of(error, line=line, column=header[places[role]] if role else column) from None
