"""COCO ground truth: one JSON of `images`, `annotations` and `categories`, in a zip beside the images.

The form: https://cocodataset.org/#format-data (Lin et al. 2014, doi:10.1007/978-3-319-10602-1_48). Boxes are
read, outlines and key points are not. An error's line is the number of the image, annotation or category in
its list, and its column says which list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, TypeAlias

import orjson

from reviews.formats.archive import Archive
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.images import size_of
from reviews.formats.parsing import parse
from reviews.tasktypes.base import BadValue, TaskType
from reviews.tasktypes.classification import from_json as class_name

LISTS = ("images", "annotations", "categories")
BLOCK = 1 << 20
LOOKED_INTO = 20  # JSON files of an archive, at most: class folders may have one beside each picture
SPOOLED = 8 << 20
EXACT = 2**53  # whole numbers below it mean the same to every reader of JSON
COLUMNS = {"id": "images.id", "image": "images.file_name", "label": "annotations.bbox", "meta": "images"}
# What of an image is told elsewhere, or is true of the picture itself.
OWN_KEYS = frozenset({"id", "file_name", "width", "height", "split", "ambiguous", "labelled", "meta"})

Key: TypeAlias = int | str
Part: TypeAlias = dict[str, Any]


def annotation_files(archive: Archive) -> list[str]:
    """The JSON files that have the lists of a COCO file."""
    named = [name for name in archive.names if PurePosixPath(name).suffix.lower() == ".json"]
    found = []
    for name in named[:LOOKED_INTO]:
        with archive.open(name) as file:
            if mentions(file, LISTS):
                found.append(name)
    return found


def mentions(file: BinaryIO, keys: Sequence[str]) -> bool:
    """Whether each of these keys is somewhere in the file, which is read to its end at most."""
    left, tail = {f'"{key}"'.encode() for key in keys}, b""
    while left and (block := file.read(BLOCK)):
        left = {key for key in left if key not in tail + block}
        tail = block[-32:]
    return not left


def read(
    source: BinaryIO | Archive, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each image's row with its boxes, after what is wrong with single annotations."""
    check_task(task)
    archive = source if isinstance(source, Archive) else Archive(source)
    yield from archive.errors
    name, whole = _whole(archive, mapping)
    names = categories_of(whole["categories"])
    boxes: dict[Key, list[Part]] = {}
    crowds: dict[Key, list[Part]] = {}
    known = {image["id"] for image in whole["images"] if type(image.get("id")) in (int, str)}
    for number, one in enumerate(whole["annotations"], 1):
        try:
            kept = crowds if one.get("iscrowd") == 1 else boxes
            kept.setdefault(_image_of(one, known, number), []).append(_part(one, names, task, number))
        except FormatError as error:
            yield _of_annotation(error, one)
    for number, image in enumerate(whole["images"], 1):
        try:
            key = _key(image.get("id"), number, "images.id")
            row = parse(_plain(image, key, boxes, crowds), line=number, task=task, media=media)
            row.columns, row.entry = COLUMNS, archive.find(row.image or "", beside=name) or ""
            yield (_size_fault(row, image, archive) or row) if row.entry else _missing(row)
        except FormatError as error:
            error.column = COLUMNS.get(error.column or "", error.column)
            yield error


