"""Every method there is, from a run to the sentence that a reviewer reads."""

from typing import Any

import numpy as np
import pytest

from detection.algorithms.registry import PART_METHODS, methods_for
from reviews.models import Annotation, Annotator, Dataset, Flag, GoldItem, JobStatus
from tests import builders
from tests.detection.builders import filled
from tests.detection.part_builders import box_scene, class_scene, span_scene
from tests.detection.test_part_runs import annotated
from tests.detection.test_runs import finished
from tests.reviews.api.contract import Client

CENTRES = {"low": (-3.0, -3.0), "middle": (0.0, 3.0), "high": (3.0, -3.0)}
EACH = 60


def table_scene() -> Dataset:
    """Table rows of three classes, in which there is something to find for every method of classification."""
    rng = np.random.default_rng(0)
    classes = list(CENTRES)
    truth = [name for name in classes for _ in range(EACH)]
    points = [rng.normal(CENTRES[name], 0.6) for name in truth]
    labels = list(truth)
    versions = ["2"] * len(truth)
    for i in (0, EACH, 2 * EACH):  # plainly wrong
        labels[i] = classes[(classes.index(truth[i]) + 1) % 3]
    labels[1], versions[1] = "middle", "1"  # right under the older guideline only
    points[3], labels[3] = points[2], "high"  # the same row under two labels
    points[5] = points[4]  # the same row once more
    points += [
        np.array([40.0, 40.0]),
        *rng.normal((0.0, -3.0), 0.05, (2, 2)),
    ]  # far away; between two classes
    labels, versions = [*labels, "high", "low", "high"], [*versions, "2", "2", "2"]
    dataset = builders.dataset(media="table", classes=tuple(classes))
    rows = [
        {
            "features": {"x": round(float(x), 4), "y": round(float(y), 4)},
            "meta": {"guideline_version": version},
        }
        for (x, y), version in zip(points, versions, strict=True)
    ]
    items = filled(dataset, rows, list(labels))
    truth += ["high", "low", "high"]
    GoldItem.objects.bulk_create(GoldItem(item=items[i], value=truth[i]) for i in range(0, len(items), 3))
    for name in ("ann", "bo", "cy"):
        annotator = Annotator.objects.create(dataset=dataset, name=name)
        Annotation.objects.bulk_create(
            Annotation(item=item, annotator=annotator, value=_vote(rng, name, i, truth))
            for i, item in enumerate(items)
        )
    return dataset


def _vote(rng: np.random.Generator, name: str, i: int, truth: list[str]) -> str:
    """Right nine times in ten; of what lies between two classes each says something else."""
    if i >= len(truth) - 2:
        return dict(zip(("ann", "bo", "cy"), CENTRES, strict=True))[name]
    return truth[i] if rng.random() < 0.9 else str(rng.choice(list(CENTRES)))


def said(dataset: Dataset) -> dict[str, list[str]]:
    """What each method says in the flags that the API shows."""
    client = Client.of(dataset.created_by)
    found: dict[str, list[str]] = {}
    for flag in Flag.objects.filter(dataset=dataset):
        shown = client.get(f"/api/flags/{flag.pk}/").json()
        for evidence in shown["evidence"]:
            found.setdefault(evidence["detector"], []).append(evidence["text"])
    return found


@pytest.mark.django_db
def test_every_method_of_classification_finds_its_case_and_says_so() -> None:
    dataset = table_scene()
    run = finished(dataset)
    assert run.status == JobStatus.SUCCEEDED, run.error
    found = said(dataset)
    assert set(found) == set(methods_for("classification"))
    assert all(sentence.endswith(".") for sentences in found.values() for sentence in sentences)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_every_method_of_labels_with_parts_finds_its_case_and_says_so(make: Any) -> None:
    scene = make()
    annotated(scene)
    run = finished(scene.dataset)
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert set(said(scene.dataset)) >= set(PART_METHODS[scene.dataset.task_type])
