"""Items, their pictures and the imports that bring them."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from reviews import importing, media
from reviews.models import Dataset, ImportJob, Item, Media
from tests import builders

ROWS = b'{"id": "a", "text": "meow", "label": "cat"}\n{"id": "b", "text": "woof", "label": "dog"}\n'


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def pictured(scene):
    """The scene with a picture on a new item, and the item's address."""
    Dataset.objects.filter(pk=scene.dataset.pk).update(media=Media.IMAGE)
    stored = media.take_in(png())
    stored.save()
    item = Item.objects.create(dataset=scene.dataset, external_id="pic", media=stored)
    return scene, f"/api/items/{item.pk}"


def test_an_item_has_the_addresses_and_the_size_of_its_picture(pictured):
    scene, at = pictured
    item = scene.annotator.get(f"{at}/").json()
    assert (item["image_url"], item["thumbnail_url"]) == (f"{at}/image/", f"{at}/thumbnail/")
    assert (item["width"], item["height"], item["media"], item["label_status"]) == (
        40,
        20,
        "image",
        "unlabelled",
    )


@pytest.mark.parametrize("kind", ["image", "thumbnail"])
def test_a_picture_is_kept_for_ever_and_is_only_a_picture(pictured, kind):
    scene, at = pictured
    response = scene.annotator.get(f"{at}/{kind}/")
    headers = response.headers
    assert Image.open(BytesIO(b"".join(response.streaming_content))).format
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] in ("image/png", "image/webp", "image/jpeg")
    assert headers["Content-Disposition"].startswith("inline; filename=")
    again = scene.annotator.get(f"{at}/{kind}/", HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert scene.stranger.get(f"{at}/{kind}/", HTTP_IF_NONE_MATCH=headers["ETag"]).status_code == 404


def test_bytes_of_another_kind_are_never_served_as_a_page(pictured, monkeypatch):
    scene, at = pictured
    page = media.Served(BytesIO(b"<script>"), "text/html")
    monkeypatch.setattr(media, "picture", lambda stored: page)
    assert scene.annotator.get(f"{at}/image/").headers["Content-Type"] == "application/octet-stream"


def test_items_are_listed_by_label_and_by_text(scene):
    builders.items(scene.dataset, "cat")
    listed = scene.annotator.get(f"{scene.at}/items/").json()["results"]
    assert [item["external_id"] for item in listed] == sorted(item["external_id"] for item in listed)
    cats = scene.annotator.get(f"{scene.at}/items/?label=cat").json()["results"]
    assert [item["label"] for item in cats] == ["cat", "cat"]
    name = scene.items[2].external_id
    found = scene.annotator.get(f"{scene.at}/items/", {"search": f"TEXT of {name}"}).json()["results"]
    assert [item["external_id"] for item in found] == [name]


def test_flags_are_found_by_the_text_of_their_item(scene):
    builders.flag(scene.items[1])
    found = scene.annotator.get(f"{scene.at}/flags/", {"search": scene.items[1].external_id}).json()[
        "results"
    ]
    assert [flag["item"]["id"] for flag in found] == [scene.items[1].pk]


def test_flags_are_found_by_their_annotator(scene):
    builders.annotation(scene.items[0], "ann", "cat")
    builders.flag(scene.items[1])
    for name, count in (("ann", 1), ("bo", 0), ("", 2)):
        listed = scene.annotator.get(f"{scene.at}/flags/", {"annotator": name}).json()["results"]
        assert len(listed) == count


# Imports


def upload(scene, data=ROWS, name="rows.jsonl", who="lead", **more):
    body = {"file": SimpleUploadedFile(name, data), **more}
    return getattr(scene, who).post(f"{scene.at}/imports/", body, format="multipart")


def test_an_import_is_accepted_and_read_in_the_background(
    scene, django_capture_on_commit_callbacks, monkeypatch
):
    told = []
    monkeypatch.setattr("reviews.tasks.import_file.delay", lambda **ids: told.append(ids))
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(scene, mapping='{"text": "text"}', dry_run="true")
    assert answer.status_code == 202
    job = answer.json()
    assert (job["status"], job["dry_run"], job["file_name"]) == ("queued", True, "rows.jsonl")
    assert told == [{"job_id": job["id"]}]
    assert ImportJob.objects.get().mapping == {"text": "text"}


def test_an_import_ends_with_its_counts(scene):
    job = upload(scene).json()
    importing.run(job_id=job["id"])
    job = scene.annotator.get(f"/api/imports/{job['id']}/").json()
    assert (job["status"], job["progress"], job["counts"]["items"]) == ("succeeded", 1.0, 2)
    assert scene.annotator.get(f"{scene.at}/imports/").json()["results"] == [job]


def test_an_import_that_failed_says_where(scene):
    job = upload(scene, ROWS + b'{"id": "a"}\n').json()
    importing.run(job_id=job["id"])
    job = scene.annotator.get(f"/api/imports/{job['id']}/").json()
    assert job["status"] == "failed"
    assert job["errors"][0]["line"] == 3


def test_an_import_that_waits_is_cancelled_and_one_that_is_over_is_not(scene):
    at = f"/api/imports/{upload(scene).json()['id']}/cancel/"
    assert scene.lead.post(at).json()["status"] == "cancelled"
    assert scene.lead.post(at).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"file": "text"},
        {"file": SimpleUploadedFile("rows.jsonl", b"")},
        {"file": SimpleUploadedFile("rows.jsonl", ROWS), "format": "telepathy"},
        {"file": SimpleUploadedFile("rows.jsonl", ROWS), "mapping": "{"},
        {"file": SimpleUploadedFile("rows.jsonl", ROWS), "mapping": "[1]"},
        {"file": SimpleUploadedFile("rows.jsonl", ROWS), "mapping": '{"a": "\\u0000"}'},
        {"file": SimpleUploadedFile("rows.jsonl", ROWS), "dry_run": "perhaps"},
    ],
)
def test_an_upload_that_will_not_do_is_refused(scene, body):
    answer = scene.lead.post(f"{scene.at}/imports/", body, format="multipart")
    assert answer.status_code == 400
    assert ImportJob.objects.count() == 0


def test_an_upload_that_is_too_large_is_refused(scene, settings):
    settings.MAX_UPLOAD_BYTES = 100
    answer = upload(scene)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_file_is_uploaded_as_a_form(scene):
    answer = scene.lead.post(f"{scene.at}/imports/", {"file": "x"}, format="json")
    assert answer.status_code == 415


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b.jsonl", "x" * 400 + ".jsonl", "é☃.jsonl"])
def test_a_file_may_have_any_name_and_it_leads_nowhere(scene, name):
    answer = upload(scene, name=name)
    assert answer.status_code in (202, 400)
    if answer.status_code == 202:
        assert "/" not in answer.json()["file_name"]
        assert "etc" not in ImportJob.objects.get().file
