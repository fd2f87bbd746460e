"""Sixteen reviewers deciding at once: how many a second, and that not one is lost."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from bench import datasets
from bench.client import Connection, crowd
from bench.figures import Row, latency
from bench.machine import Peak
from bench.subject import Subject
from reviews import ledger, proof
from reviews.models import AuditEvent, Decision, Flag

PEOPLE = 16
ROUNDS = 3
SHARE = 60  # of the flags, one in so many is decided in a round
MOST = 1600

Round = tuple[list[float], float]


def measure(subject: Subject) -> list[Row]:
    people = datasets.reviewers(subject.stage, subject.dataset, PEOPLE)
    bare = [Connection(subject.stage.floor_port) for _ in range(PEOPLE)]
    each = min(MOST, subject.stage.rows // SHARE) // PEOPLE
    rows = [
        _action(subject, action, people, bare, each, before=number * ROUNDS * each * PEOPLE)
        for number, action in enumerate(("keep", "correct"))
    ]
    _prove(subject.dataset, expected=2 * ROUNDS * each * PEOPLE)
    return rows


def _action(
    subject: Subject, action: str, people: list[Connection], bare: list[Connection], each: int, before: int
) -> Row:
    queue = Flag.objects.filter(dataset=subject.dataset).order_by("priority", "id")
    flags = list(queue.values_list("id", flat=True)[before : before + ROUNDS * each * PEOPLE])
    first = subject.floor_first + before
    rows = list(range(first, first + len(flags)))
    peak = Peak(subject.stage.web)
    ours, floor = [], []
    for turn in range(ROUNDS):
        part = slice(turn * each * PEOPLE, (turn + 1) * each * PEOPLE)
        ours.append(_round(people, action, [f"/api/flags/{flag}/decide/" for flag in flags[part]]))
        floor.append(_round(bare, action, [f"/decide/{row}/" for row in rows[part]]))
    rate, best = _rate(ours), _rate(floor)
    row = Row(
        f"decide “{action}”, {PEOPLE} clients", f"{rate:.0f}/s, {latency(_all(ours))}",
        f"{best:.0f}/s, {latency(_all(floor))}", rate / best, peak.megabytes,
    )  # fmt: skip
    return row.at_least(rate, 500, "/s").at_least(rate / best, 0.7, " × floor")


def _round(people: Sequence[Connection], action: str, paths: list[str]) -> Round:
    """The latencies, and the decisions a second."""
    tasks: list[Callable[[], Iterator[float]]] = [
        partial(_decide, person, action, paths[number :: len(people)]) for number, person in enumerate(people)
    ]
    latencies, seconds = crowd(tasks)
    return latencies, len(latencies) / seconds


def _decide(person: Connection, action: str, paths: list[str]) -> Iterator[float]:
    for path in paths:
        yield person.post(path, {"action": action, "seen_version": 1}).seconds


def _rate(rounds: list[Round]) -> float:
    return statistics.median(rate for _, rate in rounds)


def _all(rounds: list[Round]) -> list[float]:
    return [seconds for latencies, _ in rounds for seconds in latencies]


def _prove(dataset: int, *, expected: int) -> None:
    """Every answered decision stands, each with its line of the log, and the chain over them holds."""
    decided = Decision.objects.filter(flag__dataset=dataset).count()
    logged = AuditEvent.objects.filter(dataset=dataset, subject_type="flag").count()
    ledger.seal(dataset_id=dataset, patience_ms=5000)
    broken = list(proof.verify(dataset_id=dataset))
    if (decided, logged, broken) != (expected, expected, []):
        raise RuntimeError(f"{expected} answered, {decided} decided, {logged} logged; broken: {broken}")
