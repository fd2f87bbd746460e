"""Flags about one box, span or class: what is decided of it becomes the item's label, and the rest stays."""

import json

import pytest

from reviews import ledger, proof
from reviews.models import Flag, Item, MediaFile, SignoffPolicy
from tests import builders

from .contract import Client

pytestmark = pytest.mark.django_db

CAR = {"bbox": [10, 10, 20, 20], "label": "car"}
DOG = {"bbox": [50, 50, 20, 20], "label": "dog"}
TWIN = {"bbox": [51, 50, 20, 20], "label": "dog"}
MOVED = {"bbox": [14, 10, 24, 20], "label": "car"}
DRUG = {"start": 4, "end": 11, "label": "DRUG"}
DOSE = {"start": 12, "end": 14, "label": "DOSE"}

BOXES = {"task_type": "boxes", "media": "image", "classes": ("car", "dog")}
SPANS = {"task_type": "spans", "classes": ("DRUG", "DOSE")}
CLASSES = {"task_type": "multilabel", "classes": ("fluid", "nodule", "tube")}


def place(part):
    return {"bbox": part["bbox"]} if "bbox" in part else {k: part[k] for k in ("start", "end")}


def flagged(item, kind, given, suggested, **more):
    part = more.pop("part", None) or place(given or suggested)
    return builders.flag(item, kind=kind, given=given, suggested=suggested, part=part, **more)


def scene(label, policy=SignoffPolicy.NONE, **made):
    """(owner's client, item with that label) of a new dataset."""
    dataset = builders.dataset(policy=policy, **made)
    [item] = builders.items(dataset, label)
    return Client.of(dataset.created_by), item


def decide(client, flag, action="correct", **more):
    flag.refresh_from_db()
    body = {"action": action, "seen_version": flag.version, **more}
    return client.post(f"/api/flags/{flag.pk}/decide/", body, format="json")


def label_of(item):
    return Item.objects.select_related("current_revision").get(pk=item.pk).current_revision.value


@pytest.mark.parametrize(
    ("made", "label", "kind", "given", "suggested", "becomes"),
    [
        (BOXES, [CAR], "missing_label", None, DOG, [CAR, DOG]),
        (BOXES, [CAR, DOG], "spurious_label", DOG, None, [CAR]),
        (BOXES, [CAR, DOG, TWIN], "duplicate_annotation", TWIN, None, [CAR, DOG]),
        (BOXES, [CAR, DOG], "wrong_class", DOG, DOG | {"label": "car"}, [CAR, DOG | {"label": "car"}]),
        (BOXES, [CAR, DOG], "bad_boundary", CAR, MOVED, [MOVED, DOG]),
        (SPANS, [], "missing_label", None, DRUG, [DRUG]),
        (SPANS, [DRUG, DOSE], "spurious_label", DOSE, None, [DRUG]),
        (SPANS, [DRUG], "bad_boundary", DRUG, DRUG | {"end": 9}, [DRUG | {"end": 9}]),
        (SPANS, [DRUG | {"end": 14}], "bad_boundary", DRUG | {"end": 14}, [DRUG, DOSE], [DRUG, DOSE]),
        (SPANS, [DRUG, DOSE], "bad_boundary", [DRUG, DOSE], DRUG | {"end": 14}, [DRUG | {"end": 14}]),
    ],
)
def test_the_suggestion_replaces_the_part_and_an_undo_brings_it_back(
    made, label, kind, given, suggested, becomes
):
    client, item = scene(label, **made)
    part = {"start": 4, "end": 14} if isinstance(given, list) or isinstance(suggested, list) else None
    flag = flagged(item, kind, given, suggested, part=part)
    answer = decide(client, flag)
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["state"], answer.json()["item"]["label"]) == ("applied", becomes)
    version = answer.json()["version"]
    undone = client.post(f"/api/flags/{flag.pk}/undo/", {"seen_version": version})
    assert (undone.json()["state"], label_of(item)) == ("open", label)
    ledger.seal(dataset_id=item.dataset_id)
    assert list(proof.verify(dataset_id=item.dataset_id)) == []


