"""Large runs, cut into tasks: through a live worker on the real broker, killed and all."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from PIL import Image

from detection import evidence, execution, pieces, runs, tasks
from detection.class_computation import ClassComputation
from detection.desk import Desk, StoredDesk, left
from detection.finishing import SUREST
from detection.intake import MachineSidecar
from detection.models import DetectionRun
from detection.steps import SUBJECTS
from labelreview.celery import app as celery_app
from reviews import media, progress
from reviews.formats.canonical import Prediction, Row
from reviews.models import Annotation, Annotator, Dataset, Flag, GoldItem, JobStatus
from reviews.permissions import member_of
from tests import builders
from tests.conftest import QUEUE
from tests.detection.builders import TOPICS, filled, noisy_texts
from tests.detection.builders import texts as words

LONG_AGO = timedelta(minutes=5)


def requested(dataset: Dataset, **how: Any) -> DetectionRun:
    return runs.request(member=member_of(user=dataset.created_by, dataset_id=dataset.pk), **how)


def wait_for(condition: Callable[[], Any], *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


def over(run: DetectionRun) -> bool:
    run.refresh_from_db()
    return run.status not in (JobStatus.QUEUED, JobStatus.RUNNING)


def tables(count: int) -> Dataset:
    """Rows with numbers, words and gaps, of two classes, one label in twenty wrong."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, count)
    rows = [
        {"features": {"x": float(x), "y": None if i % 9 == 0 else float(y), "site": f"s{i % 3}"}}
        for i, (x, y) in enumerate(rng.normal(size=(count, 2)) + 2 * truth[:, None])
    ]
    dataset = builders.dataset(media="table", classes=("low", "high"))
    given = np.where(np.arange(count) % 20 == 0, 1 - truth, truth)
    filled(dataset, rows, [("low", "high")[label] for label in given])
    return dataset


def pictures(count: int) -> Dataset:
    """Dark and bright pictures; some labels are wrong, one item has no picture."""
    rng = np.random.default_rng(0)
    dataset = builders.dataset(media="image", classes=("dark", "bright"))
    stored = []
    for i in range(count - 1):
        file = BytesIO()
        pixels = rng.integers(0, 100, (12, 12, 3)) + 120 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
        stored.append(media.take_in(file.getvalue()))
        stored[-1].save()
    labels: list[str | None] = [("dark", "bright")[(i + (i % 25 == 0)) % 2] for i in range(count)]
    filled(dataset, [*({"media": picture} for picture in stored), {}], labels)
    return dataset


def texts(count: int) -> Dataset:
    """Texts about three topics, some of them gold, one of them nothing at all."""
    dataset, items, _ = noisy_texts(count, wrong=20)
    GoldItem.objects.bulk_create(
        GoldItem(item=item, value=item.current_revision.value) for item in items[30:80]
    )
    filled(dataset, [{"text": ""}], ["pets"], "odd")
    return dataset


def heard(count: int) -> Dataset:
    """Texts with a model's probabilities, embeddings, annotators' answers, versions of the guideline."""
    rng, (said, truth) = np.random.default_rng(0), words(count)
    topics = list(TOPICS)
    given = [topics[topics.index(topic) - (i % 15 == 0)] for i, topic in enumerate(truth)]
    rows = [
        {"text": text, "meta": {"guideline_version": "1" if i < 300 else "2"}} for i, text in enumerate(said)
    ]
    dataset = builders.dataset(classes=tuple(topics))
    items = filled(dataset, rows, given)
    people = [Annotator.objects.create(dataset=dataset, name=name) for name in ("ann", "bo")]
    Annotation.objects.bulk_create(
        Annotation(
            item=item, annotator=person, value=topic if rng.random() < 0.9 else str(rng.choice(topics))
        )
        for item, topic in zip(items[:200], truth, strict=False)
        for person in people
    )
    sidecar = MachineSidecar(dataset)
    for item, topic in zip(items, truth, strict=True):
        at = np.eye(3)[topics.index(topic)]
        probs = dict(zip(topics, 0.1 + 0.7 * at, strict=True))
        row = Row(
            item.external_id,
            predictions=(Prediction("net", probs),),
            embedding=(at + 0.1 * rng.normal(size=3)).tolist(),
        )
        sidecar.take([(item.pk, row)])
    sidecar.finish()
    return dataset


