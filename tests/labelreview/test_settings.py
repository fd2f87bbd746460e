"""docs/settings.md is complete and right: every variable that the code reads, with its real default."""

import re

import pytest

from labelreview.local.places import PROJECT

PACKAGES = ("labelreview", "reviews", "detection")
READ = re.compile(r"""\b(?:text|flag|number|words)\("([A-Z_]+)"(?:, ([\d_]+|"[^"]*"))?""")
READ_PLAINLY = re.compile(r"""environ\.get\("([A-Z_]+)"|environ\["([A-Z_]+)"\]""")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \|", re.M)
DOCUMENT = (PROJECT / "docs" / "settings.md").read_text()


def sources() -> str:
    return "\n".join(
        path.read_text() for package in PACKAGES for path in sorted((PROJECT / package).rglob("*.py"))
    )


def variables() -> list[str]:
    code = sources()
    plain = {name for pair in READ_PLAINLY.findall(code) for name in pair if name}
    return sorted({name for name, _ in READ.findall(code)} | plain)


@pytest.mark.parametrize("name", variables())
def test_each_variable_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


def test_no_variable_is_documented_that_nothing_reads() -> None:
    assert {name for name, _ in ROW.findall(DOCUMENT)} <= set(variables())


@pytest.mark.parametrize(
    ("name", "default"), sorted({(name, default) for name, default in READ.findall(sources()) if default})
)
def test_the_documented_default_is_the_real_one(name: str, default: str) -> None:
    documented = dict(ROW.findall(DOCUMENT))
    if name in documented:
        assert documented[name] == f"`{default.strip(chr(34)).replace('_', '')}`"
