"""What workers do for `reviews`: ids in, one domain call each."""

import logging
import time

from celery import shared_task

from . import importing, ledger, media, search
from .errors import LedgerBusy

log = logging.getLogger(__name__)


@shared_task(name="reviews.import_file")
def import_file(*, job_id: int) -> None:
    """Run the import and then make the items that it brought searchable."""
    job = importing.run(job_id=job_id)
    if job is not None:
        log.info("import %s: %s %s", job.pk, job.status, job.counts)
        if job.counts["items"]:
            index.delay(dataset_id=job.dataset_id)


@shared_task(name="reviews.index")
def index(*, dataset_id: int) -> None:
    """Make the dataset's new items searchable."""
    search.index(dataset_id=dataset_id)


@shared_task(name="reviews.seal")
def seal() -> None:
    """Extend the audit chain of every dataset that has new events and no long writer at work."""
    for dataset_id in ledger.unsealed_datasets():
        try:
            ledger.seal(dataset_id=dataset_id)
        except LedgerBusy:
            log.info("dataset %s is being written to; its chain waits", dataset_id)


@shared_task(name="reviews.sweep")
def sweep() -> None:
    """Hand out again what a dead worker left, and clear away files that nothing speaks of."""
    for job_id in importing.unattended():
        import_file.delay(job_id=job_id)
    importing.drop_strays()
    media.sweep(part=int(time.time() / 60))
