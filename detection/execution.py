"""The work of one detection run, from its taking-up to its flags."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.db import OperationalError, transaction
from django.utils import timezone

from reviews import flags, media, progress
from reviews.models import FlagKind, JobStatus

from .computation import STAGES, Computation, Outcome
from .errors import CannotDetect
from .models import DetectionRun
from .part_computation import PARTS, PartComputation, PartOutcome
from .runs import end, held, taken_up

# No probability that people see claims to be certain.
SUREST = 0.999


def execute(*, run_id: int) -> None:
    """Bring the run to its end, unless it is over or somebody else works on it."""
    with held(run_id) as mine:
        run = taken_up(run_id) if mine else None
        if run is None:
            return
        try:
            outcome = computed(run)
            _finish(run, outcome)
        except progress.Cancelled:
            end(run, JobStatus.CANCELLED)
        except CannotDetect as reason:
            end(run, JobStatus.FAILED, error=str(reason))
        except SoftTimeLimitExceeded:
            end(run, JobStatus.FAILED, error="The run took longer than this server allows.")
        except OperationalError:
            raise  # the database went away: the task is tried again
        except Exception:
            end(run, JobStatus.FAILED, error="Something went wrong on the server; it has been logged.")
            raise


def computed(run: DetectionRun) -> Outcome | PartOutcome:
    """What the run found, in the way of its task type."""
    if run.dataset.task_type in PARTS:
        return PartComputation(run).part_outcome()
    return Computation(run).outcome()


def _finish(run: DetectionRun, outcome: Outcome | PartOutcome) -> None:
    """Write flags, health and summary at once, if the run is still this attempt's."""
    progress.report(kind="run", id=run.pk, stage="writing", fraction=STAGES["writing"])
    artefact = _store_scores(run, outcome)
    with transaction.atomic():
        mine = DetectionRun.objects.select_for_update().filter(
            pk=run.pk, status=JobStatus.RUNNING, attempt=run.attempt
        )
        if not mine.exists():
            return
        raised = flags.replace_flags(dataset=run.dataset, run_id=run.pk, suspicions=_suspicions(outcome))
        summary = _summary(outcome, raised)
        now = timezone.now()
        flags.record_health(
            dataset=run.dataset,
            health={
                "grade": outcome.health.grade,
                "error_rate": summary["error_rate"]["estimate"],
                "low": summary["error_rate"]["low"],
                "high": summary["error_rate"]["high"],
                "run": run.pk,
                "at": now.isoformat(),
            },
        )
        end(run, JobStatus.SUCCEEDED, stage="done", progress=1.0, summary=summary, artefact=artefact)
    progress.report(kind="run", id=run.pk, stage="done", fraction=1.0)


def _suspicions(outcome: Outcome | PartOutcome) -> Iterator[flags.Suspicion]:
    if isinstance(outcome, PartOutcome):
        yield from outcome.flags(surest=SUREST)
        return
    ids, labels, classes = outcome.asked.ids, outcome.asked.labels, outcome.asked.classes
    for found in outcome.suspicions:
        yield flags.Suspicion(
            item_id=int(ids[found.item]),
            kind=FlagKind(found.kind),
            given=classes[labels[found.item]],
            suggested=classes[found.suggested] if found.suggested >= 0 else None,
            score=round(min(found.score, SUREST), 6),
            priority=found.priority,
            evidence=[
                {"detector": detector, "text": told.text, "data": told.data}
                for detector, told in found.evidence
            ],
        )


def _summary(outcome: Outcome | PartOutcome, raised: dict[str, int]) -> dict[str, Any]:
    if isinstance(outcome, PartOutcome):
        return outcome.summary(raised)
    health = outcome.health
    return {
        "items": len(outcome.asked.ids),
        "labelled": int((outcome.asked.labels >= 0).sum()),
        "flags": sum(raised.values()),
        "by_kind": dict(raised),
        "by_method": {name: len(found.index) for name, found in outcome.found.items()},
        "error_rate": {
            "estimate": round(health.estimate, 5),
            "low": round(health.low, 5),
            "high": round(health.high, 5),
        },
        "grade": health.grade,
        **outcome.notes,
    }


def _store_scores(run: DetectionRun, outcome: Outcome | PartOutcome) -> str:
    """Where the scores of all items went: an array per detector, and how likely each label is wrong."""
    file = BytesIO()
    np.savez_compressed(file, **(outcome.arrays() if isinstance(outcome, PartOutcome) else _arrays(outcome)))
    return media.storage().save(f"runs/{run.pk}.npz", ContentFile(file.getvalue()))


def _arrays(outcome: Outcome) -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "items": outcome.asked.ids,
        "wrongness": outcome.judgement.wrongness.astype(np.float32),
        "suggested": outcome.judgement.suggested.astype(np.int32),
    }
    for name, found in outcome.found.items():
        arrays[f"score_{name}"] = found.scores.astype(np.float32)
    return arrays