def stated(dataset: Dataset) -> list[tuple[Any, ...]]:
    """What the flags say, the item's by kind."""
    said = Flag.objects.filter(dataset=dataset).values_list("item", "kind", "suggested", "score", "evidence")
    return sorted(said, key=lambda row: row[:2])


def in_one(run: DetectionRun) -> list[tuple[Any, ...]]:
    """What the same run finds when one process does it all."""
    found = ClassComputation(run, Desk()).outcome().flags(surest=SUREST)
    said = ((one.item_id, str(one.kind), one.suggested, one.score, one.evidence) for one in found)
    return sorted(said, key=lambda row: row[:2])


@pytest.fixture
def one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, everything is one piece; the worker cuts as the tests' settings say."""
    monkeypatch.setattr(settings, "RUN_PIECE_ITEMS", 10_000)


@pytest.mark.parametrize("made", [texts, tables, pictures, heard])
def test_a_run_in_pieces_finds_what_a_run_in_one_finds(
    made: Callable[[int], Dataset], live_worker: object, one_way: None
) -> None:
    dataset = made(550)
    run = requested(dataset)
    wait_for(lambda: over(run))
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert run.attempt == 1
    assert len(run.summary["by_method"]) > 5
    assert stated(dataset) == in_one(run)
    assert len(stated(dataset)) > 10
    wait_for(lambda: run.pk not in left())


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.mark.parametrize("after", ["features-0", "space-0"])
def test_a_piece_whose_worker_was_killed_is_done_again_and_nothing_is_double(
    after: str, live_worker: Any
) -> None:
    dataset = tables(2500)
    run = requested(dataset)
    wait_for(lambda: after in StoredDesk(run.pk).names())
    for pid in children(live_worker.process.pid):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: over(run))
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert stated(dataset) == in_one(run)
    wait_for(lambda: run.pk not in left())


def test_a_cancelled_run_leaves_no_flags_and_no_arrays(live_worker: object) -> None:
    dataset = tables(2500)
    run = requested(dataset)
    wait_for(lambda: "space-0" in StoredDesk(run.pk).names())
    runs.cancel(run=run, member=member_of(user=dataset.created_by, dataset_id=dataset.pk))
    wait_for(lambda: over(run))
    assert run.status == JobStatus.CANCELLED
    wait_for(lambda: run.pk not in left())
    assert not Flag.objects.exists()


@pytest.fixture
def idle_worker(transactional_db: None, worker_process: Any) -> Iterator[Callable[[], None]]:
    """Starts the worker on what waits; what was sent before may be lost."""
    celery_app.control.purge()
    yield lambda: celery_app.control.add_consumer(QUEUE, reply=True)
    celery_app.control.cancel_consumer(QUEUE, reply=True)
    celery_app.control.purge()


def long_ago(run: DetectionRun) -> None:
    """Nobody has been seen at the run for minutes."""
    DetectionRun.objects.filter(pk=run.pk).update(started_at=timezone.now() - LONG_AGO)
    cache.set(runs._seen(run.pk), time.time() - LONG_AGO.total_seconds())


def test_a_run_that_was_lost_before_its_chord_fired_goes_on_where_it_was(
    idle_worker: Callable[[], None],
) -> None:
    dataset = tables(550)
    run = requested(dataset)
    execution.execute(run_id=run.pk)
    pieces.work(run_id=run.pk, attempt=1, stage="features", number=1)
    assert StoredDesk(run.pk).names() == {SUBJECTS, "features-1"}
    long_ago(run)
    assert runs.sweep() == 0, "its pieces wait for a free worker"
    celery_app.control.purge()
    assert runs.sweep() == 1, "nothing waits, so that nobody will ever go on"
    idle_worker()
    wait_for(lambda: over(run))
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert run.attempt == 2
    assert stated(dataset) == in_one(run)


