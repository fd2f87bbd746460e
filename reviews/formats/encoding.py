"""The character encoding of a text file, found by reading it once."""

from __future__ import annotations

import codecs
from typing import BinaryIO, NamedTuple

from reviews.formats.errors import FormatError

BLOCK = 1 << 20
HEAD = 4096
# The UTF-32 mark begins with that of UTF-16, so it is asked for first.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UNDEFINED_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
NOT_IN_TEXT = frozenset(range(32)) - frozenset(b"\t\n\x0b\x0c\r\x1a\x1b")


def sniff(file: BinaryIO) -> str:
    """The name of the codec that reads `file`, which is left at its start.

    A byte order mark decides. Else text that is valid as UTF-8 is UTF-8, zeros at every second place are
    UTF-16, and other text is cp1252, or latin-1 where it uses what cp1252 leaves undefined. Raises
    FormatError for what is no text, and where text breaks off or is broken at some places.
    """
    head = file.read(HEAD)
    file.seek(0)
    codec = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if codec is None and b"\0" in head:
        codec = _utf16_without_mark(head)
    if codec is not None:
        return proven(file, codec)
    fault = _first_fault(file, "utf-8")
    file.seek(0)
    if fault is None:
        return "utf-8"
    if NOT_IN_TEXT.intersection(head):
        raise FormatError("not_text", "this is not a text file", line=1)
    return _single_byte(file, fault)


def proven(file: BinaryIO, codec: str) -> str:
    """The codec, known to read all of `file`, which is left at its start; else FormatError says where not."""
    try:
        fault = _first_fault(file, codec)
    except LookupError:
        raise FormatError("unknown_encoding", f"there is no encoding {codec}", column="encoding") from None
    file.seek(0)
    if fault is not None:
        raise _broken(fault, codec)
    return codec


def _broken(fault: Fault, codec: str) -> FormatError:
    detail = f"byte 0x{fault.byte:02X} breaks the {codec.upper()} of this file"
    return FormatError("bad_encoding", detail, line=fault.line, column=str(fault.column))


def _utf16_without_mark(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    raise FormatError("not_text", "this is not a text file: it has NUL bytes", line=1)


class Fault(NamedTuple):
    """The first place where the file is not UTF-8."""

    line: int
    column: int
    byte: int


def _first_fault(file: BinaryIO, codec: str) -> Fault | None:
    decoder = codecs.getincrementaldecoder(codec)()
    line, column = 1, 1
    while True:
        block = file.read(BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # It failed on what it held of the block before, and this block without a byte order mark.
            good = decoder.decode(block[: len(block) - len(error.object) + error.start])
            line, column = _advance(line, column, good)
            return Fault(line, column, error.object[error.start])
        if not block:
            return None
        line, column = _advance(line, column, text)


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    newlines = text.count("\n")
    return line + newlines, len(text) - text.rfind("\n") if newlines else column + len(text)


def _single_byte(file: BinaryIO, fault: Fault) -> str:
    """cp1252 or latin-1; FormatError where the file is UTF-8 but for a few bytes."""
    good = bad = 0
    undefined = False
    while block := file.read(BLOCK):
        read = block.decode("utf-8", errors="replace")
        replaced = read.count("\ufffd")
        bad += replaced
        good += sum(c > "\x7f" for c in read) - replaced
        undefined = undefined or bool(UNDEFINED_IN_CP1252.intersection(block))
    file.seek(0)
    if good > bad:
        raise _broken(fault, "utf-8")
    return "latin-1" if undefined else "cp1252"
