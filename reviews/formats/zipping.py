"""A zip written as a stream, the same bytes for the same members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from reviews.formats.images import SUFFIXES

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows: the clock shall not change the bytes


class _Blocks:
    """A file to write to that cannot be sought in; what was written is taken out again block by block."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._written.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def zipped(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The zip of (name, content) in blocks, one a member. Pictures are packed already and only stored."""
    out = _Blocks()
    with ZipFile(out, "w") as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = ZipInfo(name, EPOCH)
            info.compress_type = (
                ZIP_STORED if PurePosixPath(name).suffix.lower() in SUFFIXES else ZIP_DEFLATED
            )
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
            yield out.take()
    yield out.take()
