"""Pictures that may be hostile or broken, and the small ones made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from reviews.formats.errors import FormatError

ACCEPTED = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ENDINGS = ".png .jpg .jpeg .jpe .jfif .webp .gif .bmp .dib .tif .tiff"
SUFFIXES = frozenset(ENDINGS.split())
MIME_TYPES = {kind: f"image/{kind.lower()}" for kind in ACCEPTED}
MAX_PIXELS = 80_000_000
THUMBNAIL_SIDE = 256
CRISP_BELOW = 64  # pictures smaller than this are pixel art (digits of 8 x 8): enlarged without blur
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF orientation -> what puts the picture upright
SWAP_SIDES = frozenset(TURNS[orientation] for orientation in (5, 6, 7, 8))
ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that decodes to its last pixel; width and height as displayed, EXIF orientation applied."""

    format: str
    width: int
    height: int
    thumbnail: bytes  # WebP, or PNG where every pixel counts


def inspect(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """What the picture is; raises FormatError where it is none, broken, or too large to unpack."""
    with _faults_named():
        image = _decoded(data, max_pixels)
        kind, turn = str(image.format), _turn(image)
        width, height = image.size[::-1] if turn in SWAP_SIDES else image.size
        return Picture(kind, width, height, _thumbnail(image, turn))


def size_of(file: BinaryIO) -> tuple[int, int] | None:
    """Width and height as displayed, by the header alone; None where there is no such header."""
    try:
        with _faults_named():
            image: Image.Image = Image.open(file, formats=ACCEPTED)
            return image.size[::-1] if _turn(image) in SWAP_SIDES else image.size
    except FormatError:
        return None


def as_png(data: bytes, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """The picture's first frame as PNG, upright: for formats that browsers do not show."""
    with _faults_named():
        image = _decoded(data, max_pixels)
        return _saved(_turned(_eight_bit(image), _turn(image)), "PNG")


def reduced(data: bytes, *, longest: int, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The picture's first frame in RGB, upright, no side longer than `longest`; raises FormatError."""
    with _faults_named():
        image: Image.Image = Image.open(BytesIO(data), formats=ACCEPTED)
        _check_pixels(image, max_pixels)
        image.draft("RGB", (longest, longest))  # a JPEG is decoded to about that size at once
        image.load()
        turn = _turn(image)
        image = _eight_bit(image)
        image.thumbnail((longest, longest), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return _turned(image.convert("RGB"), turn)


@contextmanager
def _faults_named() -> Iterator[None]:
    """Whatever a decoder does about hostile bytes, as a FormatError."""
    try:
        yield
    except FormatError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FormatError("too_many_pixels", str(error)) from None
    except UnidentifiedImageError:
        raise FormatError("not_an_image", f"not one of {', '.join(ACCEPTED)}") from None
    except Exception as error:  # noqa: BLE001 - decoders fail on hostile bytes in many ways, all of which mean this
        raise FormatError("broken_image", f"the picture does not decode: {error}") from None


def _decoded(data: bytes, max_pixels: int) -> Image.Image:
    """The first frame, known to be there to its last pixel."""
    image: Image.Image = Image.open(BytesIO(data), formats=ACCEPTED)
    _check_pixels(image, max_pixels)
    if image.format == "PNG":  # whose loader overlooks a missing end; verify() uses the image up
        image.verify()
        image = Image.open(BytesIO(data), formats=ACCEPTED)
    image.load()
    return image


def _check_pixels(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        detail = f"{image.width} × {image.height} pixels are more than {most:,}"
        raise FormatError("too_many_pixels", detail)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What the EXIF orientation asks for. A picture whose EXIF is broken is shown as it lies."""
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - as many ways as there are bytes
        return None


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _thumbnail(image: Image.Image, turn: Image.Transpose | None) -> bytes:
    """The small picture. The large one is used up: two of them in memory would be one too many."""
    if max(image.size) < CRISP_BELOW:
        factor = THUMBNAIL_SIDE // max(image.size)
        size = image.width * factor, image.height * factor
        enlarged = _eight_bit(image).resize(size, Image.Resampling.NEAREST)
        return _saved(_turned(enlarged, turn), "PNG", compress_level=1)
    small = _eight_bit(image)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _saved(_turned(small, turn), "WEBP", quality=80, method=2)


def mime_type(data: bytes) -> str:
    """The type of a thumbnail, by its first bytes."""
    return "image/png" if data.startswith(b"\x89PNG") else "image/webp"


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture in a mode that PNG and WebP have; deep greys are stretched over the range that they use."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        low, high = image.getextrema()
        wide = image.convert("F")
        span = (high - low) or 1  # type: ignore[operator]
        scaled = wide.point(lambda value: value * (255 / span) - low * (255 / span))  # type: ignore[operator]
        return scaled.convert("L")
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    clear = "transparency" in image.info or image.mode in ("LA", "PA", "La")
    return image.convert("RGBA" if clear else "RGB")


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    out = BytesIO()
    image.info.clear()  # no EXIF, no comments: a thumbnail says nothing of where its picture was taken
    image.save(out, kind, **options)
    return out.getvalue()
