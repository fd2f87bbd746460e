"""Finding the texts that hold a rare word."""

from bench import datasets, rows
from bench.client import in_turn
from bench.figures import Row, beside, p95
from bench.machine import Peak
from bench.subject import Subject

TIMES = 60


def measure(subject: Subject) -> list[Row]:
    [reviewer] = datasets.reviewers(subject.stage, subject.dataset, 1)
    words, peak = rows.rare_words(TIMES), Peak(subject.stage.web)
    result = []
    for name in ("items", "flags"):
        path = f"/api/datasets/{subject.dataset}/{name}/?search="
        ours, floor = in_turn(
            TIMES,
            lambda turn, path=path: reviewer.get(path + words[turn]),
            lambda turn: subject.floor.get(f"/search/?search={words[turn]}"),
        )
        result.append(
            beside(f"{name}: text search", ours, floor, peak.megabytes).at_most(p95(ours), 20, " ms")
        )
    return result