def settings(archive: Archive, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What the dataset has to remember of this file: which number is which category, for COCO results."""
    names = categories_of(_whole(archive, mapping)[1]["categories"])
    return {"coco_categories": {str(key): name for key, name in names.items()}}


def check_task(task: TaskType) -> None:
    """Raise FormatError where labels are no boxes."""
    if task.name != "boxes":
        raise FormatError("wrong_task", f"COCO files hold boxes; the labels of this dataset are {task.name}")


def loaded(data: bytes) -> Any:
    """The JSON of these bytes; raises FormatError where its syntax breaks."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            data.decode()
        except UnicodeDecodeError as broken:
            line = data.count(b"\n", 0, broken.start) + 1
            detail = f"byte 0x{data[broken.start]:02X} is not UTF-8"
            raise FormatError("bad_encoding", detail, line=line) from None
        detail = f"not valid JSON: {error.msg}"
        raise FormatError("bad_json", detail, line=error.lineno, column=str(error.colno)) from None


def categories_of(given: Any) -> dict[Key, str]:
    """Each category's name by its number."""
    names: dict[Key, str] = {}
    for number, one in enumerate(given, 1):
        key = _key(one.get("id"), number, "categories.id")
        try:
            name = class_name(one.get("name"))
        except BadValue as error:
            raise FormatError.of(error, line=number, column="categories.name") from None
        if key in names or name in names.values():
            detail = f"there are two categories {key} or “{name}”"
            raise FormatError("bad_category", detail, line=number, column="categories")
        names[key] = name
    return names


def box_of(one: Part, names: Mapping[Key, str], number: int, place: str = "") -> Part:
    """The box that an annotation or a detection says, not yet checked; raises FormatError."""
    category = one.get("category_id")
    if not isinstance(category, int | str) or category not in names:
        detail = f"there is no category {category}"
        raise FormatError("unknown_category", detail, line=number, column=f"{place}category_id")
    if one.get("bbox") in (None, []):
        only = " but only a segmentation, which is not read" if one.get("segmentation") else ""
        raise FormatError("bad_box", f"this has no bbox{only}", line=number, column=f"{place}bbox")
    return {"bbox": one["bbox"], "label": names[category]}


def _whole(archive: Archive, mapping: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name of the annotations' file, and its content in the right shape."""
    named = mapping.get("annotations")
    found = annotation_files(archive) if named is None else [str(named)]
    if not found or found[0] not in archive.names:
        detail = f"the archive has no {named or 'JSON with images, annotations and categories'}"
        raise FormatError("no_rows", detail)
    if len(found) > 1:
        detail = f"which file has the annotations: {' or '.join(found[:2])}? Say so in the mapping"
        raise FormatError("ambiguous_rows", detail, column="annotations")
    whole = loaded(archive.read(found[0]))
    for key in LISTS:
        check_list(whole.get(key) if type(whole) is dict else None, key)
    return found[0], whole


def check_list(given: Any, key: str) -> None:
    """Raise FormatError where this is no list of objects."""
    if type(given) is not list:
        raise FormatError("not_coco", f"a COCO file has a list of {key}", column=key)
    for number, one in enumerate(given, 1):
        if type(one) is not dict:
            raise FormatError("not_coco", "this must be an object", line=number, column=key)


def _key(value: Any, number: int, column: str) -> Key:
    if type(value) not in (int, str):
        raise FormatError("bad_id", "an id must be a whole number or text", line=number, column=column)
    return value


def _image_of(one: Part, known: set[Key], number: int) -> Key:
    key = one.get("image_id")
    if type(key) not in (int, str) or key not in known:
        detail = f"there is no image {key}"
        raise FormatError("unknown_image", detail, line=number, column="annotations.image_id")
    return key


def _part(one: Part, names: Mapping[Key, str], task: TaskType, number: int) -> Part:
    box = box_of(one, names, number, "annotations.")
    try:
        return task.from_json([box])[0]
    except BadValue as error:
        raise FormatError.of(error, line=number, column="annotations.bbox") from None


def _of_annotation(error: FormatError, one: Part) -> FormatError:
    """The error with the annotation and its image called by their ids, and a way out."""
    named = f"annotation {str(one.get('id'))[:50]} of image {str(one.get('image_id'))[:50]}"
    detail = f"{named}: {error.detail}. Correct the annotation, or take it out of the file"
    return FormatError(error.code, detail, line=error.line, column=error.column)


def _plain(
    image: Part, key: Key, boxes: Mapping[Key, list[Part]], crowds: Mapping[Key, list[Part]]
) -> dict[str, Any]:
    meta = image.get("meta", {name: value for name, value in image.items() if name not in OWN_KEYS})
    if key in crowds and type(meta) is dict:
        meta = meta | {"crowd": crowds[key]}
    label = boxes.get(key, []) if image.get("labelled", True) else None
    return {
        "id": key,
        "image": image.get("file_name"),
        "label": label,
        "meta": meta,
        "split": image.get("split"),
        "ambiguous": image.get("ambiguous"),
    }


def _missing(row: Row) -> FormatError:
    return row.error("missing_media", f"there is no “{row.image}” in the archive", key="image")


def _size_fault(row: Row, image: Part, archive: Archive) -> FormatError | None:
    """Boxes that were drawn on a picture of another size, or on one that lay on its side, are elsewhere."""
    said = image.get("width"), image.get("height")
    if None in said:
        return None
    with archive.open(row.entry) as file:
        size = size_of(file)
    if size is None or size == said:
        return None  # what is no picture is found out later, and said better
    detail = f"the file says {said[0]} × {said[1]} pixels, the picture as displayed has {size[0]} × {size[1]}"
    return FormatError("wrong_size", detail, line=row.line, column="images.width")


# Writing


def write(
    rows: Iterable[tuple[Mapping[str, Any], tuple[int, int]]], *, classes: Sequence[str]
) -> Iterator[bytes]:
    """The JSON in blocks, without the pictures; rows come with width and height of their pictures.

    Categories are numbered from 1 in order of the classes, annotations in order of the rows.
    """
    numbers = {name: number for number, name in enumerate(classes, 1)}
    count = 0
    with SpooledTemporaryFile(max_size=SPOOLED) as annotations:
        yield b'{"images":['
        for at, (row, size) in enumerate(rows):
            yield b",\n"[: 2 * bool(at)] + orjson.dumps(_image(row, size))
            for part, is_crowd in _parts(row):
                annotation = _annotation(row, part, is_crowd, numbers) | {"id": count + 1}
                annotations.write(b",\n"[: 2 * bool(count)] + orjson.dumps(annotation))
                count += 1
        yield b'],\n"annotations":['
        annotations.seek(0)
        while block := annotations.read(BLOCK):
            yield block
    named = [{"id": number, "name": name} for name, number in numbers.items()]
    yield b'],\n"categories":' + orjson.dumps(named) + b"}\n"


def _image(row: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    image = {"id": _number(row["id"]), "file_name": row["image"], "width": size[0], "height": size[1]}
    image |= {key: row[key] for key in ("split", "ambiguous", "meta") if row.get(key)}
    return image if row.get("label") is not None else image | {"labelled": False}


def _number(name: str) -> Key:
    """The id as a number, as most tools expect it, where it is one and comes back as the same text."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 17 else -1
    return number if str(number) == name and number < EXACT else name


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[Part, bool]]:
    for part in row.get("label") or ():
        yield part, False
    crowd = (row.get("meta") or {}).get("crowd")
    for part in crowd if isinstance(crowd, list) else ():
        if isinstance(part, dict) and part.keys() == {"bbox", "label"}:
            yield part, True


def _annotation(
    row: Mapping[str, Any], part: Part, is_crowd: bool, numbers: dict[str, int]
) -> dict[str, Any]:
    category = numbers.setdefault(part["label"], len(numbers) + 1)
    return {
        "image_id": _number(row["id"]),
        "category_id": category,
        "bbox": part["bbox"],
        "area": part["bbox"][2] * part["bbox"][3],
        "iscrowd": int(is_crowd),
    }