@pytest.mark.parametrize(
    ("label", "kind", "name", "becomes"),
    [
        (["fluid"], "missing_label", "nodule", ["fluid", "nodule"]),
        (["fluid", "tube"], "spurious_label", "tube", ["fluid"]),
    ],
)
def test_a_class_comes_or_goes_and_those_that_changed_meanwhile_stay(label, kind, name, becomes):
    client, item = scene(label, **CLASSES)
    first = flagged(item, kind, label, becomes, part={"class": name})
    other = flagged(item, "spurious_label", label, sorted(set(label) - {"fluid"}), part={"class": "fluid"})
    assert decide(client, first).json()["item"]["label"] == becomes
    other.refresh_from_db()
    assert other.state == "open"
    assert decide(client, other).json()["item"]["label"] == sorted(set(becomes) - {"fluid"})


def test_keeping_leaves_the_label_as_it_is():
    client, item = scene([CAR, DOG], **BOXES)
    flag = flagged(item, "spurious_label", DOG, None)
    assert decide(client, flag, "keep").json()["state"] == "kept"
    assert label_of(item) == [CAR, DOG]


def test_the_answer_may_be_another_part_or_none():
    client, item = scene([CAR, DOG], **BOXES)
    other = {"bbox": [0, 0, 5, 5], "label": "car"}
    moved = flagged(item, "bad_boundary", CAR, MOVED)
    assert decide(client, moved, value=other).json()["item"]["label"] == [other, DOG]
    swapped = flagged(item, "wrong_class", DOG, DOG | {"label": "car"})
    assert decide(client, swapped, value=[]).json()["item"]["label"] == [other]


@pytest.mark.parametrize(
    "value",
    [CAR, {"bbox": [1, 2, 3], "label": "car"}, {"bbox": [1, 2, 3, 4], "label": "owl"}, "dog", [CAR, DOG], 5],
)
def test_a_part_that_will_not_do_is_refused_and_changes_nothing(value):
    client, item = scene([CAR, DOG], **BOXES)
    answer = decide(client, flagged(item, "wrong_class", DOG, DOG | {"label": "car"}), value=value)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_value")
    assert "value" in answer.json()["fields"]
    assert label_of(item) == [CAR, DOG]


def test_a_span_that_ends_behind_the_text_is_refused():
    client, item = scene([DRUG], **SPANS)
    answer = decide(
        client, flagged(item, "bad_boundary", DRUG, DRUG | {"end": 12}), value=DRUG | {"end": 900}
    )
    assert answer.status_code == 400
    assert "ends behind the text" in answer.json()["detail"]


def test_a_box_outside_its_picture_is_refused():
    client, item = scene([CAR], **BOXES)
    picture = MediaFile.objects.create(sha256="ab" * 32, format="png", size=9, width=100, height=80)
    shown = Item.objects.create(dataset=item.dataset, external_id="shown", media=picture)
    Item.objects.filter(pk=shown.pk).update(current_revision=item.current_revision)
    shown.current_revision = item.current_revision
    outside = {"bbox": [300, 10, 9, 9], "label": "car"}
    answer = decide(client, flagged(shown, "bad_boundary", CAR, MOVED), value=outside)
    assert answer.status_code == 400
    assert "outside the picture" in answer.json()["detail"]


def test_without_a_suggestion_only_what_may_be_spurious_is_taken_out():
    client, item = scene([CAR, DOG], **BOXES)
    answer = decide(client, flagged(item, "wrong_class", DOG, None, part=place(DOG)))
    assert (answer.status_code, answer.json()["detail"]) == (400, "Say which label is right.")


