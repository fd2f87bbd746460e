"""What a run computes where labels have parts: several suspicions an item, each about a box, a span, a class.

As in `computation`, outside of any transaction; `PARTS` says for each task type how its parts are detected.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reviews import flags
from reviews.models import FlagKind
from reviews.tasktypes import parts
from reviews.tasktypes.boxes import BOX
from reviews.tasktypes.spans import SPAN

from . import evidence_parts, part_methods, surroundings
from .algorithms.health import Health, assess
from .algorithms.part_suspicions import Doubt, Found, PartSuspicion, merged, one_class, one_part, recalibrated
from .computation import Computation, summary_of
from .errors import CannotDetect
from .evidence import Subjects
from .remarks import part_remarks


@dataclass(frozen=True)
class PartKind:
    """How one task type is detected.

    noun      : what the error rate is counted in
    read      : what there is to compare with, as the methods that can run
    about_one : whether two doubts of an item are about the same part
    value     : a flag's `given` or `suggested` from the list of a doubt
    """

    noun: str
    read: Callable[[Subjects, part_methods.Asking], part_methods.Readings]
    about_one: Callable[[Doubt, Doubt], bool]
    value: Callable[[Sequence[Any]], Any]


def _of_parts(listed: Sequence[Any]) -> Any:
    """A flag speaks of one part as it is, of several as a list, of nothing as null."""
    return (listed[0] if len(listed) == 1 else list(listed)) if listed else None


def _one_box(a: Doubt, b: Doubt) -> bool:
    return one_part(a, b, partial(parts.same_thing, BOX))


def _one_span(a: Doubt, b: Doubt) -> bool:
    return one_part(a, b, partial(parts.same_thing, SPAN))


PARTS: dict[str, PartKind] = {
    "boxes": PartKind("box", part_methods.of_boxes, _one_box, _of_parts),
    "spans": PartKind("span", part_methods.of_spans, _one_span, _of_parts),
    "multilabel": PartKind("class", part_methods.of_classes, one_class, list),
}


@dataclass(frozen=True)
class PartOutcome:
    """What a run found, before any of it is written."""

    asked: Subjects
    kind: PartKind
    found: dict[str, Found]
    suspicions: list[PartSuspicion]
    health: Health
    notes: dict[str, Any]

    def flags(self, *, surest: float) -> Iterator[flags.Suspicion]:
        """The suspicions as flags of items."""
        for suspicion in self.suspicions:
            doubt = suspicion.doubt
            yield flags.Suspicion(
                item_id=int(self.asked.ids[doubt.item]),
                kind=FlagKind(doubt.kind),
                part=doubt.part,
                given=self.kind.value(doubt.given),
                suggested=self.kind.value(doubt.suggested),
                score=round(min(doubt.score, surest), 6),
                priority=doubt.score,
                evidence=[
                    {"detector": method, "text": told.text, "data": told.data}
                    for method, told in suspicion.evidence
                ],
            )

    def arrays(self) -> dict[str, Any]:
        """The scores of all items: how likely anything is wrong with each, by all methods and by each one."""
        arrays: dict[str, Any] = {
            "items": self.asked.ids,
            "wrongness": self._of_items(
                [s.doubt.item for s in self.suspicions], [s.doubt.score for s in self.suspicions]
            ),
        }
        for name, found in self.found.items():
            arrays[f"score_{name}"] = self._of_items(found.item, found.wrong)
            arrays[f"part_item_{name}"] = self.asked.ids[found.item]
            arrays[f"part_score_{name}"] = found.wrong.astype(np.float32)
        return arrays

    def _of_items(self, item: Any, wrong: Any) -> Any:
        """The probability that any part of each item is wrong."""
        doubt = np.log1p(-np.minimum(np.asarray(wrong, dtype=float), 1 - 1e-9))
        n = len(self.asked.ids)
        return -np.expm1(
            np.bincount(np.asarray(item, dtype=np.int64), doubt, minlength=n).astype(float)
        ).astype(np.float32)

    def summary(self, raised: dict[str, int]) -> dict[str, Any]:
        """What the run says of itself; the error rate is that of boxes, spans or classes, not of items."""
        by_method = {name: len(found.doubts) for name, found in self.found.items()}
        return summary_of(self.asked, raised, by_method, self.health) | self.notes


class PartComputation(Computation):
    """One run's way from the database's rows to suspicions about parts."""

    def part_outcome(self) -> PartOutcome:
        self.at("reading", 0.0)
        asked, kind = evidence_parts.subjects(self.dataset), PARTS[self.dataset.task_type]
        if not (asked.labels >= 0).any():
            raise CannotDetect("No item has a label yet, so there is nothing to check.")
        readings = kind.read(
            asked,
            part_methods.Asking(
                self.run.methods,
                int(self.options["seed"]),
                partial(self.at, "features"),
                partial(self.at, "model"),
                self.embedder(),
            ),
        )
        found: dict[str, Found] = {}
        able = [name for name in self.run.methods if name in readings.methods]
        if not able:
            raise CannotDetect(readings.lacking)
        for number, name in enumerate(able):
            self.at("detectors", number / len(able))
            found[name] = readings.methods[name]()
        self.at("judging", 0.0)
        learned = surroundings.learned_from_decisions(asked, of_parts=True)
        found = {name: recalibrated(one, learned) for name, one in found.items()}
        suspicions = merged(
            (doubt for one in found.values() for doubt in one.doubts),
            about_one=kind.about_one,
            threshold=float(self.options["min_probability"]),
        )
        self.notes |= {"annotators": [], "model": readings.model, "unit": kind.noun}
        if readings.embedder:
            self.notes["embedder"] = readings.embedder
        self.notes["skipped"] = [
            {"method": name, "needs": part_methods.NEEDS[name]}
            for name in self.run.methods
            if name not in able
        ]
        judged = _judged(found)
        self.notes |= part_remarks(judged, learned, asked.classes, surroundings.slices(asked))
        health = assess(judged.wrong)
        return PartOutcome(asked, kind, found, suspicions[: self.options["max_flags"]], health, self.notes)


def _judged(found: dict[str, Found]) -> Found:
    """What the method says that judged the most parts."""
    return max(found.values(), key=lambda one: len(one.wrong))
