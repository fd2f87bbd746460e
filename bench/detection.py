"""`make bench-detection`: how well and how fast label errors are found, each figure beside cleanlab's, and
beside what it has to reach.

It measures and never judges: it ends well whatever the figures are. Sets that are not on this machine are
left out.
"""

import argparse
import time
from importlib import import_module

from rich.console import Console
from rich.table import Table

from bench import machine

MEASURES = ("masks", "models", "crowds", "neighbours", "queue")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASURES, help="this one; may be repeated")
    parser.add_argument("--full", action="store_true", help="the largest sizes and more seeds: half an hour")
    arguments = parser.parse_args()
    console = Console()
    console.print(f"[dim]{machine.describe()}; load before the start {machine.load():.2f}")
    for name in arguments.only or MEASURES:
        table = Table(name, "cleanlab / yardstick", "ours", "gain", "to reach")
        started = time.perf_counter()
        with console.status("measuring") as status:
            for row in import_module(f"bench.detectors.{name}").measure(full=arguments.full):
                status.update(f"{name}: {row.what}")
                table.add_row(*row)
        console.print(table, f"[dim]{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
