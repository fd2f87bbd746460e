"""Downloading a frozen version, streamed."""

import hashlib
import statistics

from bench.figures import Row
from bench.machine import Peak
from bench.subject import Subject

TIMES = 3


def measure(subject: Subject) -> list[Row]:
    version = subject.engineer.post(f"/api/datasets/{subject.dataset}/versions/", {"tag": "1.0"}).body
    path = f"/api/versions/{version['id']}/export/?format=jsonl"
    web, bare = Peak(subject.stage.web), Peak(subject.stage.floor)
    ours, floor = [], []
    for _ in range(TIMES):
        content, seconds = subject.engineer.download(path)
        ours.append(seconds)
        floor.append(subject.floor.download("/export/")[1])
    assert hashlib.sha256(content).hexdigest() == version["sha256"]
    seconds, least = statistics.median(ours), statistics.median(floor)
    row = Row(
        f"export {subject.stage.rows:,} rows", f"{seconds:.2f} s", f"{least:.2f} s, {bare.megabytes:.0f} MB",
        seconds / least, web.megabytes,
    )  # fmt: skip
    return [
        row.at_most(seconds, 2, " s")
        .at_most(web.megabytes, 250, " MB")
        .at_most(seconds / least, 1.5, " × floor")
    ]
