"""NumPy's .npz: predictions and embeddings for items that are there, streamed, never unpickled."""

import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection import evidence
from detection.models import Embedding, Prediction, PredictionModel, TrainingCourse
from reviews import ledger, proof
from reviews.formats import npz
from reviews.formats.errors import FormatError
from reviews.formats.registry import detect
from reviews.models import AuditEvent, JobStatus
from reviews.tasktypes.registry import TASK_TYPES
from tests import builders

CLASSES = np.array(["cat", "dog", "owl"])
PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]], dtype=np.float32)


def saved(**arrays):
    out = BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def read(content, task="classification", **mapping):
    mapping = {"model": "net"} | mapping
    return list(npz.read(BytesIO(content), task=TASK_TYPES[task], media="text", mapping=mapping))


def refused(content, task="classification", **mapping):
    """(code, line, column) of each error."""
    try:
        found = read(content, task, **mapping)
    except FormatError as error:
        found = [error]
    return [(one.code, one.line, one.column) for one in found if isinstance(one, FormatError)]


# The file alone


@pytest.mark.parametrize("ids", [["a", "bé"], [7, 8], [b"a", b"b"]], ids=str)
@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f4", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_ids_classes_and_probabilities_are_read(ids, dtype, order):
    content = saved(ids=np.array(ids), classes=CLASSES, probs=PROBS.astype(dtype, order=order))
    [said] = read(content)
    assert said.ids == [one.decode() if isinstance(one, bytes) else str(one) for one in ids]
    assert (said.model, list(said.classes), list(said.lines)) == ("net", ["cat", "dog", "owl"], [1, 2])
    np.testing.assert_allclose(said.probs, PROBS, atol=1e-3)


def test_the_format_is_found_by_the_content():
    assert detect(BytesIO(saved(ids=np.array(["a"])))).name == "npz"


def test_arrays_of_other_names_are_mapped():
    content = saved(names=np.array(["a", "b"]), order=CLASSES, crf=PROBS)
    [said] = read(content, ids="names", classes="order", probs="crf", model="crf")
    assert (said.model, said.ids) == ("crf", ["a", "b"])


IDS = np.array(["a", "b"])
GOOD = {"ids": IDS, "classes": CLASSES, "probs": PROBS}


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"ids": np.array(["a", None])}, "bad_array", "ids"),
        ({"ids": np.array([0.5, 1.5])}, "bad_id", "ids"),
        ({"ids": np.array([["a", "b"]])}, "bad_id", "ids"),
        ({"ids": np.array(["a" * 501, "b"])}, "bad_id", "ids"),
        ({"ids": np.array(["a", ""])}, "bad_id", "ids"),
        ({"ids": np.array([b"a", b"\xff"])}, "bad_id", "ids"),
        ({"ids": np.array(["a", "b", "c"])}, "wrong_shape", "probs"),
        ({"classes": CLASSES[:2]}, "wrong_shape", "classes"),
        ({"classes": np.array(["cat", "cat", "dog"])}, "bad_label", "classes"),
        ({"classes": np.array(["cat", " ", "dog"])}, "bad_label", "classes"),
        ({"classes": CLASSES.astype(object)}, "bad_array", "classes"),
        ({"probs": PROBS.astype(object)}, "bad_array", "probs"),
        ({"probs": PROBS[0]}, "wrong_shape", "probs"),
        ({"probs": PROBS.astype(complex)}, "wrong_shape", "probs"),
        ({"probs": np.zeros((2, 0))}, "wrong_shape", "probs"),
        ({"probs": np.zeros((2, 3), dtype=[("a", "f4")])}, "bad_array", "probs"),
        ({"embeddings": np.zeros(2)}, "wrong_shape", "embeddings"),
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_refused_by_name(change, code, column):
    assert [(c, at) for c, _, at in refused(saved(**GOOD | change))] == [(code, column)]


@pytest.mark.parametrize("without", ["ids", "classes", "probs"])
def test_a_missing_array_is_named(without):
    [(code, _, _)] = refused(saved(**{name: one for name, one in GOOD.items() if name != without}))
    assert code == "missing_array"


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.5])
def test_a_probability_that_is_none_is_refused_in_its_row(value):
    probs = PROBS.copy()
    probs[1, 2] = value
    assert refused(saved(**GOOD | {"probs": probs})) == [("bad_prediction", 2, "probs")]


def test_logits_in_every_epoch_are_one_error_a_row():
    content = saved(**GOOD | {"probs": np.full((50, 2, 3), -1.0)})
    assert refused(content) == [("bad_prediction", 1, "probs"), ("bad_prediction", 2, "probs")]
    [first, _] = read(content)[:2]
    assert "in epoch 1 " in first.detail


def test_epochs_that_would_fill_the_disk_out_of_a_small_file_are_refused():
    probs = np.zeros((900, 2, 1200))
    out = BytesIO()
    names = {"ids": IDS, "classes": np.arange(1200)}
    np.savez_compressed(out, **names, probs=probs)
    assert refused(out.getvalue()) == [("zip_bomb", None, "probs")]


