"""What a run computes, outside of any transaction; each step says how far it is and may be stopped there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reviews import progress

from . import evidence, evidence_training, features, surroundings
from .algorithms import class_share, near_duplicates, out_of_fold, training_dynamics
from .algorithms.detector import Detector, Findings, Inputs, Names
from .algorithms.health import Health, assess
from .algorithms.registry import DETECTORS
from .algorithms.suspicions import Judgement, Suspicion, judge, merge, recalibrated
from .conditions import Watch
from .embedders.choice import Choice
from .errors import CannotDetect
from .models import DetectionRun
from .remarks import remarks
from .runs import DEFAULTS

NEIGHBOURS = 10
# Every item's neighbours are searched up to this many items; beyond, those of suspects only.
MOST_SEARCHED = 60_000
SUSPECT = 0.05
BUILT_IN = "built-in"
# Where in the whole run each stage begins.
STAGES = {
    "reading": 0.0,
    "features": 0.05,
    "model": 0.35,
    "neighbours": 0.7,
    "detectors": 0.85,
    "judging": 0.9,
    "writing": 0.95,
}
ENDS = dict(zip(STAGES, [*list(STAGES.values())[1:], 1.0], strict=True))
PARTS_OF_FEATURES = frozenset({"probs", "neighbours", "content", "space", "condition"})


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


class Computation:
    """One run's way from the database's rows to suspicions."""

    def __init__(self, run: DetectionRun) -> None:
        self.run, self.dataset = run, run.dataset
        self.options = DEFAULTS | run.options
        self.notes: dict[str, Any] = {}

    def outcome(self) -> Outcome:
        self.at("reading", 0.0)
        asked = evidence.subjects(self.dataset)
        if not (asked.labels >= 0).any():
            raise CannotDetect("No item has a label yet, so there is nothing to check.")
        detectors = [DETECTORS[name] for name in self.run.methods]
        inputs, annotators = self._gathered(asked, detectors)
        able = [detector for detector in detectors if detector.needs <= inputs.available]
        found: dict[str, Findings] = {}
        for number, detector in enumerate(able):
            self.at("detectors", number / len(able))
            found[detector.name] = detector.run(inputs)
        self.at("judging", 0.0)
        judgement = judge(inputs, group=near_duplicates.groups(inputs))
        learned = surroundings.learned_from_decisions(asked)
        judgement = recalibrated(judgement, learned)
        names = Names(asked.classes, annotators, asked.ids.tolist())
        suspicions = merge(
            inputs, judgement, found, able, names, threshold=float(self.options["min_probability"])
        )
        self._note(detectors, able, judgement, annotators)
        factors = surroundings.factors(asked, inputs.votes, list(annotators), judgement.posterior)
        self.notes |= remarks(inputs, able, judgement, learned, asked.classes, factors)
        health = assess(judgement.wrongness[inputs.labels >= 0])
        given = [int(inputs.labels[one.item]) for one in suspicions]
        suspicions = class_share.cut(suspicions, given, self.options["max_flags"])
        return Outcome(asked, inputs, able, found, judgement, suspicions, health, self.notes)

    def embedder(self) -> Choice | None:
        """What is to make the features, where the run asks for anything but the built-in ways."""
        said = self.options["embedder"]
        return None if said is None else Choice(**said)

    def at(self, stage: str, fraction: float) -> None:
        start, end = STAGES[stage], ENDS[stage]
        overall = start + (end - start) * min(fraction, 1.0)
        progress.report(kind="run", id=self.run.pk, stage=stage, fraction=overall)

    def _gathered(
        self, asked: evidence.Subjects, detectors: Sequence[Detector]
    ) -> tuple[Inputs, Sequence[str]]:
        """The arrays that the detectors need, and the annotators' names."""
        needs = frozenset[str]().union(*(detector.needs for detector in detectors))
        seed = int(self.options["seed"])
        votes, annotators = evidence.votes(asked)
        parts: dict[str, Any] = {"votes": votes, "seed": seed, "gold": surroundings.gold(asked)}
        parts["trust_model_below"] = bool(self.options["trust_model_below"])
        if training_dynamics.DETECTOR in detectors:
            parts["course"], told_by = evidence_training.course(asked)
            self.notes |= {"training": told_by} if told_by else {}
        if "guideline" in needs:
            parts["guideline"] = surroundings.guideline(asked)
        if needs & PARTS_OF_FEATURES:
            watch = Watch(len(asked.ids))
            described, parts["content"] = evidence.describe(
                asked, seed=seed, tick=partial(self.at, "features"), watch=watch, embedder=self.embedder()
            )
            self.notes["embedder"] = described.made_by
            parts |= {"duplicate_at": described.duplicate_at, "space": described.space}
            parts["condition"] = watch.condition()
            if "probs" in needs:
                parts["probs"] = self._probabilities(asked, described)
                parts["imported"] = self.notes["model"] != BUILT_IN
            parts["neighbours"] = self._neighbours(asked, described, parts)
        return Inputs(labels=asked.labels, n_classes=len(asked.classes), **parts), annotators

    def _probabilities(self, asked: evidence.Subjects, described: features.Features) -> Any:
        self.at("model", 0.0)
        imported, name = evidence.predictions(asked, described)
        self.notes["model"] = name if imported is not None else BUILT_IN
        if imported is not None:
            return imported
        return out_of_fold.probabilities(
            described.model,
            asked.labels,
            len(asked.classes),
            seed=int(self.options["seed"]),
            tick=partial(self.at, "model"),
        )

    def _neighbours(
        self, asked: evidence.Subjects, described: features.Features, parts: dict[str, Any]
    ) -> Any:
        """Each item's most similar items; of a very large dataset only those of what the model doubts."""
        tick = partial(self.at, "neighbours")
        tick(0.0)
        if len(asked.ids) <= MOST_SEARCHED:
            return features.neighbours(described, k=NEIGHBOURS, tick=tick)
        doubted = judge(Inputs(labels=asked.labels, n_classes=len(asked.classes), **parts)).wrongness
        rows = np.flatnonzero(doubted >= SUSPECT)[:MOST_SEARCHED]
        self.notes["neighbours_searched"] = len(rows)
        return features.neighbours(described, k=NEIGHBOURS, rows=rows, tick=tick).spread(rows, len(asked.ids))

    def _note(
        self,
        detectors: Sequence[Detector],
        able: Sequence[Detector],
        judgement: Judgement,
        annotators: Sequence[str],
    ) -> None:
        """Keep for the summary what did not run, and how often each annotator is right."""
        self.notes["skipped"] = [
            {"method": d.name, "needs": sorted(d.needs)} for d in detectors if d not in able
        ]
        accuracy = judgement.posterior.annotator_accuracy
        self.notes["annotators"] = [
            {"annotator": name, "accuracy": round(float(share), 4)}
            for name, share in zip(annotators, accuracy, strict=False)
        ]
