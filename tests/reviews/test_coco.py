"""COCO: ground truth in a zip beside its images, detections for items that are there, and the way out."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detection.models import Prediction
from reviews import exporting, versions
from reviews.errors import DomainError
from reviews.formats import coco, coco_results
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.parsing import parse
from reviews.formats.registry import detect
from reviews.models import Item, JobStatus
from reviews.tasktypes.registry import TASK_TYPES
from tests import builders

BOXES = TASK_TYPES["boxes"]
CATEGORIES = [{"id": 1, "name": "car"}, {"id": 90, "name": "bus"}]
IMAGES = [{"id": 7, "file_name": "a.png", "width": 20, "height": 10}, {"id": 9, "file_name": "b.png"}]
CAR = {"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4.5], "iscrowd": 0}
BUS = {"id": 2, "image_id": 7, "category_id": 90, "bbox": [0, 0, 20, 10], "area": 200}
DATA = Path(__file__).parents[3] / "shared" / "data" / "bccd_cells_det"


def truth(annotations=(CAR, BUS), images=IMAGES, categories=CATEGORIES, **more):
    return {"images": list(images), "annotations": list(annotations), "categories": list(categories)} | more


def picture(size=(20, 10), orientation=1):
    image = Image.new("RGB", size)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(out := BytesIO(), "PNG", exif=exif)
    return out.getvalue()


def zipped(whole, *, name="instances.json", pictures=("a.png", "b.png")):
    with ZipFile(out := BytesIO(), "w") as archive:
        archive.writestr(name, whole if isinstance(whole, bytes) else orjson.dumps(whole))
        for one in pictures:
            archive.writestr(one, picture())
    return out.getvalue()


def read(content, **mapping):
    return list(coco.read(BytesIO(content), task=BOXES, media="image", mapping=mapping))


def refused(content, **mapping):
    """(code, line, column) of each error."""
    try:
        found = read(content, **mapping)
    except FormatError as error:
        found = [error]
    return [(one.code, one.line, one.column) for one in found if isinstance(one, FormatError)]


def test_an_image_has_the_boxes_of_its_annotations():
    content = zipped(truth())
    assert detect(BytesIO(content)).name == "coco"
    first, second = read(content)
    assert (first.id, first.image, first.entry) == ("7", "a.png", "a.png")
    assert first.label == [
        {"bbox": [0, 0, 20, 10], "label": "bus"},
        {"bbox": [1, 2, 3, 4.5], "label": "car"},
    ]
    assert second.label == []


def test_crowds_are_no_objects_and_further_keys_are_kept():
    crowd = BUS | {"iscrowd": 1, "segmentation": {"counts": [1], "size": [1, 1]}}
    first, _ = read(zipped(truth([CAR, crowd], [IMAGES[0] | {"license": 3}, IMAGES[1]])))
    assert [one["label"] for one in first.label] == ["car"]
    assert first.meta == {"license": 3, "crowd": [{"bbox": [0, 0, 20, 10], "label": "bus"}]}


def test_the_pictures_may_lie_in_folders():
    [row] = read(zipped(truth([], [IMAGES[0]]), name="ann/x.json", pictures=["images/train/a.png"]))
    assert row.entry == "images/train/a.png"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            {"annotations": [CAR, CAR | {"category_id": 3}]},
            ("unknown_category", 2, "annotations.category_id"),
        ),
        ({"annotations": [CAR | {"image_id": 8}]}, ("unknown_image", 1, "annotations.image_id")),
        ({"annotations": [CAR | {"bbox": [0, 0, 0, 1]}]}, ("bad_box", 1, "annotations.bbox")),
        ({"annotations": [CAR | {"bbox": [0, 0, -1, 1]}]}, ("bad_box", 1, "annotations.bbox")),
        ({"annotations": [CAR | {"bbox": [0, 0, None, 1]}]}, ("bad_box", 1, "annotations.bbox")),
        ({"annotations": [CAR | {"bbox": None}]}, ("bad_box", 1, "annotations.bbox")),
        ({"annotations": [3]}, ("not_coco", 1, "annotations")),
        ({"annotations": {}}, ("not_coco", None, "annotations")),
        ({"images": [IMAGES[0], {"id": 9}]}, ("missing_image", 2, "images.file_name")),
        ({"images": [IMAGES[0], {"id": 9, "file_name": "c.png"}]}, ("missing_media", 2, "images.file_name")),
        ({"images": [IMAGES[0], {"id": None, "file_name": "b.png"}]}, ("bad_id", 2, "images.id")),
        ({"categories": [*CATEGORIES, {"id": 90, "name": "x"}]}, ("bad_category", 3, "categories")),
        ({"categories": [*CATEGORIES, {"id": 91, "name": " "}]}, ("bad_label", 3, "categories.name")),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_in_its_place(change, error):
    assert refused(zipped(truth() | change)) == [error]


def test_an_annotation_with_an_outline_only_is_refused_in_words():
    outlined = {key: value for key, value in CAR.items() if key != "bbox"} | {
        "segmentation": [[1, 1, 2, 2, 3, 1]]
    }
    [error, *_] = read(zipped(truth([outlined])))
    assert str(error) == (
        "line 1, annotations.bbox: annotation 1 of image 7: this has no bbox but only a segmentation, which "
        "is not read. Correct the annotation, or take it out of the file"
    )


def test_a_box_without_an_extent_is_called_by_the_ids_of_its_annotation_and_image():
    flat = CAR | {"id": 31, "bbox": [1, 2, 0, 4]}
    errors = [one for one in read(zipped(truth([BUS, flat]))) if isinstance(one, FormatError)]
    assert [str(error) for error in errors] == [
        "line 2, annotations.bbox: annotation 31 of image 7: a box must have a width and a height above 0, "
        "not 0 × 4. Correct the annotation, or take it out of the file"
    ]


@pytest.mark.parametrize(
    ("size", "orientation", "fits"), [((20, 10), 1, True), ((20, 10), 6, False), ((10, 20), 6, True)]
)
def test_boxes_drawn_on_a_picture_that_lay_on_its_side_are_refused(size, orientation, fits):
    with ZipFile(out := BytesIO(), "w") as archive:
        archive.writestr("instances.json", orjson.dumps(truth([], [IMAGES[0]])))
        archive.writestr("a.png", picture(size, orientation))
    assert refused(out.getvalue()) == ([] if fits else [("wrong_size", 1, "images.width")])


def test_which_of_several_files_is_said_by_the_mapping():
    with ZipFile(out := BytesIO(zipped(truth())), "a") as archive:
        archive.writestr("val.json", orjson.dumps(truth([], [IMAGES[1]])))
    assert refused(out.getvalue()) == [("ambiguous_rows", None, "annotations")]
    assert [row.id for row in read(out.getvalue(), annotations="val.json")] == ["9"]
    assert refused(out.getvalue(), annotations="test.json") == [("no_rows", None, None)]


def test_broken_json_is_refused_in_its_line():
    whole = orjson.dumps(truth(), option=orjson.OPT_INDENT_2)
    assert refused(zipped(whole[:-2]))[0][0] == "bad_json"
    broken = whole.replace(b'"bus"', b'"b\xffs"')
    line = broken[: broken.index(b"\xff")].count(b"\n") + 1
    assert refused(zipped(broken)) == [("bad_encoding", line, None)]


def test_labels_that_are_no_boxes_are_refused():
    with pytest.raises(FormatError) as caught:
        next(coco.read(BytesIO(zipped(truth())), task=TASK_TYPES["spans"], media="text", mapping={}))
    assert caught.value.code == "wrong_task"


def test_a_file_without_its_images_says_what_is_missing():
    with pytest.raises(FormatError) as caught:
        detect(BytesIO(orjson.dumps(truth())))
    assert caught.value.code == "missing_media"
    assert detect(BytesIO(b'{"images": [], "text": "x"}\n')).name == "jsonl"


numbers = st.integers(0, 10**6) | st.floats(0, 1e6)
sizes = st.integers(1, 10**6) | st.floats(0.001, 1e6)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9).filter(
    str.strip
)
boxes = st.lists(
    st.tuples(numbers, numbers, sizes, sizes, names).map(lambda b: {"bbox": list(b[:4]), "label": b[4]}),
    max_size=4,
)
optional = {"label": boxes, "split": names, "meta": st.dictionaries(names, numbers | names, min_size=1)}
rows = st.lists(
    st.fixed_dictionaries({"id": names | st.integers(0).map(str)}, optional=optional),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row["id"],
)


@given(rows)
@settings(deadline=None, max_examples=100)
def test_what_was_written_is_read_again(found):
    found = [row | {"image": "a.png"} for row in found]
    content = b"".join(coco.write(((row, (20, 10)) for row in found), classes=["car"]))
    meant = [parse(row, line=0, task=BOXES, media="image") for row in found]
    assert read(zipped(content)) == meant


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_cut_or_corrupted_file_gives_rows_or_errors(data):
    packed = data.draw(st.booleans())
    content = bytearray(zipped(truth()) if packed else orjson.dumps(truth()))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    content = bytes(content) if packed else zipped(bytes(content))
    try:
        found = read(content)
    except FormatError as error:
        found = [error]
    assert all(isinstance(row, Row | FormatError) for row in found)


# Results

HIT = {"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}


def said(whole, **mapping):
    content = whole if isinstance(whole, bytes) else orjson.dumps(whole)
    mapping = {"model": "net", "categories": {"1": "car", "90": "bus"}} | mapping
    return list(coco_results.read(BytesIO(content), task=BOXES, media="image", mapping=mapping))


def test_detections_are_gathered_by_image():
    far = HIT | {"image_id": "x/9", "category_id": 90}
    [addition] = said([HIT, far, HIT | {"bbox": [0, 0, 1, 1], "score": 1}])
    assert (addition.ids, addition.lines, addition.model) == (["7", "x/9"], [1, 2], "net")
    assert [[one["score"] for one in value] for value in addition.values] == [[1.0, 0.5], [0.5]]
    assert addition.values[1][0]["label"] == "bus"
    assert detect(BytesIO(orjson.dumps([HIT]))).name == "coco_results"


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"score": 1.5}, "bad_prediction", "score"),
        ({"score": None}, "bad_prediction", "score"),
        ({"category_id": 5}, "unknown_category", "category_id"),
        ({"image_id": None}, "missing_id", "image_id"),
        ({"bbox": [1, 2, 3]}, "bad_box", "bbox"),
        ({"bbox": [1, 2, 0, 3]}, "bad_box", "bbox"),
        ({"bbox": None, "segmentation": {}}, "bad_box", "bbox"),
    ],
    ids=str,
)
def test_a_detection_that_is_none_is_refused_in_its_place(change, code, column):
    [error] = [one for one in said([HIT, HIT | change]) if isinstance(one, FormatError)]
    assert (error.code, error.line, error.column) == (code, 2, column)


@pytest.mark.parametrize("content", [b"[{", b"3", b'{"annotations": 3}', b"[3]", b"\xff", b""])
def test_what_are_no_results_is_refused(content):
    with pytest.raises(FormatError):
        said(content)


def test_categories_that_nobody_named_are_asked_for():
    with pytest.raises(FormatError, match="which category is which"):
        said([HIT], categories=None)
    [addition] = said({"annotations": [HIT], "categories": [{"id": 1, "name": "tram"}]})
    assert addition.values[0][0]["label"] == "tram"


# Into a dataset and out of it


@pytest.fixture
def made(own_storage, transactional_db):
    return builders.dataset(classes=(), task_type="boxes", media="image")


def imported(made, content, name="yolo.json", **more):
    content = content if isinstance(content, bytes) else orjson.dumps(content)
    return builders.imported(made, content, name=name, **more)


def test_ground_truth_and_then_its_detections_come_in_without_further_words(made):
    job = imported(made, zipped(truth()), "cells.zip")
    assert (job.status, job.errors, job.format) == (JobStatus.SUCCEEDED, [], "coco")
    job = imported(made, [HIT, HIT | {"category_id": 90, "bbox": [-3, 0, 9, 9]}])
    assert (job.errors, job.counts["predictions"]) == ([], 1)
    prediction = Prediction.objects.select_related("model", "item").get()
    assert (prediction.model.name, prediction.item.external_id) == ("yolo", "7")
    assert [one["label"] for one in prediction.value] == ["bus", "car"]


def test_detections_of_unknown_images_or_outside_of_them_leave_nothing(made):
    imported(made, zipped(truth()), "cells.zip")
    job = imported(made, [HIT, HIT | {"image_id": 8}, HIT | {"image_id": 9, "bbox": [50, 0, 1, 1]}])
    assert [(error["line"], error["code"]) for error in job.errors] == [(2, "unknown_id"), (3, "bad_box")]
    assert not Prediction.objects.exists()


def test_an_annotation_outside_of_its_picture_is_refused(made):
    job = imported(made, zipped(truth([CAR | {"bbox": [19, 0, 5, 5]}])), "cells.zip")
    [error] = job.errors
    assert (error["line"], error["column"], error["code"]) == (1, "annotations.bbox", "bad_box")


def test_a_version_goes_out_and_comes_in_as_the_same(made):
    imported(made, zipped(truth()), "cells.zip")
    version = versions.freeze(dataset=made, tag="1", note="", actor=made.created_by)
    made.refresh_from_db()
    version.dataset = made
    file = exporting.export(version=version, format="coco")
    content = b"".join(file.blocks)
    assert file.file_name == "animals-1.json"
    whole = orjson.loads(content)
    assert whole["images"][0] == IMAGES[0]
    assert [(one["id"], one["area"]) for one in whole["annotations"]] == [(1, 200), (2, 13.5)]
    again = builders.dataset(classes=(), task_type="boxes", media="image")
    assert imported(again, zipped(content), "again.zip").errors == []
    other = versions.freeze(dataset=again, tag="1", note="", actor=again.created_by)
    assert other.sha256 == version.sha256


def test_labels_of_another_kind_do_not_go_out_as_coco(made):
    texts = builders.dataset()
    version = versions.freeze(dataset=texts, tag="1", note="", actor=texts.created_by)
    with pytest.raises(DomainError):
        exporting.export(version=version, format="coco")


@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no real dataset at {DATA}")
def test_real_cells_and_a_real_detector_come_in(made):
    with ZipFile(out := BytesIO(), "w") as archive:
        archive.write(DATA / "gt_injected.json", "gt.json")
        for path in sorted((DATA / "images").iterdir()):
            archive.write(path, f"images/{path.name}")
    assert imported(made, out.getvalue(), "bccd.zip").errors == []
    assert Item.objects.count() == 160
    job = imported(made, (DATA / "detections.json").read_bytes(), "weak.json")
    assert (job.errors, job.format) == ([], "coco_results")
    assert Prediction.objects.count() == job.counts["predictions"] > 150
