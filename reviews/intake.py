"""Rows on their way into one dataset: checked against it, then copied into its tables."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, TypeAlias

import orjson
from django.contrib.auth.models import User
from django.db import models

from . import copying, ledger, media
from .attaching import Attaching, Attachments, Opinions
from .checking import OPEN_CLASSES, Checks, Gathering
from .copying import NULL, Copy, Spool
from .formats.additions import Addition
from .formats.archive import Archive
from .formats.canonical import Opinion, Row
from .formats.errors import FormatError
from .formats.parsing import refuse_misplaced
from .models import Annotator, AuditEvent, Dataset, Item, Media, MediaFile
from .tasktypes.base import TaskType, Value
from .tasktypes.registry import TASK_TYPES

ERRORS_KEPT = 100
CATEGORIES = "coco_categories"  # the dataset's setting: which number is which class in COCO results
COUNTED = ("rows", "items", "annotations", "predictions", "images", "errors")
PICTURE_THREADS = min(4, os.cpu_count() or 1)  # each may hold a decoded picture of MAX_IMAGE_MEGAPIXELS
# Plain text: a million times, an enumeration's own formatting costs a second.
LABELLED, UNLABELLED, AMBIGUOUS = "labelled", "unlabelled", "ambiguous"
_ITEM = "id dataset_id external_id text features media_id media_path split meta current_revision_id"
ITEM_COLUMNS = _ITEM.split()
REVISION_COLUMNS = ("id", "item_id", "number", "value", "status", "cause", "event_id")

Pictures: TypeAlias = Mapping[int, MediaFile | FormatError]
"""What became of each row's picture, by the row's line."""


class Sidecar(Attaching, Protocol):
    """What takes the parts of rows that people's tables do not hold, in the transaction of the import."""

    def take(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Write what concerns it of these rows, given with the ids of their items."""

    def finish(self) -> None:
        """Write what it kept for the end."""


class _First(NamedTuple):
    """The first official label of an item."""

    value: Value
    status: str
    cause: str


class Intake:
    """One file's rows, into one dataset, in the caller's transaction.

    `take` a chunk after the other, then `finish`, and `close` in any case. From the first error on rows are
    only checked, not written: the caller rolls back.
    """

    def __init__(
        self, *, dataset: Dataset, sidecars: Iterable[Sidecar] = (), stored: list[str] | None = None
    ) -> None:
        self.dataset = dataset
        self.task = TASK_TYPES[dataset.task_type]
        self.counts = Counter(dict.fromkeys(COUNTED, 0))
        self.errors: list[FormatError] = []
        # The hashes of the pictures that were stored, to be taken away again if the import fails.
        self.stored: list[str] = [] if stored is None else stored
        self.archive: Archive | None = None
        # What the file says of the dataset as a whole.
        self.settings: dict[str, Any] = {}
        self._sidecars = list(sidecars)
        self._checks = Checks(dataset)
        self._opinions = Opinions(dataset)
        self._attachments = Attachments(dataset=dataset, task=self.task, checks=self._checks)
        self._annotators = dict(Annotator.objects.filter(dataset=dataset).values_list("name", "pk"))
        self._pictures: dict[str, MediaFile] = {}
        self._digest = ledger.RevisionDigest()
        self._endings: dict[_First, tuple[str, bytes]] = {}
        self._digest_lines: list[bytes] = []
        self._behind = copying.Behind()
        self._waiting: list[tuple[int, int, str, _First | Gathering]] = []
        self._items = Copy("reviews_item", *ITEM_COLUMNS)
        self._revisions = Spool("reviews_labelrevision", *REVISION_COLUMNS)
        self._annotations = Copy("reviews_annotation", "item_id", "annotator_id", "value", "given_at")
        self._gold = Copy("reviews_golditem", "item_id", "value")

    def take(self, chunk: Sequence[Row | FormatError]) -> None:
        """Check and write some rows; what is wrong with them joins `errors`."""
        pictures = self._take_pictures(chunk) if self.dataset.media == Media.IMAGE else {}
        taken = self._taken(chunk)
        rows: list[Row] = []
        for row in chunk:
            fault = row if isinstance(row, FormatError) else self._fault(row, taken, pictures)
            if fault is not None:
                self.refuse(fault)
            elif isinstance(row, Row):
                rows.append(row)
        self.counts["rows"] += len(chunk)
        if rows and not self.errors:
            self._write(rows, pictures)

    def attach(self, chunk: Sequence[Addition | FormatError]) -> None:
        """Check and write what is said of items that are there; what is wrong with it joins `errors`."""
        for said in chunk:
            if isinstance(said, FormatError):
                self.refuse(said)
                continue
            takers: list[Attaching] = [*self._sidecars, self._opinions]
            for fault in self._attachments.take(said, takers, write=not self.errors):
                self.refuse(fault)
            self.counts["rows"] += len(said.ids)
            self.counts["predictions"] += len(said.ids) if said.model else 0
            self.counts["annotations"] += len(said.opinions or ())
            if said.embeddings is not None:
                self.counts["embeddings"] += len(said.ids)

    def close(self) -> None:
        """Stop writing, whatever happened."""
        self._behind.close()
        self._revisions.close()

    def refuse(self, error: FormatError) -> None:
        """Count an error, and keep it while there are few."""
        self.counts["errors"] += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(error)

    def _fault(self, row: Row, taken: frozenset[str], pictures: Pictures) -> FormatError | None:
        if fault := self._checks.fault(row, taken):
            return fault
        picture = pictures[row.line] if pictures else None
        return _misplaced(row, self.task, picture) if isinstance(picture, MediaFile) else picture

    def _taken(self, chunk: Sequence[Row | FormatError]) -> frozenset[str]:
        """The ids of the chunk that the dataset had before."""
        if not self.dataset.item_count:
            return frozenset()
        self._behind.wait()
        ids = [row.id for row in chunk if isinstance(row, Row) and row.id not in self._checks]
        found = Item.objects.filter(dataset=self.dataset, external_id__in=ids)
        return frozenset(found.values_list("external_id", flat=True))

    # Pictures

    def _take_pictures(self, chunk: Sequence[Row | FormatError]) -> dict[int, MediaFile | FormatError]:
        """Each row's picture by the row's line, stored; or what is wrong with it."""
        rows = [row for row in chunk if isinstance(row, Row)]
        with ThreadPoolExecutor(max_workers=PICTURE_THREADS) as pool:
            pictures = dict(zip((row.line for row in rows), pool.map(self._take_picture, rows), strict=True))
        new = {one.sha256: one for one in pictures.values() if isinstance(one, MediaFile)}
        for sha256 in new.keys() & self._pictures.keys():
            del new[sha256]
        self._pictures.update(new)
        self.stored.extend(new)
        self.counts["images"] += len(new)
        self._behind.wait()
        MediaFile.objects.bulk_create(new.values(), ignore_conflicts=True)
        return pictures

    def _take_picture(self, row: Row) -> MediaFile | FormatError:
        if self.archive is None:
            return row.error("missing_media", "images come in a zip, beside the rows", key="image")
        try:
            data = self.archive.read(row.entry)
            return self._pictures.get(media.digest(data)) or media.take_in(data)
        except FormatError as error:
            return row.error(error.code, f"“{row.image}”: {error.detail}", key="image")

    # Writing

    def _write(self, rows: Sequence[Row], pictures: Pictures) -> None:
        self._know_annotators(rows)
        item_ids = self._behind.ids("reviews_item", len(rows))
        revision_ids = self._behind.ids("reviews_labelrevision", len(rows))
        new: list[tuple[int, Row]] = []
        for row, item_id, revision_id in zip(rows, item_ids, revision_ids, strict=True):
            gathering = self._checks.gathering.get(row.id) if row.repeatable else None
            if gathering is not None and gathering.item_id:
                self._add_annotations(row, gathering.item_id)
                continue
            new.append((item_id, row))
            self._add_item(row, item_id, revision_id, pictures)
            self._add_revision(revision_id, item_id, row.id, gathering or self._first(row))
            if gathering is not None:
                gathering.item_id = item_id
            if row.labels:
                self._add_annotations(row, item_id)
            if row.gold is not None:
                self._gold.lines.append(f"{item_id}\t{copying.json(row.gold)}\n")
        self._count(new, rows)
        self._revisions.flush()
        self._digest.add_lines(self._digest_lines)
        self._digest_lines.clear()
        self._behind.write(self._items, self._annotations, self._gold)
        told = [(item_id, row) for item_id, row in new if row.predictions or row.embedding is not None]
        if told:
            self._behind.wait()
            for sidecar in self._sidecars:
                sidecar.take(told)

    def _count(self, new: Sequence[tuple[int, Row]], rows: Sequence[Row]) -> None:
        self.counts["items"] += len(new)
        self.counts["annotations"] += sum(len(row.labels) for row in rows)
        self.counts["predictions"] += sum(len(row.predictions) for _, row in new)

    def _know_annotators(self, rows: Sequence[Row]) -> None:
        names = {opinion.annotator for row in rows for opinion in row.labels} - self._annotators.keys()
        if not names:
            return
        self._behind.wait()
        new = [Annotator(dataset=self.dataset, name=name) for name in sorted(names)]
        self._annotators.update({one.name: one.pk for one in Annotator.objects.bulk_create(new)})

    def _add_item(self, row: Row, item_id: int, revision_id: int, pictures: Pictures) -> None:
        image, split = copying.text(row.image or ""), copying.text(row.split) if row.split else ""
        text = NULL if row.text is None else copying.text(row.text)
        features = NULL if row.features is None else copying.json(row.features)
        meta = copying.json(row.meta) if row.meta else "{}"
        picture = pictures[row.line].sha256 if row.image else NULL  # type: ignore[union-attr]
        self._items.lines.append(
            f"{item_id}\t{self.dataset.pk}\t{copying.text(row.id)}\t{text}\t{features}\t{picture}"
            f"\t{image}\t{split}\t{meta}\t{revision_id}\n"
        )

    def _add_annotations(self, row: Row, item_id: int) -> None:
        for opinion in row.labels:
            at = NULL if opinion.at is None else opinion.at.isoformat()
            annotator_id = self._annotators[opinion.annotator]
            self._annotations.lines.append(
                f"{item_id}\t{annotator_id}\t{copying.json(opinion.value)}\t{at}\n"
            )

    def _first(self, row: Row) -> _First:
        if row.label is not None:
            return _First(row.label, AMBIGUOUS if row.ambiguous else LABELLED, "import")
        return self._consensus(row.labels)

    def _consensus(self, opinions: Iterable[Opinion]) -> _First:
        values = [opinion.value for opinion in opinions]
        if not values:
            return _First(None, UNLABELLED, "import")
        return _First(self.task.consensus(values), LABELLED, "consensus")

    def _add_revision(self, revision_id: int, item_id: int, name: str, first: _First | Gathering) -> None:
        """Write the item's first revision, in order of items: none comes before one that must wait."""
        if isinstance(first, Gathering) or self._waiting:
            self._waiting.append((revision_id, item_id, name, first))
            return
        columns, digested = self._ending(first)
        self._digest_lines.append(b"[%b%b" % (orjson.dumps(name), digested))
        self._revisions.lines.append(f"{revision_id}\t{item_id}{columns}")

    def _ending(self, first: _First) -> tuple[str, bytes]:
        """What a label adds to the line of its revision, for COPY and for the digest.

        The columns are one short: the id of the event that all of them belong to is not known yet.
        """
        value, status, cause = first
        if (known := self._endings.get(first) if isinstance(value, str) else None) is not None:
            return known
        columns = f"\t1\t{copying.json(value)}\t{status}\t{cause}\n"
        digested = ledger.canonical_bytes(["", 1, value, status, cause]).removeprefix(b'[""')
        if isinstance(value, str):
            self._endings[first] = columns, digested
        return columns, digested

    # The end

    def finish(self, *, actor: User, subject: models.Model, payload: dict[str, Any]) -> AuditEvent:
        """The event of this import, written with the revisions that wait for it."""
        self._behind.wait()
        waiting, self._waiting = self._waiting, []
        for revision_id, item_id, name, first in waiting:
            known = self._consensus(first.opinions.values()) if isinstance(first, Gathering) else first
            self._add_revision(revision_id, item_id, name, known)
        self._digest.add_lines(self._digest_lines)
        for sidecar in self._sidecars:
            sidecar.finish()
        ledger.share(dataset_id=self.dataset.pk)
        event = ledger.record(
            dataset_id=self.dataset.pk,
            actor=actor,
            action="import",
            subject=subject,
            payload={
                **payload,
                **self.settings,
                "counts": dict(self.counts),
                "revisions": self._digest.payload(),
            },
        )
        self._revisions.release(event.pk)
        self._teach_dataset()
        return event

    def _teach_dataset(self) -> None:
        """Add the new items and classes to what the dataset says of itself."""
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=self.dataset.pk)
        before = dict(dataset.settings)
        learned = sorted((name for name in self._checks.classes if name not in dataset.classes), key=natural)
        if learned:
            dataset.settings = dataset.settings | {OPEN_CLASSES: True}
            dataset.classes = [*dataset.classes, *learned]
        dataset.settings = dataset.settings | self.settings
        if CATEGORIES in self.settings:
            known = before.get(CATEGORIES, {})
            dataset.settings[CATEGORIES] = _agreed(known, self.settings[CATEGORIES])
        dataset.item_count += self.counts["items"]
        dataset.save(update_fields=["classes", "settings", "item_count"])


def _agreed(known: Any, new: dict[str, str]) -> dict[str, str]:
    """The categories of two COCO files, without numbers that mean two things."""
    known = known if isinstance(known, dict) else {}
    return {
        key: name
        for key, name in (known | new).items()
        if {known.get(key, name), new.get(key, name)} == {name}
    }


def _misplaced(row: Row, task: TaskType, picture: MediaFile) -> FormatError | None:
    try:
        refuse_misplaced(row, task=task, extent=(picture.width, picture.height))
    except FormatError as error:
        return error
    return None


def natural(name: str) -> list[tuple[int, int, str]]:
    """What sorts names as people do: 2 before 10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts]
