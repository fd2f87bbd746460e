"""Imports as jobs: whole or nothing, errors by line and column, safe to be handed out twice."""

import threading
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from django.core.files.base import ContentFile
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from reviews import checking, importing, ledger, media, progress, proof, versions
from reviews.errors import NotAllowedNow
from reviews.models import (
    Annotation,
    AuditEvent,
    GoldItem,
    ImportJob,
    Item,
    JobStatus,
    LabelRevision,
    MediaFile,
)
from tests import builders
from tests.builders import accepted, imported

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def open_dataset(**more):
    return builders.dataset(**{"classes": ()} | more)


def jsonl(*rows):
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def places(job):
    return [(error["line"], error["column"], error["code"]) for error in job.errors]


def nothing_is_left(dataset):
    """No row of any kind speaks of the import, and no file of it is kept."""
    dataset.refresh_from_db()
    left = [model.objects.exists() for model in (Item, LabelRevision, Annotation, GoldItem, MediaFile)]
    events = AuditEvent.objects.filter(dataset=dataset, action="import").exists()
    return not any(left) and not events and dataset.item_count == 0 and not stored_files()


def stored_files():
    root = media.storage().location
    return [path for path in Path(root).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """So that a file of a few rows crosses their borders."""
    monkeypatch.setattr(importing, "CHUNK", 2)
    monkeypatch.setattr(importing, "PICTURES_CHUNK", 2)


# What comes in


def test_a_full_row_finds_its_tables():
    dataset = open_dataset()
    job = imported(
        dataset,
        jsonl(
            {
                "id": "a\\b\tc",
                "text": "back\\slash\ttab\nline\r\n\\N",
                "label": "no",
                "split": "train",
                "meta": {"k": ["\\", "\n", {"x": 1.5}]},
                "labels": [
                    {"annotator": "ann", "value": "no", "at": "2026-01-31T10:00:00+01:00"},
                    {"annotator": "bo", "value": "yes"},
                ],
                "gold": "yes",
            }
        ),
    )
    assert (job.status, job.errors) == (JobStatus.SUCCEEDED, [])
    item = Item.objects.select_related("current_revision").get()
    assert (item.external_id, item.text, item.split) == ("a\\b\tc", "back\\slash\ttab\nline\r\n\\N", "train")
    assert item.meta == {"k": ["\\", "\n", {"x": 1.5}]}
    revision = item.current_revision
    assert (revision.value, revision.status, revision.cause, revision.number) == (
        "no",
        "labelled",
        "import",
        1,
    )
    given = {a.annotator.name: (a.value, a.given_at) for a in Annotation.objects.select_related("annotator")}
    assert given["ann"][0] == "no"
    assert given["ann"][1].isoformat() == "2026-01-31T09:00:00+00:00"
    assert given["bo"] == ("yes", None)
    assert item.gold.value == "yes"
    dataset.refresh_from_db()
    assert (dataset.item_count, dataset.classes) == (1, ["no", "yes"])
    counts = {"rows": 1, "items": 1, "annotations": 2, "predictions": 0, "images": 0, "errors": 0}
    assert job.counts == counts


def test_every_item_has_a_first_revision_and_the_ledger_holds():
    dataset = open_dataset()
    job = imported(
        dataset, jsonl(*({"id": i, "text": "x", "label": "ab"[i % 2] if i % 3 else None} for i in range(9)))
    )
    assert job.counts["items"] == LabelRevision.objects.count() == 9
    assert LabelRevision.objects.filter(status="unlabelled", value__isnull=True).count() == 3
    event = AuditEvent.objects.get(action="import")
    assert event.payload["revisions"]["count"] == 9
    assert (event.actor, event.subject_id) == (dataset.created_by, job.pk)
    ledger.seal(dataset_id=dataset.pk)
    assert list(proof.verify(dataset_id=dataset.pk)) == []


def test_an_ambiguous_row_stays_ambiguous():
    imported(open_dataset(), jsonl({"id": 1, "text": "x", "label": "a", "ambiguous": True}))
    assert LabelRevision.objects.get().status == "ambiguous"


def test_where_only_opinions_came_their_consensus_is_the_label_and_says_so():
    said = [{"annotator": name, "value": value} for name, value in (("a", "x"), ("b", "y"), ("c", "y"))]
    imported(open_dataset(), jsonl({"id": 1, "text": "t", "labels": said}))
    revision = LabelRevision.objects.get()
    assert (revision.value, revision.cause) == ("y", "consensus")


def test_one_row_an_opinion_becomes_one_item_with_their_consensus():
    dataset = open_dataset()
    rows = ["id,text,worker,label", "1,t,a,x", "2,u,a,x", "1,t,b,y", "3,v,a,z", "1,t,c,y"]
    job = imported(dataset, "\n".join(rows))
    assert (job.counts["items"], job.counts["annotations"], job.counts["rows"]) == (3, 5, 5)
    found = LabelRevision.objects.order_by("item_id").values_list("item__external_id", "value", "cause")
    assert list(found) == [("1", "y", "consensus"), ("2", "x", "consensus"), ("3", "z", "consensus")]
    ledger.seal(dataset_id=dataset.pk)
    assert list(proof.verify(dataset_id=dataset.pk)) == []


def test_learned_classes_stand_in_the_order_of_people_and_later_ones_behind_them():
    dataset = open_dataset()
    imported(dataset, "id,text,label\n1,a,10\n2,b,9\n3,c,2\n")
    imported(dataset, "id,text,label\n4,a,1\n5,b,9\n")
    dataset.refresh_from_db()
    assert dataset.classes == ["2", "9", "10", "1"]
    assert dataset.item_count == 5


def test_table_rows_keep_their_features():
    imported(open_dataset(media="table"), "id,age,zip,label\n1,3,01,x\n2,,NA,y\n")
    assert [item.features for item in Item.objects.order_by("id")] == [
        {"age": 3, "zip": "01"},
        {"age": None, "zip": "NA"},
    ]


def test_predictions_and_embeddings_are_handed_to_the_sidecars(monkeypatch):
    seen = []

    class Sidecar:
        def __init__(self, dataset):
            self.dataset = dataset

        def take(self, rows):
            assert Item.objects.filter(pk__in=[pk for pk, _ in rows]).count() == len(rows)
            seen.extend((row.id, row.predictions, row.embedding) for _, row in rows)

        def finish(self):
            seen.append("finished")

    monkeypatch.setattr(importing, "SIDECARS", [Sidecar])
    rows = [{"id": i, "text": "t", "predictions": [{"model": "m", "probs": {"a": 1}}]} for i in range(3)]
    job = imported(open_dataset(), jsonl({"id": "x", "text": "t", "embedding": [1, 2]}, *rows))
    assert [one if isinstance(one, str) else one[0] for one in seen] == ["x", "0", "1", "2", "finished"]
    assert job.counts["predictions"] == 3


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
NAMES = TEXTS.filter(str.strip)
ANY_ROW = st.fixed_dictionaries(
    {"id": NAMES, "text": NAMES},
    optional={"label": NAMES, "split": NAMES, "meta": st.dictionaries(TEXTS, PLAIN, min_size=1, max_size=3)},
)


@given(rows=st.lists(ANY_ROW, min_size=1, max_size=5, unique_by=lambda row: row["id"]))
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # each example is an import: shrinking takes minutes
)
def test_what_can_be_said_can_be_kept_and_is_given_back(rows):
    dataset = open_dataset()
    job = imported(dataset, jsonl(*rows))
    assert job.errors == []
    position = ledger.seal(dataset_id=dataset.pk)
    found = list(versions.rows_at(dataset_id=dataset.pk, position=position))
    assert as_floats(found) == as_floats(rows)


