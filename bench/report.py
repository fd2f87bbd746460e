"""The figures as a table in the terminal, and as a page of the documentation."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from bench import machine
from bench.figures import Row

COLUMNS = ("operation", "LabelReview", "floor", "ratio", "peak memory", "reach", "")

PAGE = """# Speed

Written by `python -m bench --write docs/speed.md`; run it on a machine of yours. Measured on {date} on
{machine}, with {count:,} rows of text. Everything ran on this one machine: browser or clients, web server,
worker and Postgres (its log synced to disk at each commit), as `make up` starts them.

The floor is a bare Django project that does the same with nothing around it, on the same web server and the
same Postgres: no users, no policy, no history, no checks (`bench/floor/`). Both are measured in turn in one
run; the ratio is ours to the floor's. Latencies are p50 / p95. Peak memory is that of the largest process of
the worker (import) or of the web server (everything else).

{table}
"""


def table(rows: Sequence[Row]) -> Table:
    made = Table(*COLUMNS)
    for row in rows:
        style = "red" if row.missed else "green"
        made.add_row(*_cells(row)[:-1], f"[{style}]{_cells(row)[-1]}")
    return made


def page(rows: Sequence[Row], *, count: int) -> str:
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(_cells, rows)]
    markdown = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return PAGE.format(date=datetime.now(UTC).date(), machine=machine.describe(), count=count, table=markdown)


def line(row: Row) -> str:
    """One operation as soon as it is measured."""
    return " · ".join(filter(None, _cells(row)))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.operation,
        row.ours,
        row.floor,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.megabytes is None else f"{row.megabytes:.0f} MB",
        ", ".join(check.wanted for check in row.checks),
        f"over: {', '.join(check.missed for check in row.missed)}" if row.missed else "ok",
    )
