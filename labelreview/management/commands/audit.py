"""`manage.py audit FILE`: import a labelled file, look for wrong labels, and show the likeliest ones here."""

from pathlib import Path
from typing import Any

import orjson
from django.contrib.auth.models import Permission, User
from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from rich.console import Console
from rich.table import Table

from detection import runs
from detection.models import DetectionRun
from labelreview.auditing import NotUnderstood, Plan, plan
from labelreview.following import follow, succeeded
from labelreview.local import CannotStart, services
from reviews import datasets, importing, tasks
from reviews.models import Flag
from reviews.permissions import Member

COLUMNS = ("text", "image", "label", "annotator", "id")
LONGEST = 60
OWNER = "lead"


class Command(BaseCommand):
    help = "Find the labels in FILE (CSV, JSONL, CoNLL, a zip of images, COCO) that are likely wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        for name in COLUMNS:
            parser.add_argument(f"--{name}", metavar="COLUMN", help=f"the column with the {name}")
        parser.add_argument("--name", help="what to call the dataset; the file's name when not said")
        parser.add_argument(
            "--top", type=int, default=20, metavar="N", help="how many suspects to print (20)"
        )
        parser.add_argument("--json", action="store_true", help="print JSON alone, for programs")
        parser.add_argument("--user", default=OWNER, help=f"who shall own the dataset ({OWNER})")

    def handle(self, *args: Any, file: Path, top: int, name: str | None, user: str, **options: Any) -> None:
        console = Console(stderr=bool(options["json"]), highlight=False)
        mapping = {role: options[role] for role in COLUMNS if options[role]}
        try:
            planned = plan(path=file, mapping=mapping)
            with services(web=False) as running:
                run = _audited(file, name or file.stem, planned, user, console)
                found = _suspects(run)[: max(top, 0)]
                address = f"{running.url or ''}/datasets/{run.dataset_id}/review"
                if options["json"]:
                    self.stdout.write(orjson.dumps(_as_json(run, found, address)).decode())
                else:
                    _show(console, run, list(found), address, served=running.url is not None)
        except (NotUnderstood, CannotStart) as problem:
            raise CommandError(str(problem)) from problem


def _audited(file: Path, name: str, planned: Plan, user: str, console: Console) -> DetectionRun:
    """The finished run over the imported file; raises CommandError, in words, where either fails."""
    task_type, media = planned.task_type, planned.media
    owner = datasets.create(creator=_creator(user), name=name[:200], task_type=task_type, media=media)
    with file.open("rb") as opened:
        job = importing.accept(
            dataset=owner.dataset,
            actor=User.objects.get(pk=owner.user.pk),
            file=File(opened),
            file_name=file.name,
            format=planned.format,
            mapping=dict(planned.mapping),
        )
    tasks.import_file.delay(job_id=job.pk)
    succeeded(follow(work=job, title="Importing", console=console))
    run = runs.request(member=_fresh(owner))
    run = follow(work=run, title="Looking for wrong labels:", console=console)
    succeeded(run)
    return run


def _creator(name: str) -> User:
    """The user of that name, made without a password where there is none: who has the terminal has it all."""
    user, made = User.objects.get_or_create(username=name)
    if made:
        user.set_unusable_password()
        user.save()
        right = Permission.objects.get(content_type__app_label="reviews", codename="add_dataset")
        user.user_permissions.add(right)
    return User.objects.get(pk=user.pk)


def _fresh(owner: Member) -> Member:
    owner.dataset.refresh_from_db()
    return owner


def _suspects(run: DetectionRun) -> QuerySet[Flag]:
    return Flag.objects.filter(run=run.pk).select_related("item").order_by("-priority", "id")


def _show(console: Console, run: DetectionRun, found: list[Flag], address: str, *, served: bool) -> None:
    summary = run.summary or {}
    if found:
        table = Table("row", "given → suggested", "wrong", "why", show_edge=False, expand=True)
        table.columns[2].justify = "right"
        for flag in found:
            why = " ".join(evidence["text"] for evidence in flag.evidence)
            table.add_row(_named(flag), *_doubt(flag), why)
        console.print(table)
    rate = summary["error_rate"]
    suspects = "1 suspect" if summary["flags"] == 1 else f"{summary['flags']:,} suspects"
    console.print(f"\n{summary['items']:,} items, {suspects}.")
    low, likely, high = (f"{rate[name]:.1%}" for name in ("low", "estimate", "high"))
    console.print(f"About {likely} of the labels are wrong, likely between {low} and {high}.")
    if served:
        console.print(f"Review them at {address}")
    else:
        console.print(f"Review them with `make up`, then at {address} on its address.")


def _doubt(flag: Flag) -> tuple[str, str]:
    """The change that a flag suggests, and how likely the label is wrong; a dash for other suspicions."""
    if flag.suggested is None:
        return str(flag.given), "–"
    return f"{flag.given} → {flag.suggested}", f"{min(flag.score, 0.99):.0%}"


def _named(flag: Flag) -> str:
    """The item's id and the beginning of its text, if it has one."""
    text = " ".join((flag.item.text or "").split())
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"{flag.item.external_id}\n{shown}" if shown else flag.item.external_id


def _as_json(run: DetectionRun, found: QuerySet[Flag], address: str) -> dict[str, Any]:
    return {
        "dataset": run.dataset_id,
        "run": run.pk,
        "url": address,
        "summary": run.summary,
        "suspects": [
            {
                "flag": flag.pk,
                "item": flag.item.external_id,
                "kind": flag.kind,
                "given": flag.given,
                "suggested": flag.suggested,
                "probability": flag.score,
                "why": [evidence["text"] for evidence in flag.evidence],
            }
            for flag in found
        ],
    }
