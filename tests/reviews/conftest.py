"""A storage of each test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviews import media


@pytest.fixture
def own_storage(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.STORAGE_URL = tmp_path.as_uri()
    media.storage.cache_clear()
    yield
    media.storage.cache_clear()
