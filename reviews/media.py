"""Pictures, stored once under the hash of their content, with what is derived from them beside.

They live in the folder or the bucket that STORAGE_URL names: `originals/` as they came, `thumbnails/`, and
`displays/` of formats that browsers do not show.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage
from django.db import connection, transaction
from django.utils.module_loading import import_string

from .formats import images
from .models import MediaFile

LOCK = 0x4C524D  # "LRM": imports that store pictures share it, whoever deletes stored pictures needs it alone
SHOWN_BY_BROWSERS = frozenset({"PNG", "JPEG", "WEBP", "GIF", "BMP"})
KINDS = ("originals", "thumbnails", "displays")


class Served(NamedTuple):
    """A file to answer with. It belongs to a hash, so whoever may see it may keep it for ever."""

    file: File
    mime_type: str


class _Folder(FileSystemStorage):
    """A folder whose files appear whole or not at all, and are replaced rather than renamed."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Named so that `sweep` finds it among its kind if this process does not live to rename it.
        prefix = f"{path.name[:2]}."
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=prefix, delete=False) as part:
            try:
                shutil.copyfileobj(content, part, 1 << 20)
                part.close()
                os.replace(part.name, path)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(part.name)
                raise
        return name


@cache
def storage() -> Storage:
    """Where files are kept, as STORAGE_URL says: `file:///folder` or `s3://bucket/prefix?endpoint_url=…`."""
    url = urlsplit(settings.STORAGE_URL)
    if url.scheme == "file":
        return _Folder(location=unquote(url.path))
    if url.scheme == "s3":
        options = dict(parse_qsl(url.query))
        try:
            bucket = import_string("storages.backends.s3.S3Storage")
        except ImportError as error:
            raise ImproperlyConfigured("STORAGE_URL s3:// needs the package django-storages[s3].") from error
        return bucket(bucket_name=url.netloc, location=url.path.strip("/"), **options)
    raise ImproperlyConfigured(f"STORAGE_URL must begin with file:// or s3://, not {url.scheme}://")


# Taking in


def take_in(data: bytes) -> MediaFile:
    """The picture, checked and stored with its thumbnail, as a row that is not saved yet.

    Raises FormatError for what is no whole picture. What is stored already is stored over: another import may
    have left it half way, or be about to take it away.
    """
    picture = images.inspect(data, max_pixels=settings.MAX_IMAGE_PIXELS)
    sha256 = digest(data)
    storage().save(_name("originals", sha256), ContentFile(data))
    storage().save(_name("thumbnails", sha256), ContentFile(picture.thumbnail))
    if picture.format not in SHOWN_BY_BROWSERS:
        storage().save(_name("displays", sha256), ContentFile(images.as_png(data)))
    size = len(data)
    return MediaFile(
        sha256=sha256, format=picture.format, size=size, width=picture.width, height=picture.height
    )


def digest(data: bytes) -> str:
    """What a picture's content is stored under."""
    return hashlib.sha256(data).hexdigest()


def _name(kind: str, sha256: str) -> str:
    return f"{kind}/{sha256[:2]}/{sha256}"


# Giving out


def picture(media: MediaFile) -> Served:
    """The picture as a browser can show it."""
    if media.format in SHOWN_BY_BROWSERS:
        return Served(storage().open(_name("originals", media.sha256)), images.MIME_TYPES[media.format])
    return Served(storage().open(_name("displays", media.sha256)), "image/png")


def thumbnail(media: MediaFile) -> Served:
    """The small picture, at most 256 pixels wide and high."""
    data = _read("thumbnails", media.sha256)
    return Served(ContentFile(data), images.mime_type(data))


def original(sha256: str) -> bytes:
    """The picture as it came."""
    return _read("originals", sha256)


def _read(kind: str, sha256: str) -> bytes:
    with storage().open(_name(kind, sha256)) as file:
        return file.read()


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """A stored file for reading at random, fetched first where the storage is far away."""
    if isinstance(storage(), FileSystemStorage):
        with open(storage().path(name), "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as near:
        with storage().open(name) as far:
            shutil.copyfileobj(far, near, 1 << 20)
        near.seek(0)
        yield near


# Clearing away


def share() -> None:
    """Keep everybody from deleting pictures until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


def discard(hashes: list[str]) -> int:
    """How many of these pictures were deleted: those that no row speaks of, where no import is at work.

    The half-written files of a killed worker are found by `sweep` beside them and go the same way.
    """
    if not hashes:
        return 0
    with transaction.atomic():
        if not _alone():
            return 0
        kept = set(MediaFile.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
        lost = set(hashes) - kept
        for sha256 in lost:
            for kind in KINDS:
                storage().delete(_name(kind, sha256))
    return len(lost)


def sweep(*, part: int) -> int:
    """How many pictures of the 256th `part` of the storage were deleted because a dead import left them."""
    found: set[str] = set()
    for kind in KINDS:
        with suppress(FileNotFoundError):
            found.update(storage().listdir(f"{kind}/{part % 256:02x}")[1])
    return discard(sorted(found))


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
