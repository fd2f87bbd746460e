"""What a model said in the course of its own training, from the import to the flags."""

from typing import Any

import numpy as np
import pytest

from detection import evidence, evidence_training
from detection.models import Prediction, TrainingCourse
from reviews.models import Dataset, Flag
from tests.detection.builders import TOPICS, add_arrays, imported, texts
from tests.detection.test_runs import finished

pytestmark = pytest.mark.django_db
CLASSES = list(TOPICS)
EPOCHS = 6
WRONG = 8


def training(count: int = 120, seed: int = 0) -> tuple[list[dict[str, Any]], np.ndarray, list[str]]:
    """Rows of which the first are labelled wrong, what a network says of them after each epoch, the truth.

    It learns the truth first and the wrong labels by heart at the end.
    """
    said, truth = texts(count, seed)
    others = dict(zip(CLASSES, [*CLASSES[1:], CLASSES[0]], strict=True))
    labels = [others[topic] if i < WRONG else topic for i, topic in enumerate(truth)]
    rows = [{"id": f"i{n}", "text": text, "label": labels[n]} for n, text in enumerate(said)]
    right, given = (np.eye(3)[[CLASSES.index(one) for one in names]] for names in (truth, labels))
    by_heart = np.linspace(0, 1, EPOCHS)[:, None, None] ** 4
    return rows, 0.1 + 0.7 * ((1 - by_heart) * right + by_heart * given), truth


def in_rows(rows: list[dict[str, Any]], probs: np.ndarray, model: str = "net") -> list[dict[str, Any]]:
    told = []
    for n, row in enumerate(rows):
        epochs = [
            {"model": model, "epoch": 10 * e, "probs": dict(zip(CLASSES, probs[e, n].tolist(), strict=True))}
            for e in (3, 0, 1, 2, 4, 5)
        ]
        told.append(row | {"predictions": epochs})
    return told


def brought(way: str, rows: list[dict[str, Any]], probs: np.ndarray) -> Dataset:
    if way == "rows":
        return imported(in_rows(rows, probs))
    dataset = imported(rows)
    ids = [row["id"] for row in rows]
    add_arrays(dataset, ids=ids, classes=CLASSES[::-1], probs=probs[:, :, ::-1])
    return dataset


@pytest.mark.parametrize("way", ["rows", "npz"])
def test_a_training_that_was_imported_is_what_training_dynamics_looks_at(way: str) -> None:
    rows, probs, truth = training()
    dataset = brought(way, rows, probs)
    run = finished(dataset)
    assert run.summary["training"] == "net"
    assert run.summary["by_method"]["training_dynamics"] == WRONG
    flags = Flag.objects.filter(dataset=dataset, kind="wrong_class").order_by("item_id")[:WRONG]
    for number, flag in enumerate(flags):
        [told] = [one for one in flag.evidence if one["detector"] == "training_dynamics"]
        assert flag.item.external_id == f"i{number}"
        assert f"kept preferring “{truth[number]}” to “{flag.given}”" in told["text"]
        assert told["data"]["area_under_margin"] < 0 < told["data"]["loss"]


@pytest.mark.parametrize("way", ["rows", "npz"])
def test_it_is_stored_without_the_probabilities_of_all_classes_and_is_no_out_of_sample_opinion(
    way: str,
) -> None:
    rows, probs, truth = training(60)
    dataset = brought(way, rows, probs)
    assert TrainingCourse.objects.count() == 60
    assert not Prediction.objects.exists()
    asked = evidence.subjects(dataset)
    assert evidence.predictions(asked) == (None, "")
    stored = TrainingCourse.objects.get(item__external_id="i0")
    assert len(stored.margins) == len(stored.losses) == 4 * EPOCHS
    label = CLASSES.index(rows[0]["label"])
    others = np.delete(probs[:, 0], label, axis=1).max(axis=1)
    np.testing.assert_allclose(
        np.frombuffer(stored.margins, "<f4"), np.log(probs[:, 0, label] / others), atol=1e-5
    )
    found, name = evidence_training.course(asked)
    assert found is not None
    assert name == "net"
    np.testing.assert_allclose(found.loss[0], -np.log(probs[:, 0, label]).mean(), rtol=1e-5)
    assert found.rival[0] == CLASSES.index(truth[0])


def test_without_an_imported_training_the_summary_names_none() -> None:
    run = finished(imported(training(60)[0]), methods=["training_dynamics"])
    assert "training" not in run.summary


def test_the_last_opinion_and_the_training_of_one_model_stand_side_by_side() -> None:
    rows, probs, _ = training(60)
    told = in_rows(rows, probs)
    for row, last in zip(told, probs[0], strict=True):
        row["predictions"].append({"model": "net", "probs": dict(zip(CLASSES, last.tolist(), strict=True))})
    dataset = imported(told)
    assert (TrainingCourse.objects.count(), Prediction.objects.count()) == (60, 60)
    assert evidence.predictions(evidence.subjects(dataset))[1] == "net"


def test_of_labels_that_were_changed_since_a_training_says_nothing() -> None:
    rows, probs, _ = training(60)
    dataset = brought("npz", rows, probs)
    asked = evidence.subjects(dataset)
    asked.labels[:3] = (asked.labels[:3] + 1) % 3
    found, _ = evidence_training.course(asked)
    assert found is not None
    assert np.flatnonzero(np.isnan(found.margin)).tolist() == [0, 1, 2]
    asked.labels[:30] = (asked.labels[:30] + 1) % 3
    assert evidence_training.course(asked) == (None, "")


def test_the_newest_training_that_tells_of_nearly_all_labels_is_heard() -> None:
    rows, probs, _ = training(60)
    dataset = imported(rows)
    ids = [row["id"] for row in rows]
    for name, count in [("first", 60), ("second", 60), ("third", 20)]:
        add_arrays(dataset, name=f"{name}.npz", ids=ids[:count], classes=CLASSES, probs=probs[:, :count])
    assert evidence_training.course(evidence.subjects(dataset))[1] == "second"


def test_items_without_a_label_are_left_out() -> None:
    rows, probs, _ = training(60)
    for row in rows[:4]:
        del row["label"]
    rows[4] = rows[4] | {"labels": [{"annotator": "ann", "value": rows[4].pop("label")}]}
    dataset = brought("rows", rows, probs)
    assert TrainingCourse.objects.count() == 56
    found, _ = evidence_training.course(evidence.subjects(dataset))
    assert found is not None
    assert np.flatnonzero(np.isnan(found.margin)).tolist() == [0, 1, 2, 3]
