"""The next five flags to review, leased and ready to show, while fifteen other people hold theirs."""

from bench import datasets
from bench.client import Connection, Timed, in_turn
from bench.figures import Row, beside, p50, p95
from bench.machine import Peak
from bench.subject import Subject

PEOPLE = 16
TIMES = 20 * PEOPLE
LEASED = 5


def measure(subject: Subject) -> list[Row]:
    people, peak = datasets.reviewers(subject.stage, subject.dataset, PEOPLE), Peak(subject.stage.web)
    path = f"/api/datasets/{subject.dataset}/queue/"

    def take(turn: int) -> Timed:
        return _empty_handed(people[turn % PEOPLE], path)

    def bare(turn: int) -> Timed:
        subject.floor.delete(f"/release/?user={turn % PEOPLE}")
        return subject.floor.post(f"/take/?user={turn % PEOPLE}")

    in_turn(2 * PEOPLE, take, bare)
    ours, floor = in_turn(TIMES, take, bare)
    row = beside("next five to review", ours, floor, peak.megabytes)
    return [row.at_most(p95(ours), 6, " ms").at_most(p50(ours) / p50(floor), 3, " × floor")]


def _empty_handed(person: Connection, path: str) -> Timed:
    """Five fresh flags: those held before were given back."""
    person.delete(path)
    taken = person.post(path, {"queue": "priority", "size": LEASED})
    assert len(taken.body["results"]) == LEASED
    return taken
