"""Datasets and their members."""

import pytest
from django.contrib.auth.models import Permission

from reviews.models import AuditEvent, Dataset, Role
from tests import builders

from .contract import Client

NEW = {
    "name": "Chest X-rays",
    "task_type": "classification",
    "media": "image",
    "classes": ["normal", "pneumonia"],
}


@pytest.fixture
def creator(db):
    user = builders.user("creator")
    user.user_permissions.add(Permission.objects.get(codename="add_dataset"))
    return Client.of(user)


def test_a_new_dataset_belongs_to_who_made_it(creator):
    builders.user("ann")
    members = [{"username": "ann", "role": "annotator"}]
    body = NEW | {"members": members, "settings": {"annotators": ["ann"], "x": 1}}
    answer = creator.post("/api/datasets/", body)
    assert answer.status_code == 201
    dataset = answer.json()
    assert (dataset["role"], dataset["signoff_policy"], dataset["item_count"]) == ("owner", "none", 0)
    assert dataset["settings"] == {"annotators": ["ann"], "x": 1}
    assert dataset == creator.get(f"/api/datasets/{dataset['id']}/").json()
    members = creator.get(f"/api/datasets/{dataset['id']}/members/").json()["results"]
    roles = {member["user"]["username"]: member["role"] for member in members}
    assert roles == {"creator": "owner", "ann": "annotator"}
    actions = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["dataset.create", "member.set"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "a\0b"),
        ("name", None),
        ("task_type", "telepathy"),
        ("task_type", "masks"),
        ("media", "smell"),
        ("classes", "normal"),
        ("classes", ["normal", "normal"]),
        ("classes", ["normal", " "]),
        ("classes", ["normal", 5]),
        ("classes", ["a\0b"]),
        ("classes", [f"class {i}" for i in range(1001)]),
        ("signoff_policy", "whoever"),
        ("settings", []),
        ("settings", {"annotators": "ann"}),
        ("settings", {"annotators": [""]}),
        ("settings", {"x": "a\0b"}),
        ("settings", {"x": 1e300}),
        ("members", {"username": "ann"}),
        ("members", [{"username": "nobody", "role": "lead"}]),
        ("members", [{"username": "creator"}]),
        ("members", [{"username": "creator", "role": "king"}]),
    ],
)
def test_a_dataset_that_will_not_do_is_refused_and_leaves_nothing(creator, field, value):
    answer = creator.post("/api/datasets/", NEW | {field: value})
    assert answer.status_code == 400
    assert Dataset.objects.count() == 0


def test_settings_that_are_nested_without_end_are_refused(creator):
    deep: dict = {}
    for _ in range(100):
        deep = {"x": deep}
    assert creator.post("/api/datasets/", NEW | {"settings": deep}).status_code == 400


def test_only_task_types_that_are_built_can_be_chosen(creator):
    from reviews.tasktypes.registry import TASK_TYPES

    for name, task in TASK_TYPES.items():
        for media in ("text", "image", "table"):
            answer = creator.post("/api/datasets/", NEW | {"task_type": name, "media": media})
            assert answer.status_code == (201 if media in task.media else 400), (name, media)


def test_a_dataset_counts_what_it_has(scene):
    builders.annotation(scene.items[0], "ann", "cat")
    builders.flag(scene.items[1], kind="annotator_disagreement")
    scene.decide("lead", "keep")
    dataset = scene.annotator.get(f"{scene.at}/").json()
    assert dataset["counts"] == {
        "items": 3,
        "labelled": 3,
        "annotations": 1,
        "annotators": 1,
        "flags": {"by_state": {"kept": 1, "open": 1}, "by_kind": {"annotator_disagreement": 1}},
        "corrections": {},
        "versions": 0,
    }
    assert dataset["progress"] == {"decided": 1, "total": 2, "flags_right": 0.0}
    assert (dataset["open_flags"], dataset["role"]) == (1, "annotator")
    assert dataset["abilities"] == ["view", "review", "comment", "sign", "export", "audit"]


def test_the_list_has_ones_own_datasets_only(scene, make_scene):
    make_scene()
    listed = scene.annotator.get("/api/datasets/").json()["results"]
    assert [(row["id"], row["open_flags"], row["item_count"]) for row in listed] == [(scene.dataset.pk, 1, 3)]


