"""A page of the flags and of the items: the first one, and one from far behind."""

from urllib.parse import urlsplit

from bench import datasets
from bench.client import Connection, in_turn
from bench.figures import Row, beside, p50, p95
from bench.machine import Peak
from bench.subject import Subject

TIMES = 200
LARGEST_PAGE = 500


def measure(subject: Subject) -> list[Row]:
    [reviewer] = datasets.reviewers(subject.stage, subject.dataset, 1)
    return [row for name in ("flags", "items") for row in _list(subject, reviewer, name)]


def _list(subject: Subject, reviewer: Connection, name: str) -> list[Row]:
    path = f"/api/datasets/{subject.dataset}/{name}/"
    deep, far = _deep(reviewer, path, subject.stage.rows), subject.floor_first + subject.stage.rows * 9 // 10
    peak = Peak(subject.stage.web)
    in_turn(20, lambda _: reviewer.get(path), lambda _: reviewer.get(deep))
    first, floor_first, last, floor_last = in_turn(
        TIMES,
        lambda _: reviewer.get(path),
        lambda _: subject.floor.get("/page/"),
        lambda _: reviewer.get(deep),
        lambda _: subject.floor.get(f"/page/?after={far}"),
    )
    shallow_row = beside(f"{name}: first page", first, floor_first, peak.megabytes)
    deep_row = beside(f"{name}: deep page", last, floor_last, peak.megabytes)
    shallow_row.at_most(p95(first), 6, " ms").at_most(p50(first) / p50(floor_first), 3, " × floor")
    deep_row.at_most(p95(last), 6, " ms").at_most(p50(last) / p50(floor_last), 3, " × floor").at_most(
        p50(last) / p50(first), 1.3, " × first page"
    )
    return [shallow_row, deep_row]


def _deep(reviewer: Connection, path: str, rows: int) -> str:
    """The address of a page behind nine tenths of the list, found by following `next`."""
    url = f"{path}?page_size={LARGEST_PAGE}"
    for _ in range(max(1, rows * 9 // 10 // LARGEST_PAGE)):
        parts = urlsplit(reviewer.get(url).body["next"])
        url = f"{parts.path}?{parts.query}"
    return url.replace(f"page_size={LARGEST_PAGE}&", "").replace(f"&page_size={LARGEST_PAGE}", "")