@pytest.fixture
def begun(transactional_db: None) -> Iterator[DetectionRun]:
    """A run whose pieces were handed out, and wait."""
    run = requested(tables(300))
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    yield run
    celery_app.control.purge()
    StoredDesk(run.pk).clear()


def test_a_piece_that_is_done_or_of_another_attempt_is_not_done_again(begun: DetectionRun) -> None:
    desk = StoredDesk(begun.pk)
    desk.lay("features-0", {"matrix": np.ones(3)})
    pieces.work(run_id=begun.pk, attempt=1, stage="features", number=0)
    assert StoredDesk(begun.pk).take("features-0").arrays["matrix"].tolist() == [1, 1, 1]
    pieces.work(run_id=begun.pk, attempt=0, stage="features", number=1)
    pieces.advance(run_id=begun.pk, attempt=0)
    assert desk.names() == {SUBJECTS, "features-0"}


def test_a_piece_that_lags_behind_does_not_set_the_progress_back(begun: DetectionRun) -> None:
    progress.report(kind="run", id=begun.pk, stage="neighbours", fraction=0.8)
    pieces.work(run_id=begun.pk, attempt=1, stage="features", number=0)
    assert progress.read(kind="run", id=begun.pk) == ("neighbours", 0.8)
    assert "features-0" in StoredDesk(begun.pk).names()


def test_the_end_of_a_run_comes_once(begun: DetectionRun) -> None:
    steps = ClassComputation(begun, StoredDesk(begun.pk))
    for layer in steps.layers():
        for piece in layer:
            pieces.work(run_id=begun.pk, attempt=1, stage=piece.stage, number=piece.number)
    pieces.advance(run_id=begun.pk, attempt=1)
    first = list(Flag.objects.values_list("pk", "state").order_by("pk"))
    pieces.advance(run_id=begun.pk, attempt=1)
    begun.refresh_from_db()
    assert begun.status == JobStatus.SUCCEEDED
    assert first
    assert list(Flag.objects.values_list("pk", "state").order_by("pk")) == first
    assert begun.pk not in left()


def test_a_piece_that_kills_every_worker_ends_the_run(begun: DetectionRun) -> None:
    cache.set(f"run:begun:{begun.pk}:features-0", runs.ATTEMPTS)
    pieces.work(run_id=begun.pk, attempt=1, stage="features", number=0)
    begun.refresh_from_db()
    assert (begun.status, begun.error) == (JobStatus.FAILED, runs.DIED)
    assert begun.pk not in left()


def test_a_piece_that_fails_ends_the_run_in_words_and_is_raised(
    begun: DetectionRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr(evidence, "describe", broken)
    with pytest.raises(RuntimeError, match="the reason"):
        pieces.work(run_id=begun.pk, attempt=1, stage="features", number=0)
    begun.refresh_from_db()
    assert begun.status == JobStatus.FAILED
    assert "the reason" not in begun.error
    assert begun.pk not in left()


def test_the_sweep_takes_away_what_runs_that_are_over_left(begun: DetectionRun) -> None:
    tasks.sweep()
    assert begun.pk in left()
    runs.end(begun, JobStatus.CANCELLED)
    tasks.sweep()
    assert begun.pk not in left()


def test_a_dataset_without_labels_fails_in_words(transactional_db: None) -> None:
    dataset = builders.dataset()
    filled(dataset, [{"text": "some words"}] * 300, [None] * 300)
    run = requested(dataset)
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (
        JobStatus.FAILED,
        "No item has a label yet, so there is nothing to check.",
    )
    celery_app.control.purge()