def as_floats(value):
    """Postgres keeps numbers as decimals: 4e16 comes back as 40000000000000000, which JSON calls the same."""
    if isinstance(value, dict):
        return {key: as_floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_floats(inner) for inner in value]
    return float(value) if type(value) is int else value


# What is refused


ROW = {"id": "1", "text": "t", "label": "cat"}
SAID = {"model": "m", "probs": {"cat": 1.0}}


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        ({**ROW, "id": "0"}, "id", "duplicate_id"),
        ({**ROW, "label": "unicorn"}, "label", "unknown_label"),
        ({**ROW, "gold": "unicorn"}, "gold", "unknown_label"),
        ({**ROW, "labels": [{"annotator": "ann", "value": "unicorn"}]}, "labels", "unknown_label"),
        ({**ROW, "labels": [{"annotator": "eve", "value": "cat"}]}, "labels", "unknown_annotator"),
        ({**ROW, "labels": [{"annotator": " ", "value": "cat"}]}, "labels", "blank_annotator"),
        ({**ROW, "predictions": [{"model": "m", "probs": {"unicorn": 1}}]}, "predictions", "unknown_label"),
        ({**ROW, "predictions": [SAID, SAID]}, "predictions", "bad_prediction"),
        ({**ROW, "predictions": [SAID | {"epoch": 1}] * 2}, "predictions", "bad_prediction"),
        ({**ROW, "predictions": [SAID | {"epoch": -1}]}, "predictions", "bad_prediction"),
        ({**ROW, "predictions": [SAID | {"epoch": 1.5}]}, "predictions", "bad_prediction"),
        ({**ROW, "predictions": [SAID | {"epoch": True}]}, "predictions", "bad_prediction"),
        ({**ROW, "predictions": [SAID | {"epoch": e} for e in range(1001)]}, "predictions", "bad_prediction"),
        ({**ROW, "embedding": [1, 2, 3]}, "embedding", "bad_embedding"),
        ({**ROW, "text": " "}, "text", "empty_text"),
        ({"id": "1", "image": "x.png"}, "image", "wrong_media"),
        ({"id": "1"}, "text", "missing_text"),
        ({"text": "t"}, "id", "missing_id"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_the_file_stays(bad, column, code):
    dataset = builders.dataset(settings={"annotators": ["ann", "bo"]})
    good = [{"id": str(i * 10), "text": "t", "label": "cat", "embedding": [1, 2]} for i in range(4)]
    job = imported(dataset, jsonl(*good, bad, {**ROW, "id": "after"}))
    assert (job.status, places(job)) == (JobStatus.FAILED, [(5, column, code)])
    assert job.counts["errors"] == 1
    assert nothing_is_left(dataset)


def test_the_first_hundred_errors_are_kept_and_all_are_counted():
    job = imported(builders.dataset(), "id,text,label\n" + "".join(f"{i},t,unicorn\n" for i in range(250)))
    assert [error["line"] for error in job.errors] == list(range(2, 102))
    assert job.counts["errors"] == job.counts["rows"] == 250


def test_errors_call_the_columns_as_the_file_does():
    job = imported(builders.dataset(), "key,message,class\n1,t,cat\n1,,unicorn\n2,t,unicorn\n1,t,cat\n")
    assert places(job) == [
        (3, "message", "missing_text"),
        (4, "class", "unknown_label"),
        (5, "key", "duplicate_id"),
    ]


def test_an_id_that_the_dataset_has_already_is_refused():
    dataset = open_dataset()
    imported(dataset, "id,text\n1,a\n2,b\n3,c\n")
    job = imported(dataset, "id,text\n7,a\n8,b\n2,c\n")
    assert places(job) == [(4, "id", "duplicate_id")]
    assert Item.objects.count() == 3


def test_a_column_that_is_no_label_does_not_make_a_class_of_every_row(monkeypatch):
    monkeypatch.setattr(checking, "MOST_LEARNED", 3)
    job = imported(open_dataset(), "id,text,label\n" + "".join(f"{i},t,{i}\n" for i in range(5)))
    assert places(job) == [(5, "label", "too_many_classes"), (6, "label", "too_many_classes")]


def test_rows_of_one_item_that_disagree_about_it_are_refused():
    job = imported(open_dataset(), "id,text,worker,label\n1,t,a,x\n1,u,b,x\n1,t,a,y\n")
    assert places(job) == [(3, "id", "conflicting_rows"), (4, "id", "duplicate_id")]


@pytest.mark.parametrize("content", [b"", b"id,text\n", b"\n \n"])
def test_a_file_without_rows_is_refused(content):
    assert [code for *_, code in places(imported(open_dataset(), content))] == ["empty_file"]


def test_an_unknown_format_and_a_wrong_mapping_are_refused():
    assert places(imported(open_dataset(), b"id\n", format="xml")) == [(None, None, "unknown_format")]
    job = imported(open_dataset(), b"id,text\n1,a\n", mapping={"label": "nope"})
    assert places(job) == [(1, "nope", "unknown_column")]


def test_a_dry_run_says_what_would_happen_and_does_nothing():
    dataset = open_dataset()
    job = imported(dataset, "id,text,label\n1,a,x\n", dry_run=True)
    assert (job.status, job.counts["items"], job.format) == (JobStatus.SUCCEEDED, 1, "csv")
    assert nothing_is_left(dataset)
    assert places(imported(dataset, "id,text,label\n1,,x\n", dry_run=True)) == [(2, "text", "missing_text")]


# Pictures


def picture(colour="red", kind="PNG", size=(20, 10)):
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def zipped(**members):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_class_folders_are_imported_and_equal_pictures_stored_once():
    dataset = open_dataset(media="image")
    content = zipped(**{"cat/1.png": picture(), "dog/2.jpg": picture("blue", "JPEG"), "dog/3.png": picture()})
    job = imported(dataset, content)
    assert (job.status, job.format, job.counts["images"]) == (JobStatus.SUCCEEDED, "image_folders", 2)
    one, two, three = Item.objects.order_by("id").select_related("media", "current_revision")
    assert (one.external_id, one.media_path, one.current_revision.value) == ("cat/1.png", "cat/1.png", "cat")
    assert one.media_id == three.media_id != two.media_id
    assert (two.media.format, two.media.width, two.media.height) == ("JPEG", 20, 10)
    served = media.picture(one.media)
    with served.file as file:
        assert (served.mime_type, file.read()) == ("image/png", picture())
    assert media.thumbnail(one.media).mime_type == "image/png"
    assert media.original(one.media_id) == picture()


def test_a_picture_that_browsers_do_not_show_is_shown_as_png():
    imported(open_dataset(media="image"), zipped(**{"cat/1.tif": picture(kind="TIFF")}))
    served = media.picture(MediaFile.objects.get())
    served.file.close()
    assert served.mime_type == "image/png"


def test_rows_beside_images_are_imported():
    rows = jsonl(
        {"id": 1, "image": "a.png", "label": "x"}, {"id": 2, "image": "a.png"}, {"id": 3, "image": "b.png"}
    )
    content = zipped(**{"set/rows.jsonl": rows, "set/a.png": picture(), "set/b.png": picture("blue")})
    job = imported(open_dataset(media="image"), content)
    assert (job.status, job.counts["items"], job.counts["images"]) == (JobStatus.SUCCEEDED, 3, 2)


def test_missing_and_broken_pictures_are_named_and_nothing_is_stored():
    dataset = open_dataset(media="image")
    rows = "id,image,label\n1,a.png,x\n2,gone.png,x\n3,cut.png,x\n4,text.png,x\n5,a.png,x\n"
    members = {"rows.csv": rows, "a.png": picture(), "cut.png": picture()[:-20], "text.png": b"<svg/>"}
    job = imported(dataset, zipped(**members))
    assert places(job) == [
        (3, "image", "missing_media"),
        (4, "image", "broken_image"),
        (5, "image", "not_an_image"),
    ]
    assert nothing_is_left(dataset)


def test_images_without_a_zip_are_missing():
    job = imported(open_dataset(media="image"), jsonl({"id": 1, "image": "a.png"}))
    assert places(job) == [(1, "image", "missing_media")]


def test_a_failed_import_leaves_the_pictures_of_others():
    first, second = open_dataset(media="image"), open_dataset(media="image")
    imported(first, zipped(**{"cat/1.png": picture()}))
    job = imported(second, zipped(**{"cat/1.png": picture(), "cat/2.png": picture("blue"), "cat/3.png": b""}))
    assert job.status == JobStatus.FAILED
    assert media.original(MediaFile.objects.get().sha256) == picture()
    assert len(stored_files()) == 2  # one picture and its thumbnail


def test_pictures_that_a_killed_worker_left_are_swept_away():
    lost = media.take_in(picture())
    half_written = Path(media.storage().path(f"originals/{lost.sha256[:2]}/{lost.sha256[:2]}.part"))
    half_written.write_bytes(b"half")
    assert len(stored_files()) == 3
    media.sweep(part=int(lost.sha256[:2], 16))
    assert not stored_files()


# Jobs


def test_a_job_that_is_over_is_not_done_again():
    dataset = open_dataset()
    job = imported(dataset, "id,text\n1,a\n")
    assert importing.run(job_id=job.pk) is None
    assert Item.objects.count() == 1
    assert not stored_files()


def test_two_workers_with_one_job_do_it_once():
    dataset = open_dataset()
    job = accepted(dataset, "id,text\n" + "".join(f"{i},a\n" for i in range(500)))
    outcomes = []

    def work():
        outcomes.append(importing.run(job_id=job.pk))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([outcome for outcome in outcomes if outcome]) == 1
    assert Item.objects.count() == LabelRevision.objects.count() == 500


def test_imports_into_one_dataset_at_once_take_their_turns():
    dataset = open_dataset()
    jobs = [accepted(dataset, f"id,text,label\n{n},a,x\nshared,a,y\n") for n in range(3)]

    def work(job):
        importing.run(job_id=job.pk)
        connections.close_all()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(ImportJob.objects.values_list("status", flat=True))
    assert statuses == [JobStatus.FAILED, JobStatus.FAILED, JobStatus.SUCCEEDED]
    dataset.refresh_from_db()
    assert dataset.item_count == Item.objects.count() == 2
    assert dataset.classes == ["x", "y"]


def test_a_queued_job_is_cancelled_at_once_and_its_file_goes():
    job = accepted(open_dataset(), "id,text\n1,a\n")
    importing.cancel(job=job)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert not stored_files()
    assert importing.run(job_id=job.pk) is None
    with pytest.raises(NotAllowedNow):
        importing.cancel(job=job)


@pytest.mark.parametrize("media_type", ["image", "text"])
def test_a_running_job_is_cancelled_at_its_next_report(media_type):
    dataset = open_dataset(media=media_type)
    pictures = zipped(**{f"cat/{i}.png": picture(size=(10 + i, 10)) for i in range(5)})
    job = accepted(dataset, pictures if media_type == "image" else "id,text\n1,a\n2,b\n3,c\n4,d\n")
    progress.cancel(kind="import", id=job.pk)
    assert importing.run(job_id=job.pk).status == JobStatus.CANCELLED
    assert nothing_is_left(dataset)


def test_progress_is_seen_from_outside_while_nothing_else_is(monkeypatch):
    dataset = open_dataset()
    seen = []

    def look(*, kind, id, stage, fraction):
        def other():
            seen.append((stage, fraction, Item.objects.count(), ImportJob.objects.get(pk=id).status))
            connections.close_all()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    monkeypatch.setattr(progress, "report", look)
    imported(dataset, "id,text\n1,a\n2,b\n3,c\n4,d\n5,e\n")
    assert {stage for stage, *_ in seen} == {"reading", "writing"}
    assert [fraction for _, fraction, *_ in seen] == sorted(fraction for _, fraction, *_ in seen)
    assert {(count, status) for *_, count, status in seen} == {(0, JobStatus.RUNNING)}


def test_a_fault_of_the_program_fails_the_job_and_is_raised(monkeypatch):
    dataset = open_dataset()
    job = accepted(dataset, "id,text\n1,a\n")
    monkeypatch.setattr(ledger, "record", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        importing.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, places(job)) == (JobStatus.FAILED, [(None, None, "fault")])
    assert nothing_is_left(dataset)


def test_a_copy_that_postgres_refuses_fails_the_job(monkeypatch):
    """What goes wrong in the thread that writes is not lost."""
    dataset = open_dataset()
    job = accepted(dataset, "id,text\n1,a\n")
    monkeypatch.setattr(importing.Intake, "_add_item", lambda self, *_: self._items.lines.append("x\n"))
    with pytest.raises(Exception, match="invalid input syntax"):
        importing.run(job_id=job.pk)
    assert nothing_is_left(dataset)


def test_a_job_whose_worker_died_is_handed_out_again_and_given_up_in_the_end():
    job = accepted(open_dataset(), "id,text\n1,a\n")
    died_at = timezone.now() - importing.LOST_AFTER * 2
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, started_at=died_at)
    handed_out = []
    for _ in range(importing.ATTEMPTS):
        handed_out.append(importing.unattended())
        importing.cache.delete(f"import:handed-out:{job.pk}")
    assert handed_out == [[job.pk], [job.pk], []]
    job.refresh_from_db()
    assert places(job) == [(None, None, "worker_lost")]


