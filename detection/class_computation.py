"""What a run finds where each item has one class: the steps one after the other, then the judgement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviews import flags
from reviews.models import FlagKind

from . import evidence, surroundings
from .algorithms import class_share, near_duplicates
from .algorithms.detector import Detector, Findings, Inputs, Names
from .algorithms.health import Health, assess
from .algorithms.registry import DETECTORS
from .algorithms.suspicions import Judgement, Suspicion, judge, merge, recalibrated
from .computation import summary_of
from .remarks import remarks
from .steps import Steps


@dataclass(frozen=True)
class Outcome:
    """What a run found, before any of it is written."""

    asked: evidence.Subjects
    inputs: Inputs
    detectors: list[Detector]
    found: dict[str, Findings]
    judgement: Judgement
    suspicions: list[Suspicion]
    health: Health
    notes: dict[str, Any]

    def flags(self, *, surest: float) -> Iterator[flags.Suspicion]:
        """The suspicions as flags of items."""
        ids, labels, classes = self.asked.ids, self.asked.labels, self.asked.classes
        for found in self.suspicions:
            yield flags.Suspicion(
                item_id=int(ids[found.item]),
                kind=FlagKind(found.kind),
                given=classes[labels[found.item]],
                suggested=classes[found.suggested] if found.suggested >= 0 else None,
                score=round(min(found.score, surest), 6),
                priority=found.priority,
                evidence=[
                    {"detector": detector, "text": told.text, "data": told.data}
                    for detector, told in found.evidence
                ],
            )

    def arrays(self) -> dict[str, Any]:
        """The scores of all items: how likely each label is wrong, and what each detector says."""
        arrays: dict[str, Any] = {
            "items": self.asked.ids,
            "wrongness": self.judgement.wrongness.astype(np.float32),
            "suggested": self.judgement.suggested.astype(np.int32),
        }
        for name, found in self.found.items():
            arrays[f"score_{name}"] = found.scores.astype(np.float32)
        return arrays

    def summary(self, raised: dict[str, int]) -> dict[str, Any]:
        """What the run says of itself."""
        by_method = {name: len(found.index) for name, found in self.found.items()}
        return summary_of(self.asked, raised, by_method, self.health) | self.notes


class ClassComputation(Steps):
    """One run's way from the database's rows to suspicions about classes."""

    def outcome(self) -> Outcome:
        """All steps one after the other, here."""
        self.read()
        for layer in self.layers():
            for piece in layer:
                self.work(piece)
        return self.judged()

    def judged(self) -> Outcome:
        """The last step, when all others are done: what they found, weighed."""
        self.at("judging", 0.0)
        asked, inputs, found = self.asked, self.inputs, self.found()
        detectors = [DETECTORS[name] for name in self.run.methods]
        able = [detector for detector in detectors if detector.name in found]
        judgement = judge(inputs, group=near_duplicates.groups(inputs))
        learned = surroundings.learned_from_decisions(asked)
        judgement = recalibrated(judgement, learned)
        names = Names(asked.classes, self.annotators, asked.ids.tolist())
        suspicions = merge(
            inputs, judgement, found, able, names, threshold=float(self.options["min_probability"])
        )
        self._note(detectors, inputs, judgement)
        factors = surroundings.factors(asked, inputs.votes, self.annotators, judgement.posterior)
        self.notes |= remarks(inputs, able, judgement, learned, asked.classes, factors)
        health = assess(judgement.wrongness[inputs.labels >= 0])
        given = [int(inputs.labels[one.item]) for one in suspicions]
        suspicions = class_share.cut(suspicions, given, self.options["max_flags"])
        return Outcome(asked, inputs, able, found, judgement, suspicions, health, self.notes)

    def _note(self, detectors: Sequence[Detector], inputs: Inputs, judgement: Judgement) -> None:
        """Keep for the summary what was believed, what did not run, and how often each annotator is right."""
        believed = {
            "model": self.model_name,
            "training": self.training_name,
            "embedder": self.made_by,
            "neighbours_searched": self.searched,
        }
        self.notes |= {name: said for name, said in believed.items() if said is not None}
        lacking = [(detector.name, detector.needs - inputs.available) for detector in detectors]
        self.notes["skipped"] = [{"method": name, "needs": sorted(needs)} for name, needs in lacking if needs]
        accuracy = judgement.posterior.annotator_accuracy
        self.notes["annotators"] = [
            {"annotator": name, "accuracy": round(float(share), 4)}
            for name, share in zip(self.annotators, accuracy, strict=False)
        ]
