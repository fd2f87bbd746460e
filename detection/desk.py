"""The arrays that the steps of a run hand on to each other: on a desk in memory, or on one in the storage,
where other processes find them and read them without holding them.
"""

import mmap
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import orjson
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from numpy.typing import NDArray

from reviews import media

# Everything in the storage begins at a multiple of so many bytes, as the processor likes its numbers.
ALIGNED = 64
FOLDER = "pieces"

Arrays = Mapping[str, NDArray[Any]]
# Gives an array to fill in, of this shape and of 32-bit floats: in memory, or in a file that is as good.
Room = Callable[[tuple[int, ...]], NDArray[np.float32]]


class Laid(NamedTuple):
    """What a step left: arrays, and what else is to be said, as plain JSON."""

    arrays: Arrays
    said: dict[str, Any]


def in_memory(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.empty(shape, dtype=np.float32)


class Desk:
    """What the steps of one run left, by name, in the memory of this process."""

    def __init__(self) -> None:
        self._laid: dict[str, Laid] = {}

    def names(self) -> set[str]:
        """What lies there by now."""
        return set(self._laid)

    def lay(self, name: str, arrays: Arrays, **said: Any) -> None:
        self._laid[name] = Laid(arrays, said)

    def take(self, name: str) -> Laid:
        return self._laid[name]

    def room(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """An array to fill in and to lay down then."""
        return in_memory(shape)


class StoredDesk(Desk):
    """The same in the storage, a file a name.

    A file appears whole or not at all, and is the same whoever writes it, so that two workers at one step do
    no harm. What is taken is mapped into memory, whose pages the system can drop and read again.
    """

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self.folder = f"{FOLDER}/{run_id}"

    def names(self) -> set[str]:
        try:
            return set(media.storage().listdir(self.folder)[1])
        except FileNotFoundError:
            return set()

    def lay(self, name: str, arrays: Arrays, **said: Any) -> None:
        with tempfile.TemporaryFile() as file:
            _write(file, {key: np.ascontiguousarray(array) for key, array in arrays.items()}, said)
            file.seek(0)
            media.storage().save(f"{self.folder}/{name}", File(file))

    def take(self, name: str) -> Laid:
        if name not in self._laid:
            with media.opened(f"{self.folder}/{name}") as file:
                self._laid[name] = _mapped(file)
        return self._laid[name]

    def room(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        with tempfile.TemporaryFile() as file:
            return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)

    def clear(self) -> None:
        """Take everything away, and what dead workers left half-written."""
        for name in self.names():
            media.storage().delete(f"{self.folder}/{name}")
        if isinstance(media.storage(), FileSystemStorage):
            with suppress(OSError):  # somebody is writing there again: the sweep comes back
                media.storage().delete(self.folder)


def left() -> list[int]:
    """The runs of which something lies in the storage."""
    try:
        return [int(name) for name in media.storage().listdir(FOLDER)[0]]
    except FileNotFoundError:
        return []


def _write(file: Any, arrays: Arrays, said: dict[str, Any]) -> None:
    """The length of the head in 8 bytes, the head as JSON, the arrays as they are."""
    places, at = {}, 0
    for key, array in arrays.items():
        places[key] = (array.dtype.str, array.shape, at)
        at = _aligned(at + array.nbytes)
    head = orjson.dumps({"arrays": places, "said": said})
    file.write(len(head).to_bytes(8, "little") + head)
    start = _aligned(8 + len(head))
    for key, array in arrays.items():
        file.seek(start + places[key][2])
        array.tofile(file)
    # An array without elements writes nothing, and still has its place.
    file.truncate(start + at)


def _mapped(file: Any) -> Laid:
    # Private: what is written to an array stays in this process.
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    end = 8 + int.from_bytes(whole[:8], "little")
    head, start = orjson.loads(whole[8:end]), _aligned(end)
    arrays = {
        key: np.ndarray(shape, dtype=dtype, buffer=whole, offset=start + at)
        for key, (dtype, shape, at) in head["arrays"].items()
    }
    return Laid(arrays, head["said"])


def _aligned(at: int) -> int:
    return -(-at // ALIGNED) * ALIGNED
