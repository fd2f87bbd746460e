"""`make bench`: a table of speed and memory, each figure beside the floor's and beside what it has to reach.

It measures and never judges: it ends well whatever the figures are.
"""

import argparse
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench import machine, report, stage

# In the order of the table; each is a file in bench/measures/, loaded once Django has its settings.
MEASURES = {
    "import": "importing",
    "lists": "lists",
    "search": "search",
    "next": "queue",
    "decide": "decisions",
    "export": "exporting",
    "page": "page",
}


def main() -> None:
    arguments = _parse()
    console = Console(soft_wrap=True)
    chosen = [name for name in MEASURES if name in (arguments.only or MEASURES)]
    with stage.raised(rows=arguments.rows) as raised:
        console.print(f"[dim]{machine.describe()}; load before the start {machine.load():.2f}")
        rows = []
        with console.status("preparing") as status:
            subject = import_module("bench.subject").prepare(raised)
            for name in chosen:
                status.update(name)
                for row in import_module(f"bench.measures.{MEASURES[name]}").measure(subject):
                    console.print(f"[dim]{report.line(row)}")
                    rows.append(row)
    console.print(report.table(rows))
    if arguments.write:
        arguments.write.write_text(report.page(rows, count=arguments.rows))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASURES, help="this one; may be repeated")
    parser.add_argument("--rows", type=int, default=100_000, help="rows in the dataset (default 100000)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table to a page, as Markdown")
    return parser.parse_args()


if __name__ == "__main__":
    main()