def test_flags_of_other_parts_outlive_a_correction_and_those_of_the_same_part_do_not():
    client, item = scene([CAR, DOG], **BOXES)
    swapped = flagged(item, "wrong_class", DOG, DOG | {"label": "car"})
    same = flagged(item, "spurious_label", DOG, None)
    moved = flagged(item, "bad_boundary", CAR, MOVED)
    missing = flagged(item, "missing_label", None, {"bbox": [90, 90, 9, 9], "label": "dog"})
    decide(client, swapped)
    states = dict(Flag.objects.values_list("pk", "state"))
    assert states == {swapped.pk: "applied", same.pk: "superseded", moved.pk: "open", missing.pk: "open"}
    decide(client, moved)
    assert decide(client, missing).json()["item"]["label"] == [
        MOVED,
        DOG | {"label": "car"},
        {"bbox": [90, 90, 9, 9], "label": "dog"},
    ]


def test_a_missing_box_that_is_there_by_now_is_missed_no_more():
    client, item = scene([CAR], **BOXES)
    first = flagged(item, "missing_label", None, DOG)
    second = flagged(item, "missing_label", None, TWIN)
    decide(client, first)
    second.refresh_from_db()
    assert second.state == "superseded"


def test_an_item_that_is_left_out_has_nothing_more_to_be_corrected():
    client, item = scene([CAR, DOG], **BOXES)
    flag, other = flagged(item, "spurious_label", DOG, None), flagged(item, "bad_boundary", CAR, MOVED)
    decide(client, flag, "exclude")
    other.refresh_from_db()
    assert other.state == "superseded"


def test_a_part_that_is_gone_is_refused_in_words():
    client, item = scene([CAR, DOG], **BOXES)
    whole = builders.flag(item, kind="reported", suggested=[CAR], run=None)
    late = flagged(item, "wrong_class", DOG, DOG | {"label": "car"}, run=None)
    assert decide(client, whole).json()["item"]["label"] == [CAR]
    answer = decide(client, late)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed_now")
    assert "the box is no longer part of the label" in answer.json()["detail"]
    assert label_of(item) == [CAR]


def test_a_second_correction_waits_for_the_signature_of_the_first_and_then_builds_on_it():
    client, item = scene([CAR, DOG], policy=SignoffPolicy.SECOND_REVIEWER, **BOXES)
    first = flagged(item, "wrong_class", DOG, DOG | {"label": "car"})
    second = flagged(item, "bad_boundary", CAR, MOVED)
    proposed = decide(client, first).json()["correction"]
    assert proposed["value"] == [CAR, DOG | {"label": "car"}]
    refused = decide(client, second)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed_now")
    assert "waiting for its sign-off. This one has to wait" in refused.json()["detail"]
    signer = Client.of(builders.member(item.dataset, "lead").user)
    signature = {"verdict": "approve", "password": builders.PASSWORD, "meaning": "I reviewed this"}
    assert signer.post(f"/api/corrections/{proposed['id']}/sign/", signature).status_code == 200
    second.refresh_from_db()
    assert second.state == "open"
    assert decide(client, second).json()["correction"]["value"] == [MOVED, DOG | {"label": "car"}]


@pytest.mark.parametrize(
    ("made", "label", "first", "second", "becomes"),
    [
        (BOXES, [CAR, DOG], ("spurious_label", DOG, None), ("bad_boundary", CAR, MOVED), [MOVED, DOG]),
        (BOXES, [CAR], ("missing_label", None, DOG), ("bad_boundary", CAR, MOVED), [MOVED]),
        (
            SPANS,
            [DRUG],
            ("bad_boundary", DRUG, DRUG | {"end": 9}),
            ("missing_label", None, DOSE),
            [DRUG, DOSE],
        ),
    ],
)
def test_an_earlier_correction_is_undone_and_what_came_after_it_stays(made, label, first, second, becomes):
    client, item = scene(label, **made)
    early, late = flagged(item, *first), flagged(item, *second)
    version = decide(client, early).json()["version"]
    late_version = decide(client, late).json()["version"]
    undone = client.post(f"/api/flags/{early.pk}/undo/", {"seen_version": version})
    assert (undone.status_code, label_of(item)) == (200, becomes)
    client.post(f"/api/flags/{late.pk}/undo/", {"seen_version": late_version})
    assert label_of(item) == label
    ledger.seal(dataset_id=item.dataset_id)
    assert list(proof.verify(dataset_id=item.dataset_id)) == []