@pytest.mark.parametrize("header", ["(" * 40, "(" * 5_000, "{", "'"])
def test_a_header_that_is_no_python_is_none(header):
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as file:
        said = header.encode() + b"\n"
        file.writestr("ids.npy", b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said)
    assert refused(packed.getvalue()) == [("bad_array", None, "ids")]


def test_probabilities_sum_to_one_where_one_class_applies():
    content = saved(**GOOD | {"probs": np.array([[1.0, 0, 0], [1, 1, 0]])})
    assert refused(content) == [("bad_prediction", 2, "probs")]
    assert refused(content, "multilabel") == []
    assert refused(content, "spans") == [("bad_prediction", None, "probs")]


EPOCHS = np.stack([PROBS, PROBS[::-1], PROBS[:, ::-1]])


@pytest.mark.parametrize("dtype", ["<f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_a_model_said_after_each_epoch_is_read_some_items_at_a_time(save, dtype, order, monkeypatch):
    monkeypatch.setattr(npz, "MOST_ROWS", 1)
    save(out := BytesIO(), **GOOD | {"probs": EPOCHS.astype(dtype, order=order)})
    first, second = read(out.getvalue())
    assert (first.ids, second.ids, first.probs, second.probs) == (["a"], ["b"], None, None)
    np.testing.assert_allclose(np.concatenate([first.epochs, second.epochs], axis=1), EPOCHS, rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 1, 3), (0, 2, 3), (1001, 2, 3), (1, 1, 2, 3)])
def test_epochs_of_another_shape_are_refused(shape):
    [(code, _, column)] = refused(saved(**GOOD | {"probs": np.full(shape, 0.5)}))
    assert (code, column) in [("wrong_shape", "probs"), ("wrong_shape", "classes")]


@pytest.mark.parametrize(
    ("epoch", "row", "value", "told"),
    [(1, 1, [1.5, 0, 0], "“cat” in epoch 2 must be"), (2, 0, [0.2, 0.2, 0.2], "in epoch 3 must sum to 1")],
)
def test_what_is_wrong_with_an_epoch_is_told_with_its_number(epoch, row, value, told):
    probs = EPOCHS.copy()
    probs[epoch, row] = value
    [found] = [one for one in read(saved(**GOOD | {"probs": probs})) if isinstance(one, FormatError)]
    assert (found.code, found.line) == ("bad_prediction", row + 1)
    assert told in found.detail


def test_a_training_is_followed_for_classification_alone():
    assert refused(saved(**GOOD | {"probs": EPOCHS}), "multilabel") == [("bad_prediction", None, "probs")]


def test_an_embedding_that_is_none_is_refused_in_its_row():
    content = saved(ids=IDS, embeddings=np.array([[1.0, np.nan], [1e39, 2.0]]))
    assert refused(content) == [("bad_embedding", 1, "embeddings"), ("bad_embedding", 2, "embeddings")]


def test_a_header_that_promises_more_than_there_is_is_refused():
    with ZipFile(out := BytesIO(), "w") as archive:
        for name, array in GOOD.items():
            np.save(one := BytesIO(), array)
            archive.writestr(f"{name}.npy", one.getvalue().replace(b"(2, 3)", b"(99,3)"))
    assert refused(out.getvalue()) == [("bad_array", None, "probs")]


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_a_cut_or_corrupted_file_gives_rows_or_errors(data):
    content = bytearray(saved(**GOOD, embeddings=PROBS))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    refused(bytes(content))


@pytest.mark.parametrize("packing", [ZIP_STORED, ZIP_DEFLATED])
def test_memory_does_not_grow_with_the_file(tmp_path, packing):
    rows, columns = 150_000, 100
    np.save(tmp_path / "probs.npy", np.full((rows, columns), 0.01, dtype=np.float32))
    np.save(tmp_path / "ids.npy", np.arange(rows))
    np.save(tmp_path / "classes.npy", np.arange(columns))
    with ZipFile(tmp_path / "big.npz", "w", packing) as archive:
        for name in ("ids", "classes", "probs"):
            archive.write(tmp_path / f"{name}.npy", f"{name}.npy")
    with (tmp_path / "big.npz").open("rb") as file:
        tracemalloc.start()
        blocks = npz.read(file, task=TASK_TYPES["classification"], media="text", mapping={"model": "net"})
        assert sum(len(said.ids) for said in blocks) == rows
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 40 << 20 < rows * columns * 4


def test_memory_does_not_grow_with_the_epochs(tmp_path):
    count, columns, rows = 20, 50, 20_000
    probs = np.lib.format.open_memmap(tmp_path / "probs.npy", "w+", np.float32, (count, rows, columns))
    probs[:] = 1 / columns
    del probs
    np.save(tmp_path / "ids.npy", np.arange(rows))
    np.save(tmp_path / "classes.npy", np.arange(columns))
    with ZipFile(tmp_path / "big.npz", "w", ZIP_STORED) as archive:
        for name in ("ids", "classes", "probs"):
            archive.write(tmp_path / f"{name}.npy", f"{name}.npy")
    with (tmp_path / "big.npz").open("rb") as file:
        tracemalloc.start()
        blocks = npz.read(file, task=TASK_TYPES["classification"], media="text", mapping={"model": "net"})
        assert sum(said.epochs.shape[1] for said in blocks) == rows
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 50 << 20 < count * rows * columns * 4


