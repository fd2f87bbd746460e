"""NumPy's .npz for items that are there: `ids`, and a model's `probs` of `classes`, or `embeddings`.

Arrays are read some rows at a time, so that memory does not grow with the file. `probs` of three dimensions,
epochs first, are what a model said in the course of its training; they wait in a file, unpacked. Nothing is
ever unpickled. `mapping` may name the arrays otherwise, and the model.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from math import prod
from tempfile import TemporaryFile
from tokenize import TokenError
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from reviews.formats.additions import Addition
from reviews.formats.archive import Archive
from reviews.formats.errors import FormatError
from reviews.formats.parsing import LARGEST, MAX_ID_LENGTH, MOST_EPOCHS, name_of_model
from reviews.tasktypes.base import BadValue, TaskType
from reviews.tasktypes.classification import ROUNDING, from_json

SUFFIX = ".npy"
BLOCK_BYTES = 8 << 20
MOST_ROWS = 5_000  # in one block: as many ids are looked up at once
MOST_COLUMNS = 65_536
HEADER_BYTES = 10_000
WHOLE_BYTES = 64 << 20  # an array in Fortran order, which has no rows to read one by one
READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# All the ways in which NumPy says that a header is none.
BROKEN = (ValueError, TypeError, EOFError, SyntaxError, TokenError, RecursionError, MemoryError, Warning)


def read(
    source: BinaryIO | Archive, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Addition | FormatError]:
    """Blocks of rows, and what is wrong with single rows; raises FormatError where the arrays do not fit."""
    archive = source if isinstance(source, Archive) else Archive(source)
    yield from archive.errors
    with ExitStack() as stack:
        ids = _checked_ids(_opened(archive, stack, "ids", mapping), archive)
        probs, embeddings = (_opened(archive, stack, name, mapping) for name in ("probs", "embeddings"))
        _check_tables(ids, probs, embeddings, archive)
        _check_task(probs, task)
        _check_room(probs, archive)
        classes = _classes(_opened(archive, stack, "classes", mapping), probs)
        model = name_of_model(mapping.get("model")) if probs is not None else ""
        wide = sum(one.row_bytes for one in (ids, probs, embeddings) if one is not None)
        size = min(MOST_ROWS, max(1, BLOCK_BYTES // max(wide, 1)))
        for first in range(0, ids.rows, size):
            count = min(size, ids.rows - first)
            said = Addition(
                ids=_names(ids.take(count), first),
                lines=range(first + 1, first + count + 1),
                model=model,
                classes=classes,
                probs=None if probs is None or probs.by_epoch else probs.take(count),
                epochs=probs.take(count) if probs is not None and probs.by_epoch else None,
                embeddings=None if embeddings is None else embeddings.take(count),
                column=ids.name,
            )
            yield from _faults(said, task)
            yield said
        for one in (ids, probs, embeddings):
            if one is not None:
                one.finish()


class _Array:
    """One array of the file, read from its first row to its last."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self.name = name
        self._file = file
        try:
            read_header = READ_HEADER[npy.read_magic(file)]
            self.shape, self._fortran, self.dtype = read_header(file, max_header_size=HEADER_BYTES)
        except (*BROKEN, KeyError):
            raise self.refused("bad_array", "is no array that NumPy wrote") from None
        if self.dtype.hasobject:
            raise self.refused(
                "bad_array", "holds Python objects, which are not read; save it with astype(str)"
            )
        if self.dtype.fields or self.dtype.subdtype or not self.shape or min(self.shape) < 0:
            raise self.refused("bad_array", "is not a plain array of one to three dimensions")
        self.by_epoch = len(self.shape) == 3
        self.rows = self.shape[1] if self.by_epoch else self.shape[0]
        self.row_bytes = self.dtype.itemsize * prod(self.shape) // max(self.rows, 1)
        if file.tell() + self.dtype.itemsize * prod(self.shape) != size:
            raise self.refused("bad_array", "is longer or shorter than its shape says")
        self._whole = self._read_whole() if self._fortran and len(self.shape) == 2 else None
        self._taken = 0

    def refused(self, code: str, detail: str) -> FormatError:
        """An error about the array as such."""
        return FormatError(code, f"“{self.name}” {detail}", column=self.name)

    def take(self, count: int) -> NDArray[Any]:
        """The next rows, shape (count, …), or of each epoch (n_epochs, count, …)."""
        if self.by_epoch:
            self._whole = self._put_aside() if self._whole is None else self._whole
            self._taken += count
            return np.array(self._whole[:, self._taken - count : self._taken])
        if self._whole is not None:
            rows, self._whole = self._whole[:count], self._whole[count:]
            return rows
        data = self._file.read(count * self.row_bytes)
        if len(data) < count * self.row_bytes:
            raise self.refused("bad_array", "breaks off")
        return np.frombuffer(data, self.dtype, count * prod(self.shape[1:])).reshape(count, *self.shape[1:])

    def _put_aside(self) -> NDArray[Any]:
        """The array in a file of its own that nobody else sees: rows of all epochs lie far apart."""
        with TemporaryFile() as file:
            shutil.copyfileobj(self._file, file, BLOCK_BYTES)
            if file.tell() < self.dtype.itemsize * prod(self.shape):
                raise self.refused("bad_array", "breaks off")
            order: Literal["C", "F"] = "F" if self._fortran else "C"
            return np.memmap(file, self.dtype, "r", shape=self.shape, order=order)

    def finish(self) -> None:
        """Read the end, where the checksum is compared."""
        self._file.read(1)

    def _read_whole(self) -> NDArray[Any]:
        size = self.row_bytes * self.shape[0]
        if size > WHOLE_BYTES:
            raise self.refused("bad_array", "is in Fortran order; save np.ascontiguousarray of it")
        return np.frombuffer(self._file.read(size), self.dtype).reshape(self.shape, order="F")


