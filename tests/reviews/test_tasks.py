"""Imports through a live worker process on the real broker, killed and all."""

import os
import signal
import time
from io import BytesIO

import numpy as np
import pytest
from django.utils import timezone

from reviews import importing, ledger, search, tasks
from reviews.models import ImportJob, Item, JobStatus, LabelRevision
from tests import builders
from tests.builders import accepted


def wait_for(condition, *, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if result := condition():
            return result
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def over(job):
    job.refresh_from_db()
    return job.status not in (JobStatus.QUEUED, JobStatus.RUNNING)


def test_a_worker_imports_a_file_and_makes_it_searchable(live_worker):
    dataset = builders.dataset(classes=())
    job = accepted(dataset, b"id,text,label\n1,needle,x\n2,hay,y\n")
    tasks.import_file.delay(job_id=job.pk)
    wait_for(lambda: over(job))
    assert (job.status, job.counts["items"]) == (JobStatus.SUCCEEDED, 2)
    wait_for(lambda: search._is_indexed(dataset.pk))
    found = search.matching(Item.objects.all(), dataset_id=dataset.pk, text="needle")
    assert [item.external_id for item in found] == ["1"]


@pytest.mark.django_db(transaction=True)
def test_the_seal_passes_over_a_dataset_that_is_being_written_to(monkeypatch):
    one, two = builders.dataset(), builders.dataset()
    builders.items(one, "cat")
    builders.items(two, "cat")
    sealed = []

    def seal(*, dataset_id):
        if dataset_id == one.pk:
            raise tasks.LedgerBusy("busy")
        sealed.append(dataset_id)

    monkeypatch.setattr(ledger, "seal", seal)
    tasks.seal()
    assert sealed == [two.pk]


@pytest.mark.django_db(transaction=True)
def test_the_sweep_hands_out_again_what_a_dead_worker_left(monkeypatch):
    job = accepted(builders.dataset(classes=()), b"id,text\n1,a\n")
    died_at = timezone.now() - importing.LOST_AFTER * 2
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, started_at=died_at)
    handed_out = []
    monkeypatch.setattr(tasks.import_file, "delay", lambda *, job_id: handed_out.append(job_id))
    tasks.sweep()
    tasks.sweep()
    assert handed_out == [job.pk]


def test_an_import_whose_worker_was_killed_is_done_once_in_the_end(live_worker):
    dataset = builders.dataset(classes=())
    rows = b"".join(b"%d,text number %d of many,x\n" % (i, i) for i in range(60_000))
    job = accepted(dataset, b"id,text,label\n" + rows)
    tasks.import_file.delay(job_id=job.pk)
    wait_for(lambda: ImportJob.objects.get(pk=job.pk).status == JobStatus.RUNNING)
    children = worker_children(live_worker.process.pid)
    assert children
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: over(job))
    assert job.status == JobStatus.SUCCEEDED
    assert Item.objects.count() == LabelRevision.objects.count() == 60_000
    dataset.refresh_from_db()
    assert dataset.item_count == 60_000


def worker_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.mark.django_db(transaction=True)
def test_an_import_that_brings_no_items_leaves_the_index_alone(monkeypatch):
    dataset, indexed = builders.dataset(classes=()), []
    monkeypatch.setattr(tasks.index, "delay", lambda *, dataset_id: indexed.append(dataset_id))
    tasks.import_file(job_id=accepted(dataset, b"id,text,label\n1,a,x\n").pk)
    assert indexed == [dataset.pk]
    said = BytesIO()
    np.savez(said, ids=np.array(["1"]), classes=np.array(["x"]), probs=np.ones((1, 1)))
    job = accepted(dataset, said.getvalue())
    tasks.import_file(job_id=job.pk)
    assert over(job)
    assert (job.status, job.counts["predictions"]) == (JobStatus.SUCCEEDED, 1)
    assert indexed == [dataset.pk]
