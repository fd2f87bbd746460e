"""Labels with parts as arrays: who is heard, what is left out, and where tokens meet spans."""

import numpy as np
import pytest

from detection import evidence_classes, evidence_parts, evidence_spans
from detection.models import Prediction, PredictionModel
from tests import builders
from tests.detection.builders import filled
from tests.detection.part_builders import believed

pytestmark = pytest.mark.django_db

CAR = {"bbox": [0, 0, 10, 10], "label": "car"}
NEAR = {"bbox": [1, 0, 10, 10], "label": "car"}
DOG = {"bbox": [50, 50, 10, 10], "label": "dog"}


def pictures(*labels):
    dataset = builders.dataset(task_type="boxes", media="image", classes=("car", "dog"))
    return evidence_parts.subjects(dataset), filled(dataset, [{}] * len(labels), list(labels)), dataset


def texts(text, *spans):
    dataset = builders.dataset(task_type="spans", classes=("DRUG", "DOSE"))
    items = filled(
        dataset, [{"text": text}], [[dict(zip(("start", "end", "label"), s, strict=True)) for s in spans]]
    )
    return evidence_parts.subjects(dataset), items, dataset


def test_items_without_a_label_are_not_asked_about():
    _, items, dataset = pictures([CAR], None, [])
    asked = evidence_parts.subjects(dataset)
    assert asked.labels.tolist() == [0, -1, 0]
    assert list(evidence_parts.official(asked)) == [(0, [CAR]), (2, [])]


def test_a_persons_last_opinion_counts_and_one_that_the_label_repeats_does_not():
    _, items, dataset = pictures([CAR], [DOG])
    for who, value in (("ann", [DOG]), ("ann", [CAR]), ("bo", [NEAR]), ("cy", [NEAR, DOG])):
        builders.annotation(items[0], who, value)
    builders.annotation(items[1], "ann", [DOG])
    asked = evidence_parts.subjects(dataset)
    assert list(evidence_parts.opinions(asked)) == [(0, [[NEAR], [NEAR, DOG]]), (1, [[DOG]])]


def test_boxes_are_pooled_by_the_share_of_those_who_saw_the_picture():
    _, items, dataset = pictures([], [])
    for who, value in (("ann", [CAR]), ("bo", [NEAR, DOG])):
        builders.annotation(items[0], who, value)
    builders.annotation(items[1], "ann", [DOG])
    pooled, heard = evidence_parts.pooled_boxes(evidence_parts.subjects(dataset))
    assert heard.all()
    assert sorted(zip(pooled.image.tolist(), pooled.label.tolist(), pooled.score.tolist(), strict=True)) == [
        (0, 0, 1.0),
        (0, 1, 0.5),
        (1, 1, 1.0),
    ]


def test_the_model_that_spoke_of_most_items_is_heard_and_unknown_classes_are_not():
    _, items, dataset = pictures([CAR], [CAR])
    believed(dataset, items, [[CAR | {"score": 0.5}], None], name="one")
    most = believed(
        dataset, items, [[CAR | {"score": 0.5}], [{**DOG, "label": "owl", "score": 0.4}]], name="two"
    )
    asked = evidence_parts.subjects(dataset)
    assert evidence_parts.value_model(asked) == most
    boxes, spoken = evidence_parts.boxes(asked, evidence_parts.predicted(asked, most))
    assert spoken.all()
    assert (boxes.image.tolist(), boxes.score.tolist()) == ([0], [0.5])


def test_tokens_are_words_and_signs_and_of_spans_that_overlap_the_first_is_read():
    asked, _, _ = texts("take aspirin, 81 mg", (5, 12, "DRUG"), (8, 16, "DOSE"), (14, 19, "DOSE"))
    read = evidence_spans.by_words(asked)
    assert list(zip(read.start.tolist(), read.end.tolist(), strict=True)) == [
        (0, 4),
        (5, 12),
        (12, 13),
        (14, 16),
        (16 + 1, 19),
    ]
    assert read.labels.tolist() == [0, 1, 0, 2, 2]
    assert read.span_start.tolist() == [5, 14]


def test_people_who_agree_are_believed_more_than_one():
    asked, items, dataset = texts("take aspirin")
    marked = [{"start": 5, "end": 12, "label": "DRUG"}]
    builders.annotation(items[0], "ann", marked)
    one = evidence_spans.by_annotators(asked)[1][1, 1]
    builders.annotation(items[0], "bo", marked)
    two = evidence_spans.by_annotators(asked)[1][1, 1]
    builders.annotation(items[0], "cy", [{"start": 0, "end": 4, "label": "DOSE"}])
    split = evidence_spans.by_annotators(asked)[1][1, 1]
    assert 0.5 < split < one < two < 1


def test_independent_probabilities_are_taken_as_they_are():
    dataset = builders.dataset(task_type="multilabel", classes=("a", "b"))
    items = filled(dataset, [{"text": "x"}, {"text": "y"}], [["a"], []])
    model = PredictionModel.objects.create(dataset=dataset, name="net", classes=["b", "a", "unknown"])
    for item in items:
        probs = np.array([0.25, 0.75, 0.5], dtype="<f4").tobytes()
        Prediction.objects.create(model=model, item=item, probs=probs)
    asked = evidence_parts.subjects(dataset)
    labels = evidence_classes.labels(asked)
    probs, name = evidence_classes.predictions(asked, labels)
    assert labels.tolist() == [[True, False], [False, False]]
    assert (name, probs.tolist()) == ("net", [[0.75, 0.25], [0.75, 0.25]])
    Prediction.objects.filter(item=items[0]).delete()
    assert evidence_classes.predictions(asked, labels) == (None, "")
