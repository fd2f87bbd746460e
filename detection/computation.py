"""What every run's work has: its options, its notes, and how far it is; each step may be stopped there."""

from collections.abc import Mapping
from typing import Any

from reviews import progress

from .algorithms.health import Health
from .embedders.choice import Choice
from .evidence import Subjects
from .models import DetectionRun
from .runs import DEFAULTS

# Where in the whole run each stage begins.
STAGES = {
    "reading": 0.0,
    "features": 0.05,
    "model": 0.35,
    "neighbours": 0.7,
    "detectors": 0.85,
    "judging": 0.9,
    "writing": 0.95,
}
ENDS = dict(zip(STAGES, [*list(STAGES.values())[1:], 1.0], strict=True))


class Computation:
    """One run's way from the database's rows to suspicions, outside of any transaction."""

    def __init__(self, run: DetectionRun) -> None:
        self.run, self.dataset = run, run.dataset
        self.options = DEFAULTS | run.options
        self.notes: dict[str, Any] = {}

    def embedder(self) -> Choice | None:
        """What is to make the features, where the run asks for anything but the built-in ways."""
        said = self.options["embedder"]
        return None if said is None else Choice(**said)

    def at(self, stage: str, fraction: float) -> None:
        """Say how far the stage is, 0..1; raises `Cancelled` where somebody asked the run to stop."""
        start, end = STAGES[stage], ENDS[stage]
        self.report(stage, start + (end - start) * min(fraction, 1.0))

    def report(self, stage: str, fraction: float) -> None:
        """The same, as the share of the whole run."""
        progress.report(kind="run", id=self.run.pk, stage=stage, fraction=fraction)


def summary_of(
    asked: Subjects, raised: Mapping[str, int], by_method: Mapping[str, int], health: Health
) -> dict[str, Any]:
    """What every run says of itself; its flags are counted by kind, its findings by method."""
    return {
        "items": len(asked.ids),
        "labelled": int((asked.labels >= 0).sum()),
        "flags": sum(raised.values()),
        "by_kind": dict(raised),
        "by_method": dict(by_method),
        "error_rate": {
            "estimate": round(health.estimate, 5),
            "low": round(health.low, 5),
            "high": round(health.high, 5),
        },
        "grade": health.grade,
    }
