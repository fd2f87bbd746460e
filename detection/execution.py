"""The work of one detection run, from its taking-up on: here from start to end, or cut into pieces."""

from . import pieces
from .class_computation import ClassComputation, Outcome
from .desk import Desk
from .finishing import concluding, finish
from .models import DetectionRun
from .part_computation import PARTS, PartComputation, PartOutcome
from .runs import held, taken_up


def execute(*, run_id: int) -> None:
    """Bring the run to its end or hand out its pieces, unless it is over or somebody else works on it."""
    with held(run_id) as mine:
        run = taken_up(run_id) if mine else None
        if run is None:
            return
        if pieces.worth_cutting(run):
            pieces.begin(run)
            return
        with concluding(run):
            finish(run, computed(run))


def computed(run: DetectionRun) -> Outcome | PartOutcome:
    """What the run found, in the way of its task type."""
    if run.dataset.task_type in PARTS:
        return PartComputation(run).part_outcome()
    return ClassComputation(run, Desk()).outcome()
