"""How a run ends: with flags, health and summary written at once, or with a word on why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.db import OperationalError, transaction
from django.utils import timezone

from reviews import flags, media, progress
from reviews.models import JobStatus

from .class_computation import Outcome
from .computation import STAGES
from .errors import CannotDetect
from .models import DetectionRun
from .part_computation import PartOutcome
from .runs import end

# No probability that people see claims to be certain.
SUREST = 0.999


@contextmanager
def concluding(run: DetectionRun) -> Iterator[None]:
    """Work on the run; whatever stops it there ends the run, but for a database that went away."""
    try:
        yield
    except progress.Cancelled:
        end(run, JobStatus.CANCELLED)
    except CannotDetect as reason:
        end(run, JobStatus.FAILED, error=str(reason))
    except SoftTimeLimitExceeded:
        end(run, JobStatus.FAILED, error="The run took longer than this server allows.")
    except OperationalError:
        raise  # the task is tried again
    except Exception:
        end(run, JobStatus.FAILED, error="Something went wrong on the server; it has been logged.")
        raise


def finish(run: DetectionRun, outcome: Outcome | PartOutcome) -> None:
    """Write flags, health and summary at once, if the run is still this attempt's."""
    progress.report(kind="run", id=run.pk, stage="writing", fraction=STAGES["writing"])
    artefact = _store_scores(run, outcome)
    with transaction.atomic():
        mine = DetectionRun.objects.select_for_update().filter(
            pk=run.pk, status=JobStatus.RUNNING, attempt=run.attempt
        )
        if not mine.exists():
            return
        suspicions = outcome.flags(surest=SUREST)
        raised = flags.replace_flags(dataset=run.dataset, run_id=run.pk, suspicions=suspicions)
        summary = outcome.summary(raised)
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


def _store_scores(run: DetectionRun, outcome: Outcome | PartOutcome) -> str:
    """Where the scores of all items went: an array per detector, and how likely each label is wrong."""
    file = BytesIO()
    np.savez_compressed(file, **outcome.arrays())
    return media.storage().save(f"runs/{run.pk}.npz", ContentFile(file.getvalue()))