def test_the_confusion_counts_what_was_given_as_what(scene):
    builders.flag(scene.items[1], suggested="owl")
    scene.decide()
    confusion = scene.annotator.get(f"{scene.at}/confusion/").json()
    assert confusion["classes"] == ["cat", "dog", "owl"]
    cells = {(cell["given"], cell["suggested"]): cell["count"] for cell in confusion["cells"]}
    assert cells == {("cat", "dog"): 1, ("dog", "owl"): 1}


def test_no_class_of_spans_is_called_as_what_stands_for_none(creator):
    spans = NEW | {"task_type": "spans", "media": "text", "classes": ["PER"]}
    made = creator.post("/api/datasets/", spans).json()
    for answer in (
        creator.post("/api/datasets/", spans | {"classes": ["PER", "O"]}),
        creator.patch(f"/api/datasets/{made['id']}/", {"classes": ["PER", "O"]}),
    ):
        assert answer.status_code == 400
        assert "called “O”" in str(answer.json()["fields"]["classes"])
    assert [one.classes for one in Dataset.objects.all()] == [["PER"]]
    assert creator.post("/api/datasets/", NEW | {"classes": ["A", "O"]}).status_code == 201


def test_classes_are_added_and_never_taken_away(scene):
    answer = scene.owner.patch(f"{scene.at}/", {"classes": ["cat", "dog", "owl", "newt"]})
    assert answer.json()["classes"] == ["cat", "dog", "owl", "newt"]
    answer = scene.owner.patch(f"{scene.at}/", {"classes": ["cat", "dog"]})
    assert answer.status_code == 409
    assert scene.owner.get(f"{scene.at}/").json()["classes"] == ["cat", "dog", "owl", "newt"]


def test_a_change_is_written_down_and_no_change_is_not(scene):
    before = AuditEvent.objects.count()
    scene.owner.patch(f"{scene.at}/", {"signoff_policy": "expert", "name": scene.dataset.name})
    scene.owner.patch(f"{scene.at}/", {"signoff_policy": "expert"})
    event = AuditEvent.objects.order_by("-id").first()
    assert AuditEvent.objects.count() == before + 1
    assert (event.action, event.payload["before"], event.payload["after"]) == (
        "dataset.change",
        {"signoff_policy": "none"},
        {"signoff_policy": "expert"},
    )


def test_what_a_dataset_is_cannot_be_changed(scene):
    scene.owner.patch(f"{scene.at}/", {"task_type": "boxes", "media": "image", "item_count": 7, "role": "x"})
    dataset = scene.owner.get(f"{scene.at}/").json()
    assert (dataset["task_type"], dataset["media"], dataset["item_count"]) == ("classification", "text", 3)


# Members


def test_a_member_is_added_by_name_changed_and_removed(scene):
    user = builders.user("newcomer")
    members = f"{scene.at}/members/"
    for body, code in (
        ({"username": "newcomer", "role": "annotator"}, 201),
        ({"user": "newcomer", "role": "lead"}, 200),
    ):
        answer = scene.owner.post(members, body)
        assert answer.status_code == code
        assert answer.json() == {"user": {"id": user.pk, "username": "newcomer"}, "role": body["role"]}
    client = Client.of(user)
    assert client.get(f"{scene.at}/").status_code == 200
    assert scene.owner.delete(f"{members}{user.pk}/").status_code == 204
    assert client.get(f"{scene.at}/").status_code == 404
    assert scene.owner.delete(f"{members}{user.pk}/").status_code == 404


def test_a_dataset_keeps_an_owner(db):
    dataset = builders.dataset()
    owner = Client.of(dataset.created_by)
    at = f"/api/datasets/{dataset.pk}/members/"
    assert owner.delete(f"{at}{dataset.created_by.pk}/").status_code == 409
    assert owner.post(at, {"username": dataset.created_by.username, "role": "lead"}).status_code == 409
    second = builders.member(dataset, Role.OWNER)
    assert owner.delete(f"{at}{dataset.created_by.pk}/").status_code == 204
    assert Client.of(second.user).delete(f"{at}{second.user.pk}/").status_code == 409


def test_somebody_whom_nobody_knows_is_no_member(scene):
    for name in ("nobody", "", None, 5, "a\0b"):
        assert scene.owner.post(f"{scene.at}/members/", {"username": name, "role": "lead"}).status_code == 400
