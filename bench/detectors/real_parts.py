"""Real texts and pictures with known errors in their parts, as arrays; see the sets' own README."""

from typing import Any, NamedTuple

import numpy as np
import orjson

from bench.detectors.sets import SHARED
from detection.algorithms import box_matching, boxes
from detection.algorithms.box_matching import Boxes

WIKIGOLD, CELLS = SHARED / "wikigold_injected_ner", SHARED / "bccd_cells_det"
CLASSES = ["O", "LOC", "MISC", "ORG", "PER"]
KIND_OF = {"drop": boxes.MISSING, "swap": boxes.WRONG_CLASS, "shift": boxes.BAD_BOUNDARY}


class Texts(NamedTuple):
    """`given` and `true` are BIO tags, one a token; sentence i is from offsets[i] to offsets[i + 1]."""

    words: tuple[str, ...]
    given: tuple[str, ...]
    true: tuple[str, ...]
    offsets: np.ndarray
    probs: np.ndarray


class Pictures(NamedTuple):
    """`errors` are (image, kind, the box that should be there)."""

    n_images: int
    given: Boxes
    predicted: Boxes
    errors: list[tuple[int, int, np.ndarray]]


def wikigold() -> Texts:
    """Wikipedia sentences with injected errors, and the probabilities of a CRF."""
    lines = (WIKIGOLD / "train.conll").read_text(encoding="utf-8").split("\n")
    words, given, true = zip(*(line.split("\t") for line in lines if line), strict=True)
    with np.load(WIKIGOLD / "pred_probs_train.npz") as saved:
        offsets = np.concatenate([[0], np.cumsum(saved["lengths"])])
        return Texts(words, given, true, offsets, saved["crf"].astype(float))


def read_tags(tags: tuple[str, ...], offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The class of each token, and whether a span starts at it."""
    labels = np.array([CLASSES.index(tag.split("-")[-1]) for tag in tags])
    starts = np.array([tag.startswith("B") for tag in tags])
    first = np.zeros(len(tags), dtype=bool)
    first[offsets[:-1]] = True
    return labels, (labels > 0) & (starts | first | (labels != np.concatenate([[0], labels[:-1]])))


def cells() -> Pictures:
    """Blood cells with injected errors, and the boxes of a weak detector."""
    injected = read_cells("gt_injected.json")
    place = {image["id"]: number for number, image in enumerate(injected["images"])}
    errors = [
        (place[one["image_id"]], KIND_OF[one["kind"]], np.array(one["true_bbox"], dtype=float))
        for one in read_cells("injected_errors.json")
    ]
    detected = read_cells("detections.json")
    return Pictures(len(place), _coco(injected["annotations"], place), _coco(detected, place), errors)


def read_cells(name: str) -> Any:
    """One file of the blood cells, as it is."""
    return orjson.loads((CELLS / name).read_bytes())


def found_errors(found: boxes.Suspects, pictures: Pictures) -> np.ndarray:
    """The kind of the error that each suspicion is right about, -1 where it is about none; (n_found,)."""
    of_given = np.where((found.given >= 0)[:, None], pictures.given.bbox[found.given], np.inf)
    suggested = (found.predicted >= 0)[:, None]
    of_suggested = np.where(suggested, pictures.predicted.bbox[found.predicted], of_given)
    right = np.full(len(found.kind), -1)
    for image, kind, bbox in pictures.errors:
        here = np.flatnonzero((found.image == image) & (found.kind == kind))
        drawn = of_given if kind == boxes.WRONG_CLASS else of_suggested
        overlaps = box_matching.overlap(drawn[here], np.tile(bbox, (len(here), 1)))
        if len(here) and overlaps.max() > 0.5:
            right[here[overlaps.argmax()]] = kind
    return right


def _coco(annotations: list[dict], place: dict[int, int]) -> Boxes:
    rows = sorted(
        (one for one in annotations if one["image_id"] in place), key=lambda o: place[o["image_id"]]
    )
    return Boxes(
        image=np.array([place[one["image_id"]] for one in rows]),
        bbox=np.array([one["bbox"] for one in rows], dtype=float),
        label=np.array([one["category_id"] - 1 for one in rows]),
        score=np.array([one.get("score", 1.0) for one in rows], dtype=float),
    )
