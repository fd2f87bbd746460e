"""Where files are kept, and that they are whole. How pictures get there is in test_importing.py."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from reviews import media


@pytest.fixture
def stored_at(settings):
    """The storage of a STORAGE_URL."""

    def open_storage(url):
        settings.STORAGE_URL = url
        media.storage.cache_clear()
        return media.storage()

    yield open_storage
    media.storage.cache_clear()


def test_a_folder_with_odd_characters_is_found(stored_at, tmp_path):
    folder = tmp_path / "with space & ümlaut"
    stored_at(folder.as_uri()).save("originals/ab/abc", ContentFile(b"x"))
    assert (folder / "originals" / "ab" / "abc").read_bytes() == b"x"


def test_a_file_is_replaced_whole_and_keeps_its_name(stored_at, tmp_path):
    storage = stored_at(tmp_path.as_uri())
    for content in (b"first", b"second"):
        assert storage.save("originals/ab/abc", ContentFile(content)) == "originals/ab/abc"
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"second"]


def test_what_cannot_be_written_leaves_no_part_of_it(stored_at, tmp_path):
    class Breaking(ContentFile):
        def read(self, size=None):
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        stored_at(tmp_path.as_uri()).save("originals/ab/abc", Breaking(b"x"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_names_that_lead_out_of_the_folder_are_refused(stored_at, tmp_path):
    with pytest.raises(Exception, match="path"):
        stored_at((tmp_path / "inner").as_uri()).save("../outside", ContentFile(b"x"))
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("url", ["ftp://example.org/x", "s3://bucket/prefix"])
def test_a_storage_that_is_not_there_is_named(stored_at, url):
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        stored_at(url)
