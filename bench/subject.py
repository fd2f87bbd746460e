"""What is measured: one dataset of ours with a flag on every item, and the same rows in the floor's table."""

from dataclasses import dataclass

from bench import datasets, rows
from bench.client import Connection
from bench.stage import Stage


@dataclass(frozen=True, slots=True)
class Subject:
    """The servers, the file, and where its rows are by now."""

    stage: Stage
    content: bytes
    engineer: Connection
    dataset: int
    floor: Connection
    floor_first: int


def prepare(stage: Stage) -> Subject:
    content, engineer = rows.write(stage.rows), datasets.engineer(stage)
    dataset, floor = datasets.create(engineer), Connection(stage.floor_port)
    datasets.load(engineer, dataset, content)
    datasets.flag_all(dataset)
    floor.upload("/load/", name="rows.jsonl", content=content)
    datasets.settle()
    first = floor.get("/page/").body["results"][0]["id"]
    return Subject(stage, content, engineer, dataset, floor, first)
