"""The figures as tables in the terminal, and as a page of the documentation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.table import Table

from bench import machine
from bench.detectors.row import Row

COLUMNS = ("cleanlab / yardstick", "ours", "gain", "to reach", "")
HOLDS = {True: "holds", False: "short", None: ""}

PAGE = """# How well and how fast label errors are found

Written by `python -m bench.detection --write docs/detection-speed.md` (`make bench-detection` prints the
same); run it on a machine of yours. Measured on {date} on {machine}; load before the start {load:.2f}{full}.
Each figure of ours stands beside cleanlab's, or another yardstick's that is named, from the same run and the
same data. Times are the shortest of several runs in one process, so that a ratio is steadier than its parts.
"""


def table(name: str, rows: Sequence[Row]) -> Table:
    made = Table(name, *COLUMNS)
    for row in rows:
        style = {True: "green", False: "red", None: "default"}[row.holds]
        *cells, holds = _cells(row)
        made.add_row(*cells, f"[{style}]{holds}")
    return made


def page(measured: Mapping[str, Sequence[Row]], *, load: float, full: bool) -> str:
    head = PAGE.format(
        date=datetime.now(UTC).date(),
        machine=machine.describe(),
        load=load,
        full=", with the largest sizes" if full else "",
    )
    return "\n".join([head, *(_section(name, rows) for name, rows in measured.items())])


def _section(name: str, rows: Sequence[Row]) -> str:
    lines = [("what", *COLUMNS), ("---",) * (len(COLUMNS) + 1), *map(_cells, rows)]
    return f"## {name}\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    return (row.what, row.theirs, row.ours, row.gain, row.reach, HOLDS[row.holds])