def _opened(archive: Archive, stack: ExitStack, role: str, mapping: Mapping[str, Any]) -> _Array | None:
    name = mapping.get(role) or role
    member = f"{name}{SUFFIX}"
    if member not in archive.names:
        if role in mapping:
            raise FormatError("missing_array", f"there is no array “{name}” in the file", column=role)
        return None
    return _Array(stack.enter_context(archive.open(member)), str(name), archive.size(member))


def _checked_ids(ids: _Array | None, archive: Archive) -> _Array:
    if ids is None:
        raise FormatError("missing_array", f"the file has no “ids”; it has {_listed(archive)}", column="ids")
    if len(ids.shape) != 1 or ids.dtype.kind not in "USiu":
        raise ids.refused("bad_id", "must be a list of texts or whole numbers")
    if ids.dtype.itemsize > 4 * MAX_ID_LENGTH:
        raise ids.refused("bad_id", f"has ids of more than {MAX_ID_LENGTH} characters")
    return ids


def _check_tables(ids: _Array, probs: _Array | None, embeddings: _Array | None, archive: Archive) -> None:
    tables = [one for one in (probs, embeddings) if one is not None]
    if not tables:
        detail = f"the file has neither “probs” nor “embeddings”; it has {_listed(archive)}"
        raise FormatError("missing_array", detail)
    for one in tables:
        deep = 3 if one is probs else 2
        if not 2 <= len(one.shape) <= deep or one.dtype.kind not in "fiu" or one.dtype.itemsize > 8:
            raise one.refused("wrong_shape", "must be a table of numbers: a row an item")
        if one.by_epoch and not 0 < one.shape[0] <= MOST_EPOCHS:
            raise one.refused("wrong_shape", f"must have 1 to {MOST_EPOCHS:,} epochs")
        if one.rows != ids.rows:
            raise one.refused("wrong_shape", f"has {one.rows:,} rows, but there are {ids.rows:,} ids")
        if not 0 < one.shape[-1] <= MOST_COLUMNS:
            raise one.refused("wrong_shape", f"must have 1 to {MOST_COLUMNS:,} columns")


def _check_task(probs: _Array | None, task: TaskType) -> None:
    """Raise FormatError where such probabilities say nothing of the dataset's labels."""
    if probs is not None and task.check_probs is None:
        raise probs.refused("bad_prediction", f"says nothing of {task.name}: those have places")
    if probs is not None and probs.by_epoch and not task.exclusive:
        raise probs.refused("bad_prediction", "has epochs, which are followed for classification alone")


