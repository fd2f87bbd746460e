"""Multilabel, span and box datasets with known errors and a model's predictions, as after an import."""

from typing import Any, NamedTuple

import numpy as np

from detection.models import Prediction, PredictionModel
from reviews.models import Dataset, Item
from tests import builders
from tests.detection.builders import filled

Box = dict[str, Any]


class Scene(NamedTuple):
    """A dataset, its items, what should be their labels, and the error that was put into some of them."""

    dataset: Dataset
    items: list[Item]
    truth: list[Any]
    errors: dict[int, str]


def believed(dataset: Dataset, items: list[Item], values: list[Any], name: str = "net") -> PredictionModel:
    """A model whose spans or boxes came with these items; None where it was silent."""
    model = PredictionModel.objects.create(dataset=dataset, name=name)
    Prediction.objects.bulk_create(
        Prediction(model=model, item=item, value=value)
        for item, value in zip(items, values, strict=True)
        if value is not None
    )
    return model


def box_truth(n_images: int = 60, seed: int = 0) -> tuple[list[list[Box]], list[list[Box]]]:
    """The boxes of pictures with six things each, and what a model that is a little off sees of them."""
    rng = np.random.default_rng(seed)
    truth, seen = [], []
    for _ in range(n_images):
        boxes, predicted = [], []
        for place in range(6):
            x, y, size = 100 * (place % 3) + 10, 100 * (place // 3) + 10, int(rng.integers(40, 60))
            label = ("car", "person")[place % 2]
            boxes.append({"bbox": [x, y, size, size], "label": label})
            off = [round(float(number), 2) for number in np.array([x, y, size, size]) + rng.normal(0, 1, 4)]
            predicted.append({"bbox": off, "label": label, "score": float(rng.beta(20, 4))})
        noise = {"bbox": [310, int(rng.integers(0, 200)), 30, 30], "label": "car"}
        truth.append(boxes)
        seen.append([*predicted, noise | {"score": float(rng.beta(2, 20))}])
    return truth, seen


def box_scene(*, with_model: bool = True, **more: Any) -> Scene:
    """Sixty pictures, with one error of each kind in the first five."""
    truth, seen = box_truth()
    given = [[dict(one) for one in boxes] for boxes in truth]
    given[0][2] = given[0][2] | {"label": "person"}
    del given[1][3]
    given[2].append({"bbox": [20, 210, 50, 50], "label": "car"})
    x, y, w, h = given[3][0]["bbox"]
    given[3][0] = {"bbox": [x + 18, y + 8, w, h], "label": "car"}
    x, y, w, h = given[4][1]["bbox"]
    given[4].append({"bbox": [x + 2, y, w, h], "label": "person"})
    kinds = ["wrong_class", "missing_label", "spurious_label", "bad_boundary", "duplicate_annotation"]
    dataset = builders.dataset(task_type="boxes", media="image", classes=("car", "person"), **more)
    items = filled(dataset, [{}] * len(given), [_in_order(boxes) for boxes in given])
    if with_model:
        believed(dataset, items, seen)
    return Scene(dataset, items, [_in_order(boxes) for boxes in truth], dict(enumerate(kinds)))


def _in_order(boxes: list[Box]) -> list[Box]:
    return sorted(boxes, key=lambda box: (box["bbox"], box["label"]))


DRUGS = ("aspirin", "ibuprofen", "heparin", "insulin", "codeine")
DOSES = ("81 mg", "20 ml", "5 units", "40 mg")


def sentence(rng: np.random.Generator) -> tuple[str, list[dict[str, Any]]]:
    """A sentence with a drug and a dose, and its spans."""
    drug, dose = str(rng.choice(DRUGS)), str(rng.choice(DOSES))
    text = f"The patient took {drug} {dose} in the morning with water"
    at = text.index(drug)
    after = at + len(drug) + 1
    spans = [
        {"start": at, "end": at + len(drug), "label": "DRUG"},
        {"start": after, "end": after + len(dose), "label": "DOSE"},
    ]
    return text, spans


def span_scene(*, n: int = 120, with_model: bool = True, **more: Any) -> Scene:
    """Sentences with a drug and a dose each, and an error of each kind in the first five."""
    rng = np.random.default_rng(0)
    texts, truth = zip(*(sentence(rng) for _ in range(n)), strict=True)
    given = [[dict(one) for one in spans] for spans in truth]
    given[0][0] |= {"label": "DOSE"}
    del given[1][0]
    given[2].insert(0, {"start": 4, "end": 11, "label": "DRUG"})
    given[3][1] |= {"end": given[3][1]["end"] - 3}
    given[4] = [{"start": given[4][0]["start"], "end": given[4][1]["end"], "label": "DRUG"}]
    kinds = ["wrong_class", "missing_label", "spurious_label", "bad_boundary", "bad_boundary"]
    dataset = builders.dataset(task_type="spans", classes=("DRUG", "DOSE"), **more)
    items = filled(dataset, [{"text": text} for text in texts], given)
    if with_model:
        scored = [[one | {"score": float(rng.uniform(0.85, 0.99))} for one in spans] for spans in truth]
        believed(dataset, items, scored)
    return Scene(dataset, items, list(truth), dict(enumerate(kinds)))


THINGS = {
    "fluid": "effusion wet water pleural",
    "nodule": "round spot lump mass",
    "tube": "line catheter tip port",
}


def class_scene(*, n: int = 150, with_model: bool = True, **more: Any) -> Scene:
    """Texts about up to three things, of which the first lacks a class and the second has one too many."""
    rng = np.random.default_rng(0)
    names, texts, truth = list(THINGS), [], []
    for _ in range(n):
        named = sorted(str(name) for name in rng.choice(names, int(rng.integers(0, 4)), replace=False))
        words = [word for name in named for word in rng.choice(THINGS[name].split(), 5)]
        texts.append(" ".join([*words, *rng.choice(["the", "patient", "seen", "today"], 4)]))
        truth.append(named)
    given = [list(named) for named in truth]
    lacking = next(i for i, named in enumerate(truth) if len(named) == 2)
    spurious = next(i for i, named in enumerate(truth) if len(named) == 1)
    given[lacking].pop()
    given[spurious] = sorted({*given[spurious], next(name for name in names if name not in given[spurious])})
    dataset = builders.dataset(task_type="multilabel", classes=tuple(names), **more)
    items = filled(dataset, [{"text": text} for text in texts], given)
    if with_model:
        model = PredictionModel.objects.create(dataset=dataset, name="net", classes=names)
        for item, named in zip(items, truth, strict=True):
            sure = rng.uniform(0.02, 0.1, len(names))
            probs = np.where([name in named for name in names], 1 - sure, sure).astype("<f4")
            Prediction.objects.create(model=model, item=item, probs=probs.tobytes())
    return Scene(dataset, items, truth, {lacking: "missing_label", spurious: "spurious_label"})
