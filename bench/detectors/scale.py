"""Large datasets from the file to the flags, through the worker as `make up` starts it, beside nobody."""

import io
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import django
import numpy as np
import psutil
from django.core.files.base import File
from PIL import Image

from bench.detectors.masks import model
from bench.detectors.row import Row
from bench.machine import Peak
from bench.stage import own_folder, part
from labelreview.local.services import services

CLASSES = 100
# Two GiB, of each process.
LARGEST_MB = 2147
POLL = 0.1
PIXELS = 48
FIELDS = 6
WORDS = 20_000


def measure(*, full: bool) -> Iterator[Row]:
    with _worker() as worker:
        for n in (100_000, 1_000_000) if full else (20_000, 100_000):
            yield _given(n, worker)[0]
        yield _given(100_000 if full else 20_000, worker, everything=True)[0]
        few, many = (10_000, 50_000) if full else (2_000, 6_000)
        first, before = _pictures(few, worker)
        second, after = _pictures(many, worker)
        grown = after / many * few / before
        yield from (first, second)
        yield Row(
            "the same, time a picture beside the fewer", "", f"{grown:.2f} ×", "", "≤ 1.2 ×", grown <= 1.2
        )


@contextmanager
def _worker() -> Iterator[psutil.Process]:
    """The worker's program, with services of its own."""
    with ExitStack() as stack:
        stack.enter_context(own_folder())
        running = stack.enter_context(services())
        django.setup()
        yield part(psutil.Process(running.pid), "worker")


def _given(n: int, worker: psutil.Process, *, everything: bool = False) -> tuple[Row, float]:
    """Probabilities that somebody else's model gave, and the one detector that needs nothing else, or all."""
    labels, probs = model(n, CLASSES)
    ids = np.array([f"row-{i:07d}" for i in range(n)])
    names = [f"class {k:02d}" for k in range(CLASSES)]
    dice = np.random.default_rng(0).integers(0, WORDS, (n, 3))
    with tempfile.TemporaryFile() as rows, tempfile.TemporaryFile() as matrix:
        rows.write(b"id,text,label\n")
        for name, (a, b, c), label in zip(ids, dice, labels, strict=True):
            rows.write(f"{name},w{a} w{b} w{c},{names[label]}\n".encode())
        np.savez(matrix, ids=ids, classes=np.array(names), probs=probs)
        methods = None if everything else ["confident_learning"]
        return _measured(
            f"given probabilities, {n:,} × {CLASSES}{', every detector' if everything else ''}",
            [("rows.csv", rows), ("net.npz", matrix)],
            worker,
            most=None if everything else 180,
            methods=methods,
            media="text",
            classes=names,
        )


def _pictures(n: int, worker: psutil.Process) -> tuple[Row, float]:
    """Pictures of coloured fields, in one of ten shades, one label in ten wrong; every detector."""
    dice = np.random.default_rng(0)
    shade = dice.integers(0, 10, n)
    label = np.where(dice.random(n) < 0.1, dice.integers(0, 10, n), shade)
    with tempfile.TemporaryFile() as archive:
        with zipfile.ZipFile(archive, "w") as packed:
            for i in range(n):
                fields = dice.integers(0, 100, (FIELDS, FIELDS, 3)) + 15 * shade[i]
                pixels = np.kron(fields, np.ones((PIXELS // FIELDS, PIXELS // FIELDS, 1)))
                picture = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(picture, "JPEG")
                packed.writestr(f"shade {label[i]}/{i:06d}.jpg", picture.getvalue())
        return _measured(
            f"{n:,} pictures",
            [("pictures.zip", archive)],
            worker,
            most=None,
            methods=None,
            media="image",
        )


def _measured(
    what: str,
    files: Sequence[tuple[str, IO[bytes]]],
    worker: psutil.Process,
    *,
    most: float | None,
    **how: Any,
) -> tuple[Row, float]:
    """The seconds of each import and of the run, `most` at the most together, with the memory of the largest
    process at it; and the seconds of the run.
    """
    # Django is ready only now.
    from bench import people
    from detection import runs
    from reviews import importing, tasks
    from reviews.models import Dataset, Membership, Role
    from reviews.permissions import member_of

    methods, someone = how.pop("methods"), people.user()
    dataset = Dataset.objects.create(name=what, task_type="classification", created_by=someone, **how)
    Membership.objects.create(dataset=dataset, user=someone, role=Role.OWNER)
    peak, taken = Peak(worker), []
    for name, file in files:
        file.seek(0)
        job = importing.accept(dataset=dataset, actor=someone, file=File(file), file_name=name)
        tasks.import_file.delay(job_id=job.pk)
        taken.append(_seconds(job))
    run = runs.request(member=member_of(user=someone, dataset_id=dataset.pk), methods=methods)
    taken.append(_seconds(run))
    megabytes, whole = peak.megabytes, sum(taken)
    said = f"{' + '.join(f'{one:.1f}' for one in taken)} s, {megabytes:,.0f} MB"
    reach = f"≤ {LARGEST_MB:,} MB" if most is None else f"≤ {most:.0f} s, ≤ {LARGEST_MB:,} MB"
    holds = megabytes <= LARGEST_MB and (most is None or whole <= most)
    return Row(f"{what} → {run.summary['flags']:,} flags", "", said, "", reach, holds), taken[-1]


def _seconds(job: Any) -> float:
    """Until the worker has done the import or the run."""
    started = time.perf_counter()
    while job.status in ("queued", "running"):
        time.sleep(POLL)
        job.refresh_from_db()
    if job.status != "succeeded":
        raise RuntimeError(f"It ended as {job.status}: {getattr(job, 'error', '') or job.errors[:3]}")
    return time.perf_counter() - started
