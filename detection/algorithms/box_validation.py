"""Doubts about boxes, in words: what `boxes.suspect` found beside a model's boxes or other annotators'."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import boxes
from .box_matching import Boxes, best_of, overlap, overlapping
from .box_scene import SAME_OBJECT
from .detector import Evidence, Floats, per_cent
from .part_suspicions import Doubt, Found


class Voice(NamedTuple):
    """Whose boxes the official ones are held against, and how a sentence calls them."""

    method: str
    sees: str
    does_not_see: str


MODEL = Voice("box_validation", "The model sees", "The model does not see")
ANNOTATORS = Voice("annotator_disagreement", "Other annotators drew", "Other annotators did not draw")


class Case(NamedTuple):
    """One suspected box: its class, the class that should be, and both places where there are any."""

    voice: Voice
    is_called: str
    should_be: str
    given: Floats | None
    predicted: Floats | None
    confidence: float
    overlap: float


def find(given: Boxes, predicted: Boxes, *, voice: Voice, classes: Sequence[str]) -> Found:
    """What is doubtful of the given boxes beside the others, and how likely each is wrong.

    Takes what `boxes.suspect` takes; the names of the classes in the order of their numbers.
    """
    found = boxes.suspect(given, predicted, n_classes=len(classes), worth=0.0)
    worth = found.score >= boxes.WORTH_A_LOOK
    doubts = list(_doubts(_some(found, worth), given, predicted, voice, classes))
    own = found.given >= 0
    wrong = np.zeros(len(given.image))
    wrong[found.given[own]] = found.score[own]
    missing = worth & ~own
    return Found(
        doubts,
        np.concatenate([given.image, found.image[missing]]),
        np.concatenate([given.label, found.label[missing]]),
        np.concatenate([wrong, found.score[missing]]),
    )


def box(bbox: Floats, label: str) -> dict[str, Any]:
    """A box as labels have it; whole numbers of pixels are written without a point."""
    numbers = [int(number) if number == int(number) else number for number in map(float, bbox)]
    return {"bbox": numbers, "label": label}


def _some(found: boxes.Suspects, rows: Any) -> boxes.Suspects:
    return boxes.Suspects._make(column[rows] for column in found)


def _doubts(
    found: boxes.Suspects, given: Boxes, predicted: Boxes, voice: Voice, classes: Sequence[str]
) -> Iterator[Doubt]:
    pairs = overlapping(given, given, least=SAME_OBJECT)
    apart = pairs.a != pairs.b
    twin = best_of(pairs.a[apart], pairs.iou[apart], len(given.image))
    for kind, image, own, other, label, score in zip(*(column.tolist() for column in found), strict=True):
        place = given.bbox[own] if own >= 0 else None
        there = predicted.bbox[other] if other >= 0 else None
        called = classes[given.label[own]] if own >= 0 else ""
        should_be = classes[label] if label >= 0 else ""
        before = [] if place is None else [box(place, called)]
        target = place if there is None else there
        after = [box(target, should_be)] if label >= 0 and target is not None else []
        shared = twin[own] if kind == boxes.DUPLICATE else _overlap(place, there)
        confidence = float(predicted.score[other]) if other >= 0 else 0.0
        case = Case(voice, called, should_be, place, there, confidence, shared)
        data = {"probability": round(score, 4)} | ({"confidence": round(confidence, 4)} if other >= 0 else {})
        data |= {"overlap": round(float(shared), 4)} if shared else {}
        part = {"bbox": (before or after)[0]["bbox"]}
        told = Evidence(TOLD[boxes.KINDS[kind]](case), data)
        yield Doubt(image, voice.method, boxes.KINDS[kind], part, before, after, score, told)


def _overlap(a: Floats | None, b: Floats | None) -> float:
    return 0.0 if a is None or b is None else float(overlap(a[None], b[None])[0])


def _sure(case: Case) -> str:
    if case.voice is ANNOTATORS:
        return f"{per_cent(case.confidence)} of them"
    return f"confidence {per_cent(case.confidence)}"


def _wrong_class(case: Case) -> str:
    return f"{case.voice.sees} “{case.should_be}” where this box says “{case.is_called}”."


def _missing(case: Case) -> str:
    return f"{case.voice.sees} “{case.should_be}” here ({_sure(case)}), and the label has no box for it."


def _spurious(case: Case) -> str:
    return f"{case.voice.does_not_see} anything where this box of “{case.is_called}” is."


def _bad_boundary(case: Case) -> str:
    if case.given is None or case.predicted is None:
        raise ValueError("a box that is off its place has a place to be")
    off = boxes.how_off(case.given, case.predicted)
    return (
        f"The box looks {off}: {case.voice.sees[0].lower()}{case.voice.sees[1:]} “{case.should_be}” "
        f"({_sure(case)}) with an overlap of {per_cent(case.overlap)}."
    )


def _duplicate(case: Case) -> str:
    return (
        f"This box of “{case.is_called}” lies on another box of the label "
        f"(overlap {per_cent(case.overlap)}): one object may be marked twice."
    )


TOLD: dict[str, Callable[[Case], str]] = {
    "wrong_class": _wrong_class,
    "missing_label": _missing,
    "spurious_label": _spurious,
    "bad_boundary": _bad_boundary,
    "duplicate_annotation": _duplicate,
}
