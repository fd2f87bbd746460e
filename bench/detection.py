"""`make bench-detection`: how well and how fast label errors are found, each figure beside cleanlab's, and
beside what it has to reach.

It measures and never judges: it ends well whatever the figures are. Sets that are not on this machine are
left out, and the table says so.
"""

import argparse
import time
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench import machine
from bench.detectors import page
from bench.detectors.row import Row

# In the order of the page, and what each is called there; each is a file in bench/detectors/.
MEASURES = {
    "masks": "Issue masks and scores from given probabilities",
    "models": "Features and texts to out-of-sample probabilities",
    "tokens": "Tokens and spans",
    "multilabel": "Several classes an item",
    "boxes": "Boxes",
    "neighbours": "Nearest neighbours",
    "crowds": "Several annotators",
    "queue": "What a reviewer meets",
    "scale": "Large datasets from the file to the flags",
}


def main() -> None:
    arguments = _parse()
    console, load = Console(), machine.load()
    console.print(f"[dim]{machine.describe()}; load before the start {load:.2f}")
    measured = {}
    for name, title in MEASURES.items():
        if name in (arguments.only or MEASURES):
            measured[title] = _measured(console, name, full=arguments.full)
    if arguments.write:
        arguments.write.write_text(page.page(measured, load=load, full=arguments.full), encoding="utf-8")


def _measured(console: Console, name: str, *, full: bool) -> list[Row]:
    rows, started = [], time.perf_counter()
    with console.status(f"measuring {name}") as status:
        for row in import_module(f"bench.detectors.{name}").measure(full=full):
            status.update(f"{name}: {row.what}")
            rows.append(row)
    console.print(page.table(name, rows), f"[dim]{time.perf_counter() - started:.0f} s")
    return rows


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASURES, help="this one; may be repeated")
    parser.add_argument("--full", action="store_true", help="the largest sizes and more seeds: half an hour")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables to a page, as Markdown")
    return parser.parse_args()


if __name__ == "__main__":
    main()