def test_an_upload_that_ended_half_way_is_cleared_away_in_time(monkeypatch):
    waiting = accepted(open_dataset(), "id,text\n1,a\n")
    media.storage().save("imports/stray", ContentFile(b"x"))
    assert importing.drop_strays() == 0
    monkeypatch.setattr(importing, "STRAY_AFTER", timedelta(0))
    assert importing.drop_strays() == 1
    assert media.storage().exists(waiting.file)


def test_a_job_that_somebody_works_on_is_not_handed_out():
    job = accepted(open_dataset(), "id,text\n1,a\n")
    died_at = timezone.now() - importing.LOST_AFTER * 2
    ImportJob.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, started_at=died_at)
    locked, done = threading.Event(), threading.Event()

    def work():
        with importing.transaction.atomic():
            importing._locked(job.pk)
            locked.set()
            done.wait()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    locked.wait()
    try:
        assert importing.unattended() == []
        assert importing.run(job_id=job.pk) is None
    finally:
        done.set()
        thread.join()
    assert importing.unattended() == [job.pk]


def test_an_import_needs_as_many_queries_for_many_rows_as_for_few(django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1000)
    job = accepted(open_dataset(), "id,text,label\n" + "".join(f"{i},a,x\n" for i in range(900)))
    with django_assert_max_num_queries(30):
        importing.run(job_id=job.pk)
