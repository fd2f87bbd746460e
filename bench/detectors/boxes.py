"""Boxes: how fast pictures are ranked and filtered, and how high real errors rank, box by box."""

import warnings
from collections.abc import Iterator

import numpy as np
from cleanlab.object_detection.filter import find_label_issues
from cleanlab.object_detection.rank import get_label_quality_scores
from sklearn.metrics import average_precision_score

from bench.detectors import real_parts
from bench.detectors.row import Row, at_least, lacking, once, seconds, speed
from detection.algorithms import boxes as ours
from detection.algorithms.box_matching import Boxes

EACH, CLASSES = 10, 3


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    yield from _speed(5_000 if full else 1_000)
    if real_parts.CELLS.is_dir():
        yield from _quality()
    else:
        yield lacking("errors in boxes", real_parts.CELLS.name)


def _speed(n_images: int) -> Iterator[Row]:
    given, predicted = _made(n_images)
    labels, predictions = _nested(given, predicted, n_images)
    mine = seconds(lambda: _ranking(given, predicted, n_images))
    theirs, _ = once(lambda: get_label_quality_scores(labels, predictions, verbose=False))
    yield speed(f"ranked: {n_images:,} pictures × {EACH} boxes", theirs, mine, 20)
    theirs, _ = once(lambda: find_label_issues(labels, predictions))
    # One pass does both: what is worth a look comes with the ranking.
    yield speed(f"filtered: {n_images:,} pictures × {EACH} boxes", theirs, mine, 20)


def _quality() -> Iterator[Row]:
    pictures = real_parts.cells()
    n = pictures.n_images
    wrong = np.isin(np.arange(n), [image for image, _, _ in pictures.errors])
    theirs = get_label_quality_scores(*_nested(pictures.given, pictures.predicted, n), verbose=False)
    yield at_least(
        "blood cells: AP of pictures",
        average_precision_score(wrong, -theirs),
        average_precision_score(wrong, _ranking(pictures.given, pictures.predicted, n)),
        0.92,
    )
    found = ours.suspect(pictures.given, pictures.predicted, n_classes=CLASSES, worth=0.0)
    right = real_parts.found_errors(found, pictures)
    for kind in sorted({kind for _, kind, _ in pictures.errors}):
        rows, n_errors = found.kind == kind, sum(one[1] == kind for one in pictures.errors)
        # What is not found at all counts as found last.
        share = (right[rows] == kind).sum() / n_errors
        precision = average_precision_score(right[rows] == kind, found.score[rows]) * share
        yield at_least(f"blood cells: AP of boxes, {ours.KINDS[kind]}", None, precision)


def _ranking(given: Boxes, predicted: Boxes, n_images: int) -> np.ndarray:
    return ours.image_scores(ours.suspect(given, predicted, n_classes=CLASSES), n_images)


def _made(n_images: int) -> tuple[Boxes, Boxes]:
    """Boxes of which one in fifty lacks, and a model's, a little off and with one more a picture."""
    rng = np.random.default_rng(0)
    n = n_images * EACH
    image = np.repeat(np.arange(n_images), EACH)
    bbox = np.column_stack([rng.uniform(0, 600, (n, 2)), rng.uniform(30, 90, (n, 2))])
    label, kept = rng.integers(0, CLASSES, n), rng.random(n) >= 0.02
    given = Boxes(image[kept], bbox[kept], label[kept], np.ones(kept.sum()))
    noise = np.column_stack([rng.uniform(0, 600, (n_images, 2)), rng.uniform(30, 90, (n_images, 2))])
    places = np.concatenate([image, np.arange(n_images)])
    order = np.argsort(places, kind="stable")
    return given, Boxes(
        places[order],
        np.concatenate([bbox + rng.normal(0, 3, bbox.shape), noise])[order],
        np.concatenate([label, rng.integers(0, CLASSES, n_images)])[order],
        np.concatenate([rng.beta(8, 2, n), rng.beta(2, 8, n_images)])[order],
    )


def _nested(given: Boxes, predicted: Boxes, n_images: int) -> tuple[list[dict], list[list[np.ndarray]]]:
    """The same as cleanlab takes it: corners, picture by picture, and class by class what is predicted."""
    own, theirs = (
        np.column_stack([b.bbox[:, :2], b.bbox[:, :2] + b.bbox[:, 2:]]) for b in (given, predicted)
    )
    starts = [np.searchsorted(b.image, np.arange(1, n_images)) for b in (given, predicted)]
    labels = [
        {"bboxes": corners, "labels": label}
        for corners, label in zip(np.split(own, starts[0]), np.split(given.label, starts[0]), strict=True)
    ]
    scored = np.split(np.column_stack([theirs, predicted.score]), starts[1])
    classes = np.split(predicted.label, starts[1])
    return labels, [
        [rows[label == k] for k in range(CLASSES)] for rows, label in zip(scored, classes, strict=True)
    ]
