"""`manage.py demo`: the sample data, imported, frozen as version 1.0 and searched by the worker."""

from typing import Any

import orjson
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from rich.console import Console

from detection import runs
from detection.models import DetectionRun
from labelreview.following import follow, succeeded
from labelreview.local.places import from_environment
from labelreview.sampledata import Sample, samples
from reviews import datasets, importing, tasks, versions
from reviews.models import UNFINISHED, Dataset, Flag, ImportJob, JobStatus, Role
from reviews.permissions import Member, member_of

FIRST_SHARE = 0.05
MEMBERS = (("annotator", Role.ANNOTATOR), ("expert", Role.EXPERT))


class Command(BaseCommand):
    help = "Load the sample data with simulated errors. Needs the users of demo_users and a running worker."

    def handle(self, *args: Any, **options: Any) -> None:
        lead = User.objects.filter(username="lead").first()
        if lead is None:
            raise CommandError("There is no user “lead”: run `manage.py demo_users` first.")
        console = Console(highlight=False)
        for sample in samples():
            run = _loaded(sample, lead, console)
            self.stdout.write(_report(sample, run))


def _loaded(sample: Sample, lead: User, console: Console) -> DetectionRun:
    """The sample's finished run; whatever of it was there before is taken as it stands."""
    owner = _owner(sample, lead)
    _keep_truth(sample)
    if not owner.dataset.item_count:
        succeeded(follow(work=_import(sample, owner), title=sample.name, console=console))
    if not owner.dataset.versions.filter(tag="1.0").exists():
        versions.freeze(dataset=owner.dataset, tag="1.0", note="As imported", actor=lead)
    run = _runs(owner).filter(status=JobStatus.SUCCEEDED).first()
    if run is None:
        run = _runs(owner).filter(status__in=UNFINISHED).first() or runs.request(member=owner)
        succeeded(follow(work=run, title=f"{sample.name}:", console=console))
        note = f"{sample.note} {_found(sample, run)}"
        datasets.change(owner=owner, changes={"note": note})
    return run


def _runs(owner: Member) -> QuerySet[DetectionRun]:
    return DetectionRun.objects.filter(dataset=owner.dataset).order_by("id")


def _owner(sample: Sample, lead: User) -> Member:
    """The lead as owner of the sample's dataset, which is made where it is not there."""
    dataset = Dataset.objects.filter(name=sample.name, created_by=lead).order_by("id").first()
    if dataset is not None:
        return member_of(user=lead, dataset_id=dataset.pk)
    return datasets.create(
        creator=lead,
        members=MEMBERS,
        name=sample.name,
        task_type="classification",
        media=sample.media,
        signoff_policy=sample.policy,
        note=sample.note,
    )


def _keep_truth(sample: Sample) -> None:
    """Write the true labels beside the data, where nobody who reviews comes across them."""
    folder = from_environment().data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sample.file_name.partition('.')[0]}-truth.json"
    if not path.exists():
        path.write_bytes(orjson.dumps(sample.truth, option=orjson.OPT_INDENT_2))


def _import(sample: Sample, owner: Member) -> ImportJob:
    """The import of the sample that is under way, else a new one."""
    job = owner.dataset.imports.filter(status__in=UNFINISHED).first()
    if job is None:
        job = importing.accept(
            dataset=owner.dataset,
            actor=User.objects.get(pk=owner.user.pk),
            file=ContentFile(sample.content()),
            file_name=sample.file_name,
        )
        tasks.import_file.delay(job_id=job.pk)
    return job


def _report(sample: Sample, run: DetectionRun) -> str:
    counts = run.summary or {}
    return f"{sample.name}: {counts['items']:,} items, {counts['flags']:,} flagged. {_found(sample, run)}"


def _found(sample: Sample, run: DetectionRun) -> str:
    """What share of the known errors stands at the front of the queue, as the run ordered it."""
    first = round(FIRST_SHARE * len(sample.truth))
    queue = Flag.objects.filter(run=run.pk).order_by("-priority", "id")
    front = queue.values_list("item__external_id", flat=True)[:first]
    found, known = len(sample.wrong.intersection(front)), len(sample.wrong)
    return (
        f"Of the {known:,} known errors, {found:,} ({found / known:.0%}) stand in the first "
        f"{FIRST_SHARE:.0%} of the queue ({first:,} items)."
    )
