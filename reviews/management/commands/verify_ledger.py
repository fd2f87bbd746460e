"""Proof that the ledger is whole, or the first broken line of each dataset."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews import proof
from reviews.models import AuditEvent, Dataset, LabelRevision, Version


class Command(BaseCommand):
    help = "Prove that the chain of events, the label revisions and the versions are whole. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "datasets", metavar="DATASET_ID", nargs="*", type=int, help="all when none is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        datasets = Dataset.objects.order_by("id")
        if wanted := options["datasets"]:
            datasets = datasets.filter(pk__in=wanted)
            if missing := set(wanted) - set(datasets.values_list("pk", flat=True)):
                raise CommandError(f"There is no dataset {min(missing)}.")
        whole = [self._verify(dataset) for dataset in datasets]
        if not all(whole):
            sys.exit(1)

    def _verify(self, dataset: Dataset) -> bool:
        """Whether the dataset's ledger is whole; says so, or says what is not."""
        broken = next(proof.verify(dataset_id=dataset.pk), None)
        outcome = f"BROKEN: {broken}" if broken else f"whole: {_extent(dataset)}"
        self.stdout.write(f"dataset {dataset.pk} “{dataset.name}”: {outcome}")
        return broken is None


def _extent(dataset: Dataset) -> str:
    events = AuditEvent.objects.filter(dataset=dataset).count()
    revisions = LabelRevision.objects.filter(item__dataset=dataset).count()
    versions = Version.objects.filter(dataset=dataset).count()
    return f"{events} events, {revisions} revisions, {versions} versions"
