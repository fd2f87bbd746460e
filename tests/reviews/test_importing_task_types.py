"""Multilabel, spans and boxes on their way in and out: values, predictions, places, classes."""

from io import BytesIO
from zipfile import ZipFile

import orjson
import pytest
from PIL import Image

from detection.models import Prediction
from reviews import exporting, versions
from reviews.models import Annotation, GoldItem, Item, JobStatus
from tests import builders
from tests.builders import imported

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]

TEXT = "aspirin 81 mg 💊"
DRUG = {"start": 0, "end": 7, "label": "DRUG"}
DOSE = {"start": 8, "end": 13, "label": "DOSE"}
CAR = {"bbox": [1, 2, 3, 4], "label": "car"}
TOKENS = {
    "tokens": [[0, 7], [8, 10], [11, 13]],
    "probs": {"O": [0.1, 0.5, 0.5], "DRUG": [0.9, 0.0, 0.0], "DOSE": [0.0, 0.5, 0.5]},
}


def dataset(task_type, medium="text", **more):
    return builders.dataset(**{"classes": (), "task_type": task_type, "media": medium} | more)


def jsonl(*rows):
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def zipped(*rows, size=(20, 10), orientation=1):
    out, picture = BytesIO(), BytesIO()
    image = Image.new("RGB", size)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(picture, "JPEG", exif=exif)
    with ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", picture.getvalue())
        archive.writestr("rows.jsonl", jsonl(*rows))
    return out.getvalue()


def places(job):
    return [(error["line"], error["column"], error["code"]) for error in job.errors]


def exported(made, tag, format="jsonl"):
    version = versions.freeze(dataset=made, tag=tag, note="", actor=made.created_by)
    return version, b"".join(exporting.export(version=version, format=format).blocks)


def test_a_row_of_each_task_type_finds_its_tables_and_its_classes():
    made = dataset("multilabel")
    row = {
        "id": "1",
        "text": "x",
        "label": ["nodule", "fluid"],
        "labels": [{"annotator": "ann", "value": []}],
        "gold": ["scar"],
        "predictions": [{"model": "net", "probs": {"fluid": 0.9, "nodule": 0.8, "air": 0.0}}],
    }
    job = imported(made, jsonl(row))
    assert (job.status, job.errors) == (JobStatus.SUCCEEDED, [])
    made.refresh_from_db()
    assert made.classes == ["air", "fluid", "nodule", "scar"]
    assert Item.objects.get().current_revision.value == ["fluid", "nodule"]
    assert (Annotation.objects.get().value, GoldItem.objects.get().value) == ([], ["scar"])


@pytest.mark.parametrize("said", [[{**DRUG, "score": 0.75}, {**DOSE, "score": 1.0}], [], TOKENS], ids=str)
def test_what_a_model_says_of_a_text_is_kept_as_it_came(said):
    made = dataset("spans")
    row = {"id": "1", "text": TEXT, "label": [DOSE, DRUG], "predictions": [{"model": "crf", "value": said}]}
    assert imported(made, jsonl(row)).errors == []
    assert Prediction.objects.get().value == said
    made.refresh_from_db()
    assert made.classes == ["DOSE", "DRUG"]
    assert Item.objects.get().current_revision.value == [DRUG, DOSE]


def test_boxes_are_in_pixels_of_the_picture_as_displayed():
    made = dataset("boxes", "image")
    low = {"bbox": [0, 11, 10, 9], "label": "car"}  # within 10 × 20, not within 20 × 10
    row = {
        "id": "1",
        "image": "a.jpg",
        "label": [low],
        "predictions": [{"model": "net", "value": [{"bbox": [-9, 0, 99, 9], "label": "bus", "score": 0.5}]}],
    }
    assert imported(made, zipped(row, orientation=6)).errors == []
    made.refresh_from_db()
    assert made.classes == ["bus", "car"]
    assert Prediction.objects.get().value[0]["bbox"] == [-9, 0, 99, 9]
    lying = imported(dataset("boxes", "image"), zipped(row, orientation=1))
    assert places(lying) == [(1, "label", "bad_box")]


