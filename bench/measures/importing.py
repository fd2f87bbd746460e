"""Importing the file: from handing it in to the last row in Postgres, through the API and the worker."""

import statistics

from bench import datasets
from bench.figures import Row
from bench.machine import Peak
from bench.subject import Subject

TIMES = 3


def measure(subject: Subject) -> list[Row]:
    worker, bare = Peak(subject.stage.worker), Peak(subject.stage.floor)
    ours, floor = [], []
    for _ in range(TIMES):
        dataset = datasets.create(subject.engineer)
        ours.append(datasets.load(subject.engineer, dataset, subject.content))
        datasets.settle()
        floor.append(subject.floor.upload("/load/", name="rows.jsonl", content=subject.content).seconds)
    seconds, least = statistics.median(ours), statistics.median(floor)
    row = Row(
        f"import {subject.stage.rows:,} rows", f"{seconds:.2f} s", f"{least:.2f} s, {bare.megabytes:.0f} MB",
        seconds / least, worker.megabytes,
    )  # fmt: skip
    return [
        row.at_most(seconds, 1.8, " s")
        .at_most(worker.megabytes, 300, " MB")
        .at_most(seconds / least, 3, " × floor")
    ]
