"""How labels with parts are held against models, other annotators and themselves: one function a task type.

Each says which methods have what they need, as functions that run them; `algorithms` does the work.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from . import evidence, evidence_classes, evidence_parts, evidence_spans
from .algorithms import box_validation, class_reading, multilabel_model, span_reading
from .algorithms.box_matching import Boxes, take
from .algorithms.detector import Bools, Floats
from .algorithms.part_suspicions import Found
from .embedders.choice import Choice
from .evidence import Subjects, Tick

# What a method lacks where it cannot run: of a dataset without any labels there is no run.
NEEDS: dict[str, list[str]] = {
    "multilabel_confident_learning": ["probs"],
    "token_confident_learning": ["predictions"],
    "span_boundary": ["predictions"],
    "inconsistent_spans": ["labels"],
    "box_validation": ["predictions"],
    "annotator_disagreement": ["votes"],
}
NO_BOXES = (
    "There is nothing to hold the boxes against: no model's boxes were imported, no other annotator drew "
    "any, or the methods that use what there is were not asked for."
)
NO_SPANS = (
    "There is nothing to hold the spans against: no model's spans were imported, no other annotator marked "
    "any, nothing is marked at all, or the methods that use what there is were not asked for."
)
NO_OPINIONS = "There is nothing to hold the classes against: no other annotator spoke of any item."


class Asking(NamedTuple):
    """What a run asks for, and where it reports how far the slow steps are."""

    methods: Sequence[str]
    seed: int
    describing: Tick
    learning: Tick
    embedder: Choice | None = None


class Readings(NamedTuple):
    """The methods that can run, the model behind them, what to say where none of those asked for can, and
    what made the features if any were needed.
    """

    methods: dict[str, Callable[[], Found]]
    model: str
    lacking: str
    embedder: str = ""


def of_boxes(asked: Subjects, asking: Asking) -> Readings:
    """The ways to check boxes: a model's boxes, and those of other annotators."""
    given, _ = evidence_parts.boxes(asked, evidence_parts.official(asked))
    methods: dict[str, Callable[[], Found]] = {}
    model = evidence_parts.value_model(asked)

    def check(others: Boxes, spoken: Bools, voice: box_validation.Voice) -> Found:
        of_spoken = take(given, spoken[given.image])
        return box_validation.find(of_spoken, others, voice=voice, classes=asked.classes)

    if model is not None and box_validation.MODEL.method in asking.methods:
        predicted, spoken = evidence_parts.boxes(asked, evidence_parts.predicted(asked, model))
        methods[box_validation.MODEL.method] = partial(check, predicted, spoken, box_validation.MODEL)
    if box_validation.ANNOTATORS.method in asking.methods:
        pooled, heard = evidence_parts.pooled_boxes(asked)
        if heard.any():
            methods[box_validation.ANNOTATORS.method] = partial(
                check, pooled, heard, box_validation.ANNOTATORS
            )
    return Readings(methods, "" if model is None else model.name, NO_BOXES)


def of_spans(asked: Subjects, asking: Asking) -> Readings:
    """The ways to check spans: a model's reading, other annotators', and the same words elsewhere."""
    methods: dict[str, Callable[[], Found]] = {}
    model = evidence_parts.value_model(asked)
    texts = partial(evidence_spans.texts, asked)

    def checked(reading: Callable[[], span_reading.Judged], wanted: str) -> Found:
        return span_reading.find(reading(), method=wanted, classes=asked.classes, texts=texts)

    if model is not None:
        by_model = cache(
            lambda: span_reading.judge(*evidence_spans.by_model(asked, model), span_reading.MODEL)
        )
        for name in ("token_confident_learning", "span_boundary"):
            methods[name] = partial(checked, by_model, name)
    if "annotator_disagreement" in asking.methods:
        tokens, probs = evidence_spans.by_annotators(asked)
        if len(tokens.item):
            people = span_reading.ANNOTATORS
            by_people = cache(lambda: span_reading.judge(tokens, probs, people))
            methods["annotator_disagreement"] = partial(checked, by_people, "annotator_disagreement")
    if "inconsistent_spans" in asking.methods:
        methods |= _by_words(asked, checked, by_model if model is not None else None)
    name = "" if model is None else model.name
    return Readings({m: run for m, run in methods.items() if m in asking.methods}, name, NO_SPANS)


def _by_words(
    asked: Subjects,
    checked: Callable[[Callable[[], span_reading.Judged], str], Found],
    by_model: Callable[[], span_reading.Judged] | None,
) -> dict[str, Callable[[], Found]]:
    """The comparison of the same words, where any are marked, and of what the model splits or joins."""
    tokens = evidence_spans.by_words(asked)
    if not len(tokens.first):
        return {}
    name = "inconsistent_spans"

    def find() -> Found:
        base = span_reading.base_rates(tokens, len(asked.classes))
        found = checked(lambda: span_reading.judge(tokens, base, span_reading.WORDS), name)
        split = [] if by_model is None else checked(by_model, name).doubts
        return found._replace(doubts=found.doubts + split)

    return {name: find}


def of_classes(asked: Subjects, asking: Asking) -> Readings:
    """The ways to check lists of classes: a model's probability of each, and what other annotators said."""
    methods: dict[str, Callable[[], Found]] = {}
    labels = evidence_classes.labels(asked)
    model, embedder = "", ""
    if "multilabel_confident_learning" in asking.methods:
        imported, model = evidence_classes.predictions(asked, labels)
        probs = imported
        if probs is None:
            probs, embedder = _built_in(asked, labels, asking)
        model = model or "built-in"
        methods["multilabel_confident_learning"] = partial(
            class_reading.find, labels, probs, voice=class_reading.MODEL, classes=asked.classes
        )
    if "annotator_disagreement" in asking.methods:
        shares = evidence_classes.shares(asked)
        if not np.isnan(shares).all():
            methods["annotator_disagreement"] = partial(
                class_reading.find, labels, shares, voice=class_reading.ANNOTATORS, classes=asked.classes
            )
    return Readings(methods, model, NO_OPINIONS, embedder)


def _built_in(asked: Subjects, labels: Bools, asking: Asking) -> tuple[Floats, str]:
    """Each class's probability in each labelled item by a model that never saw it, NaN for the others; and
    what made its features.
    """
    described = evidence.features_of(
        asked, seed=asking.seed, tick=asking.describing, embedder=asking.embedder
    )
    known = np.flatnonzero(asked.labels >= 0)
    probs = np.full(labels.shape, np.nan, dtype=np.float32)
    probs[known] = multilabel_model.probabilities(
        described.model[known], labels[known], seed=asking.seed, tick=asking.learning
    )
    return probs, described.made_by