@pytest.mark.parametrize(
    ("said", "column", "code"),
    [
        ({"label": [{"start": 0, "end": 16, "label": "x"}]}, "label", "bad_span"),
        ({"label": [{"start": 3, "end": 3, "label": "x"}]}, "label", "bad_span"),
        ({"label": [{"start": -1, "end": 3, "label": "x"}]}, "label", "bad_span"),
        ({"gold": [{"start": 0, "end": 16, "label": "x"}]}, "gold", "bad_span"),
        ({"labels": [{"annotator": "a", "value": [{**DRUG, "end": 99}]}]}, "labels", "bad_span"),
        ({"label": "DRUG"}, "label", "bad_label"),
        ({"label": [{**DRUG, "label": "O"}]}, "label", "bad_label"),
        (
            {"predictions": [{"model": "m", "value": [{**DRUG, "label": "O", "score": 1}]}]},
            "predictions",
            "bad_label",
        ),
        ({"predictions": [{"model": "m", "value": [DRUG]}]}, "predictions", "bad_prediction"),
        (
            {"predictions": [{"model": "m", "value": [{**DRUG, "end": 99, "score": 1}]}]},
            "predictions",
            "bad_span",
        ),
        ({"predictions": [{"model": "m", "probs": {"DRUG": 1.0}}]}, "predictions", "bad_prediction"),
        ({"predictions": [{"model": "m", "value": None}]}, "predictions", "bad_prediction"),
        ({"predictions": [{"model": "m", "epoch": 1, "value": []}]}, "predictions", "bad_prediction"),
        ({"predictions": [{"model": "m", "value": {"tokens": []}}]}, "predictions", "bad_prediction"),
        (
            {"predictions": [{"model": "m", "value": {"tokens": [[0, 99]], "probs": {"O": [1.0]}}}]},
            "predictions",
            "bad_prediction",
        ),
    ],
    ids=str,
)
def test_what_does_not_fit_a_text_is_refused_in_its_place(said, column, code):
    good = {"id": "0", "text": TEXT, "label": [DRUG]}
    job = imported(dataset("spans"), jsonl(good, {"id": "1", "text": TEXT} | said))
    assert places(job) == [(2, column, code)]
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    "bbox", [[0, 0, 0, 5], [0, 0, 5, -1], [0, 0, 21.5, 5], [30, 0, 5, 5], [0, 0, 5], "x"]
)
def test_boxes_that_are_none_are_refused_in_their_place(bbox):
    row = {"id": "1", "image": "a.jpg", "label": [{"bbox": bbox, "label": "car"}]}
    assert places(imported(dataset("boxes", "image"), zipped(row))) == [(1, "label", "bad_box")]


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": [[0, 7], [6, 10], [11, 13]]},
        {"tokens": [[0, 7], [8, 8], [11, 13]]},
        {"tokens": [[0, 7], [8.5, 10], [11, 13]]},
        {"probs": {"DRUG": [1.0, 1.0, 1.0]}},
        {"probs": {"O": [0.5, 0.5, 0.5], "DRUG": [0.5, 0.5]}},
        {"probs": {"O": [0.5, 0.5, 0.5]}},
        {"probs": {"O": [1.5, 1.0, 1.0]}},
        {"more": 1},
    ],
    ids=str,
)
def test_token_probabilities_of_another_shape_are_refused(change):
    row = {"id": "1", "text": TEXT, "predictions": [{"model": "m", "value": TOKENS | change}]}
    assert places(imported(dataset("spans"), jsonl(row))) == [(1, "predictions", "bad_prediction")]


def test_classes_of_a_closed_list_bind_spans_and_predictions():
    made = dataset("spans", classes=("DRUG",))
    row = {"id": "1", "text": TEXT, "label": [DOSE]}
    other = {"id": "2", "text": TEXT, "predictions": [{"model": "m", "value": TOKENS}]}
    found = places(imported(made, jsonl(row, other)))
    assert found == [(1, "label", "unknown_label"), (2, "predictions", "unknown_label")]


def test_opinions_row_by_row_add_up_to_a_consensus():
    lines = ["item,text,annotator,label", "1,x,ann,a|b", "1,x,bo,b", "1,x,cy,b"]
    assert imported(dataset("multilabel"), "\n".join(lines).encode()).errors == []
    assert Item.objects.get().current_revision.value == ["b"]
    assert Annotation.objects.count() == 3


@pytest.mark.parametrize("format", ["jsonl", "csv"])
@pytest.mark.parametrize(
    ("task_type", "label"),
    [("multilabel", ["a", "b|c"]), ("multilabel", []), ("spans", [DRUG, DOSE]), ("spans", [])],
)
def test_a_version_goes_out_and_comes_in_as_the_same(task_type, label, format):
    made, again = dataset(task_type), dataset(task_type)
    assert (
        imported(made, jsonl({"id": "1", "text": TEXT, "label": label}, {"id": "2", "text": "y"})).errors
        == []
    )
    first, content = exported(made, "1", format)
    assert imported(again, content).errors == []
    assert exported(again, "1")[0].sha256 == first.sha256


def test_two_versions_differ_in_the_value_as_it_is():
    made = dataset("boxes", "image")
    imported(made, zipped({"id": "1", "image": "a.jpg", "label": [CAR]}))
    version, content = exported(made, "1")
    assert orjson.loads(content) == {"id": "1", "image": "a.jpg", "label": [CAR]}
    [change] = versions.diff(older=versions.before_all(dataset=made), newer=version)
    assert change["after"] == {"value": [CAR], "status": "labelled"}
