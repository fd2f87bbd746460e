"""Runs on real texts and pictures whose errors are known: how many flags are right, and what they suggest."""

from typing import Any

import numpy as np
import pytest

from detection.algorithms.box_matching import overlap
from reviews.models import Flag, JobStatus
from tests import builders
from tests.detection.builders import filled
from tests.detection.part_builders import believed
from tests.detection.test_boxes import cells
from tests.detection.test_runs import finished
from tests.detection.test_tokens import CLASSES, read_tags, wikigold

pytestmark = pytest.mark.django_db


def spans_of(labels: Any, starts: Any, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Spans of characters out of the labels of tokens that lie at these places."""
    spans: list[dict[str, Any]] = []
    for label, starts_here, (start, end) in zip(labels, starts, places, strict=True):
        if label and starts_here:
            spans.append({"start": start, "end": end, "label": CLASSES[label]})
        elif label:
            spans[-1]["end"] = end
    return spans


def placed(words: Any) -> list[tuple[int, int]]:
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    return [(int(end) - len(word), int(end)) for word, end in zip(words, ends, strict=True)]


def as_set(value: Any) -> set[tuple[int, int, str]]:
    listed = [] if value is None else value if isinstance(value, list) else [value]
    return {(one["start"], one["end"], one["label"]) for one in listed}


def test_wrong_entities_of_wikigold_are_flagged_and_mended() -> None:
    words, given, true, offsets, probs = wikigold()
    (labels, starts), (truth, true_starts) = read_tags(given, offsets), read_tags(true, offsets)
    texts, values, wanted, said = [], [], [], []
    for low, high in zip(offsets[:-1], offsets[1:], strict=True):
        places = placed(words[low:high])
        texts.append({"text": " ".join(words[low:high])})
        values.append(spans_of(labels[low:high], starts[low:high], places))
        wanted.append(as_set(spans_of(truth[low:high], true_starts[low:high], places)))
        columns = {"O" if k == 0 else name: probs[low:high, k].tolist() for k, name in enumerate(CLASSES)}
        said.append({"tokens": places, "probs": columns})
    dataset = builders.dataset(task_type="spans", classes=tuple(CLASSES[1:]))
    items = filled(dataset, texts, values)
    believed(dataset, items, said)
    run = finished(dataset)
    assert run.status == JobStatus.SUCCEEDED, run.error
    number = {item.pk: n for n, item in enumerate(items)}
    right, mended, scores = [], [], []
    for flag in Flag.objects.filter(dataset=dataset).order_by("-priority"):
        true_here = wanted[number[flag.item_id]]
        gone, added = as_set(flag.given), as_set(flag.suggested)
        right.append(not gone <= true_here or (not gone and bool(added & true_here)))
        mended.append(added <= true_here and not gone & true_here)
        scores.append(flag.score)
    rate = np.array(right)
    front = len(items) // 20
    assert rate[:front].mean() >= 0.80
    assert np.mean(scores) == pytest.approx(rate.mean(), abs=0.05)
    assert np.mean(np.array(mended)[rate]) >= 0.80
    n_wrong = sum(len(as_set(value) - truth) for value, truth in zip(values, wanted, strict=True))
    assert run.summary["error_rate"]["low"] < n_wrong / starts.sum() < run.summary["error_rate"]["high"]


def test_wrong_boxes_of_blood_cells_are_flagged_and_mended() -> None:
    injected, detections = cells("gt_injected.json"), cells("detections.json")
    names = {one["id"]: one["name"] for one in injected["categories"]}
    place = {image["id"]: n for n, image in enumerate(injected["images"])}

    def boxes(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        values: list[list[dict[str, Any]]] = [[] for _ in place]
        for row in rows:
            if row["image_id"] in place:
                score = {"score": row["score"]} if "score" in row else {}
                values[place[row["image_id"]]].append(
                    {"bbox": row["bbox"], "label": names[row["category_id"]], **score}
                )
        return values

    dataset = builders.dataset(task_type="boxes", media="image", classes=tuple(names.values()))
    items = filled(dataset, [{}] * len(place), boxes(injected["annotations"]))
    believed(dataset, items, boxes(detections))
    run = finished(dataset)
    assert run.status == JobStatus.SUCCEEDED, run.error
    number = {item.pk: n for n, item in enumerate(items)}
    kind_of = {"drop": "missing_label", "swap": "wrong_class", "shift": "bad_boundary"}
    errors = [
        (place[one["image_id"]], kind_of[one["kind"]], np.array(one["true_bbox"], dtype=float))
        for one in cells("injected_errors.json")
    ]
    right = []
    for flag in Flag.objects.filter(dataset=dataset).order_by("-priority"):
        drawn = np.array((flag.suggested or flag.given)["bbox"], dtype=float)
        here = [bbox for image, kind, bbox in errors if image == number[flag.item_id] and kind == flag.kind]
        right.append(any(overlap(drawn[None], bbox[None])[0] > 0.5 for bbox in here))
    assert np.mean(right[:50]) >= 0.85
    assert sum(right) >= 0.8 * len(errors)