def _check_room(probs: _Array | None, archive: Archive) -> None:
    """Raise FormatError where few bytes would fill the disk, on which the epochs wait unpacked."""
    if probs is not None and probs.by_epoch and archive.swells(f"{probs.name}{SUFFIX}"):
        raise FormatError("zip_bomb", f"“{probs.name}” unpacks to suspiciously many bytes", column=probs.name)


def _listed(archive: Archive) -> str:
    return ", ".join(name.removesuffix(SUFFIX) for name in archive.names[:10])


def _classes(classes: _Array | None, probs: _Array | None) -> list[str]:
    """What each column of the probabilities is about."""
    if probs is None:
        return []
    if classes is None:
        raise FormatError("missing_array", "the file has probs, but no array “classes”", column="classes")
    if classes.shape != probs.shape[-1:] or classes.dtype.kind not in "USiu":
        said = f"must name the {probs.shape[-1]:,} columns of “{probs.name}”, as texts or whole numbers"
        raise classes.refused("wrong_shape", said)
    try:
        names = [from_json(_text(one)) for one in classes.take(classes.shape[0]).tolist()]
        "".join(names).encode()
    except (BadValue, ValueError) as error:
        raise classes.refused("bad_label", f"has a name that is none: {error}") from None
    if len(set(names)) < len(names):
        raise classes.refused("bad_label", "names a class twice")
    return names


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _names(ids: NDArray[Any], first: int) -> list[str]:
    """The ids as text, known to be text that can be sent to a database."""
    try:
        names = list(map(_text, ids.tolist()))
        if "" not in names and "\0" not in (joined := "".join(names)) and joined.encode():
            return names
    except ValueError:
        pass
    bad = next(at for at in range(len(ids)) if not _is_name(ids[at : at + 1]))
    raise FormatError("bad_id", "the id is empty, or no text", line=first + bad + 1, column="ids")


def _is_name(one: NDArray[Any]) -> bool:
    try:
        name = _text(one.tolist()[0])
        return bool(name.encode()) and "\0" not in name
    except ValueError:
        return False


def _faults(said: Addition, task: TaskType) -> Iterator[FormatError]:
    """What is wrong with single rows."""
    if said.probs is not None:
        yield from _prob_faults(said, said.probs, task)
    for number, probs in enumerate(said.epochs if said.epochs is not None else (), 1):
        if faults := list(_prob_faults(said, probs, task, f" in epoch {number}")):
            yield from faults
            break  # whoever saved logits did so in each epoch: that is said once of a row
    if said.embeddings is not None:
        within = np.abs(said.embeddings.astype(np.float64)) <= LARGEST
        for at in np.flatnonzero(~within.all(axis=1)).tolist():
            detail = "an embedding must be of numbers that fit in 32 bits"
            yield FormatError("bad_embedding", detail, line=said.lines[at], column="embeddings")


def _prob_faults(
    said: Addition, probs: NDArray[Any], task: TaskType, where: str = ""
) -> Iterator[FormatError]:
    outside = ~((probs >= 0) & (probs <= 1 + ROUNDING))  # NaN too
    for at in np.flatnonzero(outside.any(axis=1)).tolist():
        column = int(outside[at].argmax())
        name, p = said.classes[column], probs[at, column]
        detail = f"the probability of “{name}”{where} must be from 0 to 1, not {p}"
        yield FormatError("bad_prediction", detail, line=said.lines[at], column="probs")
    if task.exclusive and not outside.any():
        yield from _sum_faults(said, probs, where)


def _sum_faults(said: Addition, probs: NDArray[Any], where: str) -> Iterator[FormatError]:
    totals = probs.sum(axis=1, dtype=np.float64)
    for at in np.flatnonzero(np.abs(totals - 1) > ROUNDING * (len(said.classes) + 1)).tolist():
        detail = f"the probabilities{where} must sum to 1, not to {totals[at]:.3g}"
        yield FormatError("bad_prediction", detail, line=said.lines[at], column="probs")
