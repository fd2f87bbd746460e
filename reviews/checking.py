"""Rows against the dataset that they are to join: ids, classes, annotators, and each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from .formats.canonical import Opinion, Row
from .formats.errors import FormatError
from .models import Dataset
from .tasktypes.registry import TASK_TYPES

# The dataset's setting that imports may add classes; they set it where they found none to keep to.
OPEN_CLASSES = "open_classes"
# A column of texts or numbers, taken for the label, would make a class of every row.
MOST_LEARNED = 1_000


@dataclass(slots=True)
class Gathering:
    """An item that comes in several rows, one an opinion; its official label waits for the last."""

    content: int
    opinions: dict[str, Opinion]
    item_id: int = 0


class Checks:
    """What the rows of one file have said so far, which the next ones must agree with."""

    def __init__(self, dataset: Dataset) -> None:
        self.classes = dict.fromkeys(dataset.classes)  # those of the dataset, then those learned
        self.gathering: dict[str, Gathering] = {}
        self._task = TASK_TYPES[dataset.task_type]
        self._closed = bool(dataset.classes) and not dataset.settings.get(OPEN_CLASSES, False)
        self._listed = dataset.settings.get("annotators")
        self._lines: dict[str, int] = {}
        self._dimensions = 0

    def __contains__(self, name: str) -> bool:
        """Whether a row with this id was seen."""
        return name in self._lines

    def fault(self, row: Row, taken: frozenset[str]) -> FormatError | None:
        """What is wrong with the row, if anything; `taken` are the ids that the dataset had before."""
        first = self._lines.setdefault(row.id, row.line)
        if row.repeatable:
            fault = self._gathering_fault(row, first)
        elif first != row.line:
            fault = row.error("duplicate_id", f"line {first} has the id “{row.id}” too", key="id")
        else:
            fault = None
        if fault is None and row.id in taken:
            fault = row.error("duplicate_id", f"the dataset has an item “{row.id}” already", key="id")
        if fault is None and row.label is not None:
            fault = self._unknown_class(row, "label", self._task.classes_in(row.label))
        if fault is None and (row.labels or row.predictions or row.gold is not None or row.embedding):
            fault = self._opinion_fault(row) or self._gold_fault(row) or self._machine_fault(row)
        return fault

    def _gathering_fault(self, row: Row, first: int) -> FormatError | None:
        content = hash((row.text, row.image, row.split, repr(row.features)))
        gathering = self.gathering.setdefault(row.id, Gathering(content, {}))
        if gathering.content != content:
            return row.error("conflicting_rows", f"line {first} says otherwise of “{row.id}”", key="id")
        for opinion in row.labels:
            if opinion.annotator in gathering.opinions:
                detail = f"“{opinion.annotator}” has an opinion on “{row.id}” already"
                return row.error("duplicate_id", detail, key="id")
            gathering.opinions[opinion.annotator] = opinion
        return None

    def _opinion_fault(self, row: Row) -> FormatError | None:
        apart = row.columns is not None and "labels" not in row.columns
        said_by, said = ("annotator", "label") if apart else ("labels", "labels")
        for opinion in row.labels:
            if fault := self.strange_annotator(opinion.annotator):
                return row.error(*fault, key=said_by)
            if error := self._unknown_class(row, said, self._task.classes_in(opinion.value)):
                return error
        return None

    def strange_annotator(self, name: str) -> tuple[str, str] | None:
        """Code and detail of what is against this annotator; None where the list is open or has the name."""
        if self._listed is None or name in self._listed:
            return None
        return "unknown_annotator", f"“{name}” is not one of the dataset's annotators"

    def _gold_fault(self, row: Row) -> FormatError | None:
        return None if row.gold is None else self._unknown_class(row, "gold", self._task.classes_in(row.gold))

    def _machine_fault(self, row: Row) -> FormatError | None:
        for prediction in row.predictions:
            names = (
                prediction.probs or ()
                if prediction.value is None
                else self._task.classes_in(prediction.value)
            )
            if fault := self._unknown_class(row, "predictions", names):
                return fault
        if row.embedding is None:
            return None
        self._dimensions = self._dimensions or len(row.embedding)
        if len(row.embedding) == self._dimensions:
            return None
        detail = f"the embedding has {len(row.embedding)} numbers, those before have {self._dimensions}"
        return row.error("bad_embedding", detail, key="embedding")

    def _unknown_class(self, row: Row, key: str, names: Iterable[str]) -> FormatError | None:
        """An error for a class that is not one of a closed list; others are learned."""
        for name in names:
            if name not in self.classes and (fault := self.strange_class(name)):
                return row.error(*fault, key=key)
        return None

    def strange_class(self, name: str) -> tuple[str, str] | None:
        """Code and detail of what is against this class; None: it is one, or is learned by this."""
        if name in self.classes:
            return None
        if self._closed:
            return "unknown_label", f"“{name}” is not one of the classes"
        if len(self.classes) >= MOST_LEARNED:
            detail = f"labels have more than {MOST_LEARNED:,} different values; is it the right column?"
            return "too_many_classes", detail
        self.classes[name] = None
        return None