# Into a dataset


def imported(made, content, **more):
    return builders.imported(made, content, name="runs/resnet.npz", **more)


@pytest.fixture
def scene(own_storage, transactional_db):
    made = builders.dataset()
    return made, builders.items(made, "cat", "dog", "owl")


def named(items):
    return np.array([item.external_id for item in items])


def test_probabilities_reach_the_items_and_the_audit_log(scene):
    made, items = scene
    content = saved(
        ids=named(items[::-1]), classes=CLASSES[::-1], probs=np.eye(3)[:, ::-1], embeddings=np.eye(3)
    )
    job = imported(made, content)
    assert (job.status, job.errors, job.format) == (JobStatus.SUCCEEDED, [], "npz")
    assert (job.counts["items"], job.counts["predictions"], job.counts["embeddings"]) == (0, 3, 3)
    probs, name = evidence.predictions(evidence.subjects(made))
    assert name == "resnet"
    np.testing.assert_array_equal(probs, np.eye(3)[::-1])
    vector = np.frombuffer(Embedding.objects.get(item=items[0]).vector, "<f4")
    np.testing.assert_array_equal(vector, [0, 0, 1])
    event = AuditEvent.objects.filter(action="import").latest("id")
    assert (event.subject_id, event.payload["counts"]["predictions"]) == (job.pk, 3)
    made.refresh_from_db()
    assert made.item_count == 3
    ledger.seal(dataset_id=made.pk)
    assert list(proof.verify(dataset_id=made.pk)) == []


def test_one_bad_row_leaves_nothing(scene):
    made, items = scene
    ids = np.array([*named(items), "nobody", named(items)[0]])
    job = imported(made, saved(ids=ids, classes=CLASSES, probs=np.full((5, 3), 1 / 3)))
    assert [(error["line"], error["code"]) for error in job.errors] == [
        (4, "unknown_id"),
        (5, "duplicate_id"),
    ]
    assert not Prediction.objects.exists()
    assert not PredictionModel.objects.exists()
    assert AuditEvent.objects.filter(action="import").count() == 1


def test_a_file_that_goes_on_for_ever_is_not_read_for_ever(scene):
    made, items = scene
    content = saved(ids=np.zeros(20_000, dtype=int), embeddings=np.zeros((20_000, 1)))
    job = imported(made, content)
    assert job.errors[-1]["code"] == "unknown_id"
    assert job.counts["errors"] == job.counts["rows"] + 1 == 10_001


def test_a_dry_run_keeps_nothing(scene):
    made, items = scene
    job = imported(made, saved(ids=named(items), classes=CLASSES, probs=np.eye(3)), dry_run=True)
    assert (job.status, job.counts["predictions"]) == (JobStatus.SUCCEEDED, 3)
    assert not Prediction.objects.exists()


def test_what_a_model_said_is_not_said_again_but_others_may_be_added(scene):
    made, items = scene
    first = saved(ids=named(items[:2]), classes=CLASSES, probs=np.eye(3)[:2])
    rest = saved(ids=named(items[2:]), classes=CLASSES[[2, 0, 1]], probs=np.eye(3)[:1])
    assert imported(made, first).errors == []
    [error, _] = imported(made, first).errors
    assert (error["line"], error["code"]) == (1, "repeated_prediction")
    assert imported(made, rest).errors == []
    assert imported(made, first, mapping={"model": "other"}).errors == []
    probs, _ = evidence.predictions(evidence.subjects(made))
    np.testing.assert_array_equal(probs, np.eye(3))


def test_a_training_comes_once_beside_the_predictions_of_its_model(scene):
    made, items = scene
    epochs = np.stack([np.full((3, 3), 1 / 3), np.eye(3)])
    course = saved(ids=named(items), classes=CLASSES, probs=epochs)
    assert imported(made, course).errors == []
    assert {error["code"] for error in imported(made, course).errors} == {"repeated_prediction"}
    assert imported(made, saved(ids=named(items), classes=CLASSES, probs=np.eye(3))).errors == []
    assert TrainingCourse.objects.filter(model__name="resnet").count() == 3
    assert Prediction.objects.filter(model__name="resnet").count() == 3


def test_embeddings_come_once_and_in_one_length(scene):
    made, items = scene
    assert imported(made, saved(ids=named(items[:2]), embeddings=np.eye(2))).errors == []
    [again, _] = imported(made, saved(ids=named(items[:2]), embeddings=np.eye(2))).errors
    [longer] = imported(made, saved(ids=named(items[2:]), embeddings=np.ones((1, 5)))).errors
    assert (again["code"], longer["code"]) == ("repeated_prediction", "bad_embedding")


def test_classes_of_a_closed_list_bind_the_columns(scene):
    made, items = scene
    job = imported(made, saved(ids=named(items), classes=np.array(["cat", "dog", "fox"]), probs=np.eye(3)))
    assert [error["code"] for error in job.errors] == ["unknown_label"]
    assert job.errors[0]["column"] == "classes"
