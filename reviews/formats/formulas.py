"""Cells that a spreadsheet would run as a formula, made harmless so that they can be made themselves again.

After the OWASP page on CSV injection: a cell that begins with one of TRIGGERS gets an apostrophe before it.
That alone would change data for good, so a column of its own, GUARD, holds an apostrophe in the rows where it
was done, and there cells with apostrophes before a trigger get one more. Plain numbers stay as they are.
"""

from __future__ import annotations

import re

GUARD = "formula_guard"
TRIGGERS = "=+\\-@\t\r\n＝＋－＠"  # the full-width forms too: some spreadsheets take them for the same
_DANGEROUS = re.compile(f"[{TRIGGERS}]")
_MARKED = re.compile(f"'*[{TRIGGERS}]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(cells: list[str]) -> list[str]:
    """The cells and the cell of the GUARD column."""
    if not any(_DANGEROUS.match(cell) and not _NUMBER.fullmatch(cell) for cell in cells):
        return [*cells, ""]
    marked = ("'" + cell if _MARKED.match(cell) and not _NUMBER.fullmatch(cell) else cell for cell in cells)
    return [*marked, "'"]


def unguarded(cell: str) -> str:
    """The cell of a guarded row as it was."""
    return cell[1:] if cell.startswith("'") and _MARKED.match(cell) else cell
