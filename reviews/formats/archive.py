"""A zip file that may be hostile: everything about it is checked before the first byte is unpacked."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from struct import error as StructError
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from reviews.formats.errors import FormatError

JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
JUNK_FOLDERS = frozenset({"__macosx"})
ARCHIVES = ".zip .tar .gz .tgz .bz2 .xz .7z .rar .zst .lz4 .jar .cab .iso .dmg"
PROGRAMS = (
    ".exe .dll .so .dylib .com .bat .cmd .msi .scr .sh .bash .ps1 .vbs .jse .wsf .hta .php .py .pl .rb .class"
    " .apk .deb .rpm .app .lnk"
)
SCRIPTABLE = ".svg .svgz .js .mjs .html .htm .xhtml"  # a browser would run what is in them
NESTED = frozenset(ARCHIVES.split())
FORBIDDEN = frozenset(PROGRAMS.split() + SCRIPTABLE.split())
STREAMED = ".npy"  # never unpacked whole, so that only the sum of all entries limits it
# All the ways in which zipfile says that bytes are not what they should be.
BROKEN = (BadZipFile, ZlibError, OSError, EOFError, ValueError, RuntimeError, StructError, OverflowError)
OVERLAP_SLACK = 30  # the fixed part of a local header; names and extra fields only add to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may cost to unpack."""

    entries: int = 300_000
    entry_bytes: int = 256 << 20
    total_bytes: int = 32 << 30
    ratio: int = 200  # unpacked to packed, of entries larger than `ratio_from`
    ratio_from: int = 8 << 20


class Archive:
    """The files of a zip by their safe names, without folders and without what file managers leave behind."""

    def __init__(self, file: BinaryIO, *, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        try:
            self._zip = ZipFile(file)
        except BROKEN as error:
            raise FormatError("bad_zip", f"this is not a whole zip file: {error}") from None
        self._entries: dict[str, tuple[int, ZipInfo]] = {}
        self.errors = list(self._check())

    @property
    def names(self) -> list[str]:
        """The files in order of the archive."""
        return list(self._entries)

    def number(self, name: str) -> int:
        """The place of the file in the archive, counted from 1: the line of an error about it."""
        return self._entries[name][0]

    def size(self, name: str) -> int:
        """How many bytes the file says that it unpacks to."""
        return self._entries[name][1].file_size

    def swells(self, name: str) -> bool:
        """Whether the file unpacks to many times its packed bytes; of what is streamed, that is no fault."""
        return self._swells(self._entries[name][1])

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """The file, to be read as a stream; what breaks while it is read is a FormatError."""
        try:
            with self._zip.open(self._entries[name][1]) as file:
                yield file  # type: ignore[misc]
        except FormatError:
            raise
        except BROKEN as error:
            raise FormatError("bad_zip", f"“{name}” is broken: {error}", line=self.number(name)) from None

    def read(self, name: str) -> bytes:
        """The file's bytes; raises FormatError where they are broken."""
        try:
            return self._zip.read(self._entries[name][1])
        except BROKEN as error:
            raise FormatError("bad_zip", f"“{name}” is broken: {error}", line=self.number(name)) from None

    def find(self, name: str, *, beside: str = "") -> str | None:
        """The file that `name` names: relative to the file `beside`, to the root, or by its name alone."""
        folder = PurePosixPath(beside).parent
        plain = unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))
        for path in (str(folder / plain), plain):
            if path in self._by_path:
                return self._by_path[path]
        alike = self._by_name.get(PurePosixPath(plain).name, [])
        return alike[0] if len(alike) == 1 else None

    @cached_property
    def _by_path(self) -> dict[str, str]:
        return {unicodedata.normalize("NFC", name): name for name in self._entries}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, name in self._by_path.items():
            found.setdefault(PurePosixPath(path).name, []).append(name)
        return found

    # What is refused

    def _check(self) -> Iterator[FormatError]:
        infos = self._zip.infolist()
        if len(infos) > self.limits.entries:
            raise FormatError("zip_bomb", f"the archive has more than {self.limits.entries} entries")
        if sum(info.file_size for info in infos) > self.limits.total_bytes:
            limit = self.limits.total_bytes >> 30
            raise FormatError("zip_bomb", f"the archive unpacks to more than {limit} GB")
        self._refuse_overlaps(infos)
        for number, info in enumerate(infos, 1):
            name = _decoded_name(info)
            if fault := _name_fault(name) or self._fault(name, info):
                code, detail = fault
                yield FormatError(code, f"“{name[:200]}” {detail}", line=number)
            elif not info.is_dir() and not _is_junk(name):
                self._entries[name] = (number, info)

    def _refuse_overlaps(self, infos: list[ZipInfo]) -> None:
        """Entries that share their bytes unpack little into much (Fifield 2019, "A better zip bomb")."""
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise FormatError("zip_bomb", "entries of the archive overlap")
            end = info.header_offset + OVERLAP_SLACK + info.compress_size

    def _fault(self, name: str, info: ZipInfo) -> tuple[str, str] | None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        suffix = PurePosixPath(name).suffix.lower()
        if info.flag_bits & 0x1:
            return "encrypted", "is encrypted"
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            return "not_a_file", "is a link or a device"
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            return "unknown_compression", "is packed in an unusual way; use plain zip (deflate)"
        if suffix == STREAMED:
            return ("repeated_entry", "is in the archive twice") if name in self._entries else None
        if info.file_size > self.limits.entry_bytes:
            return "too_large", f"is larger than {self.limits.entry_bytes >> 20} MB"
        if self._swells(info):
            return "zip_bomb", "unpacks to suspiciously many bytes"
        if suffix in NESTED:
            return "nested_archive", "is an archive in the archive; unpack it first"
        if suffix in FORBIDDEN:
            return "forbidden_file", "is a kind of file that is not accepted"
        if name in self._entries:
            return "repeated_entry", "is in the archive twice"
        return None

    def _swells(self, info: ZipInfo) -> bool:
        return info.file_size > max(self.limits.ratio_from, self.limits.ratio * info.compress_size)


def _decoded_name(info: ZipInfo) -> str:
    """The name with forward slashes; many tools write UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/").removeprefix("./")


def _name_fault(name: str) -> tuple[str, str] | None:
    parts = name.removesuffix("/").split("/")
    if name.startswith("/") or name[1:2] == ":":
        return "unsafe_path", "is an absolute path"
    if ".." in parts:
        return "unsafe_path", "leads out of the archive"
    if "" in parts or any(ord(c) < 32 for c in name) or len(name) > 1000:
        return "unsafe_path", "is no proper file name"
    return None


def _is_junk(name: str) -> bool:
    path = PurePosixPath(name.lower())
    return path.name in JUNK_NAMES or path.name.startswith("._") or not JUNK_FOLDERS.isdisjoint(path.parts)
