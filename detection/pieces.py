"""A large dataset's run, cut into tasks: each does one piece, and a chord joins those of a layer.

Tasks carry numbers only; arrays lie in the storage (`desk`). Whoever hands out looks at what lies there
already, and hands out what is missing of the first layer that is not complete: so a run goes on where it was,
whether a chord fired, fired twice, or was lost with the broker. Each handing-out belongs to an attempt of the
run, and tasks of an attempt that was overtaken do nothing.
"""

from collections.abc import Callable

from celery import chord, current_app
from django.conf import settings
from django.core.cache import cache

from reviews import progress
from reviews.models import JobStatus

from . import runs
from .class_computation import ClassComputation
from .desk import StoredDesk, left
from .finishing import concluding, finish
from .models import DetectionRun
from .part_computation import PARTS
from .steps import SUBJECTS

PIECE = "detection.piece"
ADVANCE = "detection.advance"


def worth_cutting(run: DetectionRun) -> bool:
    """Whether the run's dataset is so large that one task should not hold it."""
    return run.dataset.task_type not in PARTS and run.dataset.item_count > settings.RUN_PIECE_ITEMS


def begin(run: DetectionRun) -> None:
    """Read who is asked about, and hand out the first pieces; a run that was begun before goes on."""

    def read() -> None:
        steps = _steps(run)
        if SUBJECTS not in steps.desk.names():
            steps.read()
        _go_on(steps)

    _at_work(run, "begin", read)


def work(*, run_id: int, attempt: int, stage: str, number: int) -> None:
    """Do one piece, unless it is done, or the run is over, or somebody else's by now."""
    with runs.shared(run_id):
        if run := runs.under_way(run_id, attempt):
            _at_work(run, f"{stage}-{number}", lambda: _do(_steps(run), stage, number))


def advance(*, run_id: int, attempt: int) -> None:
    """Hand out the next layer, or finish the run when none is left."""
    with runs.shared(run_id):
        if run := runs.under_way(run_id, attempt):
            _at_work(run, "advance", lambda: _go_on(_steps(run)))


def clear_left() -> None:
    """Take away what runs that are over left in the storage."""
    for run_id in left():
        if not runs.is_unfinished(run_id):
            StoredDesk(run_id).clear()


class _Beside(ClassComputation):
    """A run's steps while others do some of them, too, and may have said already that it is further."""

    def report(self, stage: str, fraction: float) -> None:
        said = progress.read(kind="run", id=self.run.pk)
        super().report(*max(said, progress.Progress(stage, fraction), key=lambda one: one.fraction))


def _steps(run: DetectionRun) -> ClassComputation:
    return _Beside(run, StoredDesk(run.pk))


def _do(steps: ClassComputation, stage: str, number: int) -> None:
    standing = steps.desk.names()
    for piece in (piece for layer in steps.layers() for piece in layer):
        if (piece.stage, piece.number) == (stage, number) and piece.name not in standing:
            steps.work(piece)


def _go_on(steps: ClassComputation) -> None:
    standing, said = steps.desk.names(), {"run_id": steps.run.pk, "attempt": steps.run.attempt}
    for layer in steps.layers():
        missing = [piece for piece in layer if piece.name not in standing]
        if missing:
            tasks = [
                current_app.signature(
                    PIECE, kwargs=said | {"stage": piece.stage, "number": piece.number}, immutable=True
                )
                for piece in missing
            ]
            chord(tasks)(current_app.signature(ADVANCE, kwargs=said, immutable=True))
            return
    finish(steps.run, steps.judged())


def _at_work(run: DetectionRun, what: str, work: Callable[[], None]) -> None:
    """Do some work on the run; where that ends it, its arrays go."""
    runs.saw(run.pk)
    begun = f"run:begun:{run.pk}:{what}"
    cache.add(begun, 0, progress.KEPT_FOR)
    try:
        # Forgotten below, unless this process is killed at it.
        if cache.incr(begun) > runs.ATTEMPTS:
            runs.end(run, JobStatus.FAILED, error=runs.DIED)
            return
        with concluding(run):
            work()
    finally:
        cache.delete(begun)
        runs.saw(run.pk)
        if not runs.is_unfinished(run.pk):
            StoredDesk(run.pk).clear()