def test_a_class_is_undone_and_others_that_changed_since_stay():
    client, item = scene(["fluid"], **CLASSES)
    early = flagged(item, "missing_label", ["fluid"], ["fluid", "tube"], part={"class": "tube"})
    late = flagged(item, "spurious_label", ["fluid"], [], part={"class": "fluid"})
    version = decide(client, early).json()["version"]
    decide(client, late)
    assert client.post(f"/api/flags/{early.pk}/undo/", {"seen_version": version}).status_code == 200
    assert label_of(item) == []


def test_a_correction_that_another_one_built_on_is_not_undone_from_under_it():
    client, item = scene([CAR], **BOXES)
    early = flagged(item, "bad_boundary", CAR, MOVED)
    version = decide(client, early).json()["version"]
    decide(client, flagged(item, "wrong_class", MOVED, MOVED | {"label": "dog"}))
    answer = client.post(f"/api/flags/{early.pk}/undo/", {"seen_version": version})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed_now")
    assert "Take back what came after it" in answer.json()["detail"]
    assert label_of(item) == [MOVED | {"label": "dog"}]


def test_one_decision_over_many_corrects_several_parts_of_an_item():
    client, item = scene([CAR, DOG], **BOXES)
    flagged(item, "spurious_label", DOG, None)
    flagged(item, "bad_boundary", CAR, MOVED)
    at = f"/api/datasets/{item.dataset_id}/flags/decide/"
    answer = client.post(at, {"filter": {"state": "open"}, "action": "correct"}, format="json").json()
    assert (answer["decided"], answer["refused"]) == (2, 0)
    assert label_of(item) == [MOVED]


def test_flags_are_found_by_the_class_of_their_part_or_by_the_part():
    client, item = scene([CAR, DOG], **BOXES)
    swapped = flagged(item, "wrong_class", DOG, DOG | {"label": "car"})
    flagged(item, "bad_boundary", CAR, MOVED)
    at = f"/api/datasets/{item.dataset_id}/flags/"

    def found(**query):
        return [flag["id"] for flag in client.get(at, query).json()["results"]]

    assert found(given="dog") == [swapped.pk]
    assert found(given="dog", suggested="car") == [swapped.pk]
    assert found(given=json.dumps(DOG)) == [swapped.pk]
    assert found(given="owl") == []
    cells = client.get(f"/api/datasets/{item.dataset_id}/confusion/").json()["cells"]
    assert cells == [{"given": "dog", "suggested": "car", "count": 1}]


def test_flags_are_found_by_a_class_of_their_list():
    client, item = scene(["fluid"], **CLASSES)
    flag = flagged(item, "missing_label", ["fluid"], ["fluid", "tube"], part={"class": "tube"})
    at = f"/api/datasets/{item.dataset_id}/flags/"
    assert [found["id"] for found in client.get(at, {"suggested": "tube"}).json()["results"]] == [flag.pk]
    assert client.get(at, {"given": "tube"}).json()["results"] == []
    assert client.get(f"/api/datasets/{item.dataset_id}/confusion/").json()["cells"] == []


def test_a_version_and_its_difference_tell_of_parts():
    client, item = scene([CAR, DOG], **BOXES)
    at = f"/api/datasets/{item.dataset_id}/versions/"
    client.post(at, {"tag": "1.0"})
    decide(client, flagged(item, "bad_boundary", CAR, MOVED))
    second = client.post(at, {"tag": "2.0"}).json()
    [change] = client.get(f"/api/versions/{second['id']}/diff/").json()["results"]
    assert (change["before"]["value"], change["after"]["value"]) == ([CAR, DOG], [MOVED, DOG])
    export = client.get(f"/api/versions/{second['id']}/export/?format=jsonl")
    assert json.loads(b"".join(export.streaming_content))["label"] == [MOVED, DOG]
    ledger.seal(dataset_id=item.dataset_id)
    assert list(proof.verify(dataset_id=item.dataset_id)) == []
