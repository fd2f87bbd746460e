import re
from pathlib import Path

import pytest

from labelreview.local.places import PROJECT

PINNED = sorted(PROJECT.glob("requirements*.txt"))


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_every_requirement_is_pinned_with_hashes_and_names_no_address(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", re.sub(r"^\s*--hash=sha256:[0-9a-f]{64}.*$", "", text, flags=re.M), re.M)
    for requirement in text.replace("\\\n", " ").splitlines():
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


@pytest.mark.parametrize("pair", [("requirements", "requirements-dev")])
def test_what_both_files_pin_is_the_same_version(pair: tuple[str, str]) -> None:
    runtime, development = (
        set(re.findall(r"^([\w.-]+==[^\s;]+)", (PROJECT / f"{name}.txt").read_text(), re.M)) for name in pair
    )
    shared = {line.split("==")[0] for line in runtime} & {line.split("==")[0] for line in development}
    assert shared
    assert {line for line in runtime ^ development if line.split("==")[0] in shared} == set()
