"""Opinions, predictions and embeddings on their way to items that the dataset has already."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from django.db import connection

from .checking import Checks
from .copying import NULL, Copy, json
from .formats.additions import Addition
from .formats.errors import FormatError
from .models import Annotation, Annotator, Dataset
from .tasktypes.base import BadValue, TaskType

# So many rows too many are named one by one; a file that goes on for ever is not read for ever.
SPARE = 10_000
FIND = """
    SELECT i.external_id, i.id, length(i.text), m.width, m.height
    FROM reviews_item i LEFT JOIN reviews_mediafile m ON m.sha256 = i.media_id
    WHERE i.dataset_id = %s AND i.external_id = ANY(%s)
"""


class Attaching(Protocol):
    """What keeps predictions and embeddings, in the transaction of the import."""

    def attach(self, item_ids: Sequence[int], said: Addition) -> Sequence[FormatError]:
        """Write what is said of these items, or nothing and what is against it."""


class Attachments:
    """The additions of one file, each item's once."""

    def __init__(self, *, dataset: Dataset, task: TaskType, checks: Checks) -> None:
        self._dataset = dataset
        self._task = task
        self._checks = checks
        self._told = 0
        self._seen: set[int | tuple[int, str]] = set()

    def take(self, said: Addition, sidecars: Iterable[Attaching], *, write: bool) -> list[FormatError]:
        """What is wrong with the addition; if nothing is, and `write`, it has been handed on."""
        found = self._found(said)
        faults = [
            *self._item_faults(said, found),
            *self._class_faults(said),
            *self._place_faults(said, found),
        ]
        self._told += len(said.ids)
        if said.opinions is None and self._told > self._dataset.item_count + SPARE:
            raise FormatError("duplicate_id", "the file speaks of more items than the dataset has")
        if faults or not write:
            return faults
        item_ids = [found[name][0] for name in said.ids]
        for sidecar in sidecars:
            faults += sidecar.attach(item_ids, said)
        return faults

    def _found(self, said: Addition) -> dict[str, tuple[int, ...]]:
        """Per external id the item's, and how far it reaches, as the task type counts it."""
        pictures = self._task.media == {"image"}
        with connection.cursor() as cursor:
            cursor.execute(FIND, [self._dataset.pk, list(said.ids)])
            rows = cursor.fetchall()
        return {
            name: (pk, *((width, height) if pictures else (length,)))
            for name, pk, length, width, height in rows
        }

    def _item_faults(self, said: Addition, found: dict[str, tuple[int, ...]]) -> Iterator[FormatError]:
        for at, name in enumerate(said.ids):
            if name not in found:
                yield said.error("unknown_id", f"the dataset has no item “{name[:100]}”", at=at)
                continue
            key: int | tuple[int, str] = found[name][0]
            if said.opinions is not None:
                key = found[name][0], said.opinions[at].annotator
            if key in self._seen:
                yield said.error(
                    "duplicate_id", f"the file says the same thing of “{name[:100]}” twice", at=at
                )
            self._seen.add(key)

    def _class_faults(self, said: Addition) -> Iterator[FormatError]:
        for name in said.classes:
            if fault := self._checks.strange_class(name):
                yield FormatError(*fault, column="classes")
        for at, value in enumerate(said.said()):
            for name in self._task.classes_in(value):
                if fault := self._checks.strange_class(name):
                    yield said.error(*fault, at=at, column=said.said_in)
        for at, opinion in enumerate(said.opinions or ()):
            if fault := self._checks.strange_annotator(opinion.annotator):
                yield said.error(*fault, at=at, column=said.said_by)

    def _place_faults(self, said: Addition, found: dict[str, tuple[int, ...]]) -> Iterator[FormatError]:
        if self._task.check_within is None:
            return
        predicted = said.opinions is None
        for at, value in enumerate(said.said()):
            try:
                if said.ids[at] in found:
                    self._task.check_within(value, *found[said.ids[at]][1:], predicted=predicted)
            except BadValue as error:
                yield said.error(error.code, error.detail, at=at, column=said.said_in)


class Opinions:
    """Writes opinions beside the items. The official labels stay as they are."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._annotators = dict(Annotator.objects.filter(dataset=dataset).values_list("name", "pk"))
        self._annotations = Copy("reviews_annotation", "item_id", "annotator_id", "value", "given_at")

    def attach(self, item_ids: Sequence[int], said: Addition) -> list[FormatError]:
        """Write the opinions on these items, or none and where their annotators have one already."""
        if said.opinions is None:
            return []
        self._know({opinion.annotator for opinion in said.opinions})
        told = Annotation.objects.filter(item__in=item_ids)
        spoken = set(told.values_list("item_id", "annotator_id"))
        faults = []
        for at, (item_id, opinion) in enumerate(zip(item_ids, said.opinions, strict=True)):
            annotator_id = self._annotators[opinion.annotator]
            if (item_id, annotator_id) in spoken:
                detail = f"“{opinion.annotator}” has an opinion on “{said.ids[at]}” already"
                faults.append(said.error("repeated_annotator", detail, at=at))
            moment = NULL if opinion.at is None else opinion.at.isoformat()
            self._annotations.lines.append(f"{item_id}\t{annotator_id}\t{json(opinion.value)}\t{moment}\n")
        if not faults:
            self._annotations.flush()
        return faults

    def _know(self, names: set[str]) -> None:
        new = [
            Annotator(dataset=self._dataset, name=name) for name in sorted(names - self._annotators.keys())
        ]
        self._annotators.update({one.name: one.pk for one in Annotator.objects.bulk_create(new)})
