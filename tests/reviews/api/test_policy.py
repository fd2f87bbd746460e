"""Who gets what: every endpoint for every role, a stranger and nobody at all."""

import pytest
from django.contrib.auth.models import Permission

from reviews import ledger, versions
from reviews.models import ImportJob, SignoffPolicy
from tests import builders

MEMBERS = ("annotator", "lead", "expert", "owner")
EVERYONE = (*MEMBERS, "stranger", "anonymous")

READ = dict.fromkeys(MEMBERS, 200)
CHARGE = {"annotator": 403, "expert": 403}  # leads and owners may, and get what the row says
OWNERS = {"annotator": 403, "expert": 403, "lead": 403}


def row(method, path, allowed, body=None, *, but=None, stranger=404):
    """One endpoint: what members get, and who else something else; a stranger; and nobody, who gets 401."""
    answers = dict.fromkeys(MEMBERS, allowed) | (but or {}) | {"stranger": stranger, "anonymous": 401}
    return pytest.param(method, path, body, answers, id=f"{method} {path}")


KEEP = {"action": "keep", "seen_version": 1}
SIGN = {"verdict": "approve", "password": builders.PASSWORD, "meaning": "I checked the label"}

ENDPOINTS = [
    row("get", "/api/datasets/", 200, stranger=200),
    row(
        "post",
        "/api/datasets/",
        403,
        {"name": "x", "task_type": "classification", "media": "text"},
        stranger=403,
    ),
    row("get", "/api/datasets/{dataset}/", 200),
    row("patch", "/api/datasets/{dataset}/", 200, {"name": "Beasts"}, but=OWNERS),
    row("get", "/api/datasets/{dataset}/confusion/", 200),
    row("get", "/api/datasets/{dataset}/members/", 200),
    row(
        "post", "/api/datasets/{dataset}/members/", 201, {"username": "newcomer", "role": "lead"}, but=OWNERS
    ),
    row("delete", "/api/datasets/{dataset}/members/{lead}/", 204, but=OWNERS),
    row("get", "/api/datasets/{dataset}/items/", 200),
    row("get", "/api/items/{item}/", 200),
    row("get", "/api/items/{item}/image/", 404),
    row("get", "/api/items/{item}/thumbnail/", 404),
    row("post", "/api/items/{item}/flags/", 201, {"reason": "a dog, surely"}),
    row("get", "/api/datasets/{dataset}/imports/", 200),
    row("post", "/api/datasets/{dataset}/imports/", 400, but=CHARGE),
    row("get", "/api/imports/{job}/", 200),
    row("post", "/api/imports/{job}/cancel/", 200, but=CHARGE),
    row("get", "/api/datasets/{dataset}/flags/", 200),
    row("post", "/api/datasets/{dataset}/flags/decide/", 200, {"ids": [1], "action": "keep"}, but=CHARGE),
    row("get", "/api/flags/{flag}/", 200),
    row("post", "/api/flags/{flag}/decide/", 200, KEEP),
    row("post", "/api/flags/{flag}/undo/", 409, {"seen_version": 1}),
    row("get", "/api/flags/{flag}/comments/", 200),
    row("post", "/api/flags/{flag}/comments/", 201, {"text": "see rule 3.2", "rule": "3.2"}),
    row("post", "/api/datasets/{dataset}/queue/", 200, {"queue": "priority", "size": 5}),
    row("delete", "/api/datasets/{dataset}/queue/", 204),
    row("get", "/api/datasets/{dataset}/corrections/", 200),
    row("get", "/api/corrections/{correction}/", 200),
    row(
        "post",
        "/api/corrections/{correction}/sign/",
        403,
        SIGN,
        but={"expert": 200},
    ),
    row("get", "/api/datasets/{dataset}/versions/", 200),
    row("post", "/api/datasets/{dataset}/versions/", 201, {"tag": "2.0"}, but=CHARGE),
    row("get", "/api/versions/{version}/", 200),
    row("get", "/api/versions/{version}/diff/", 200),
    row("get", "/api/versions/{version}/export/", 200),
    row("get", "/api/datasets/{dataset}/audit/", 200),
]


@pytest.fixture
def stage(make_scene):
    """A scene under the strictest policy with one of everything, and the ids of it."""
    scene = make_scene(SignoffPolicy.EXPERT)
    builders.user("newcomer")
    other = builders.flag(scene.items[1], suggested="owl")
    answer = scene.lead.post(
        f"/api/flags/{other.pk}/decide/", {"action": "correct", "seen_version": 1}
    ).json()
    version = versions.freeze(dataset=scene.dataset, tag="1.0", note="", actor=scene.dataset.created_by)
    job = ImportJob.objects.create(
        dataset=scene.dataset, file="none", file_name="rows.csv", created_by=scene.dataset.created_by
    )
    ids = {
        "dataset": scene.dataset.pk,
        "item": scene.items[0].pk,
        "flag": scene.flag.pk,
        "lead": scene.members["lead"].user.pk,
        "job": job.pk,
        "correction": answer["correction"]["id"],
        "version": version.pk,
    }
    return scene, ids


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize(("method", "path", "body", "answers"), ENDPOINTS)
def test_each_endpoint_answers_each_role_as_the_policy_says(stage, method, path, body, answers, who):
    scene, ids = stage
    before = ledger.seal(dataset_id=scene.dataset.pk)
    answer = getattr(getattr(scene, who), method)(path.format(**ids), body)
    assert answer.status_code == answers[who], answer.content
    if answers[who] >= 400:
        assert set(answer.json()) >= {"code", "detail"}
        assert ledger.seal(dataset_id=scene.dataset.pk) == before, "a refusal left a trace in the log"


@pytest.mark.parametrize(("method", "path", "body", "answers"), ENDPOINTS)
def test_a_member_of_another_dataset_sees_nothing_of_this_one(stage, make_scene, method, path, body, answers):
    _, ids = stage
    if path == "/api/datasets/":
        pytest.skip("no dataset in its address")
    answer = getattr(make_scene().owner, method)(path.format(**ids), body)
    assert answer.status_code == 404


def test_the_matrix_has_every_endpoint_of_the_schema():
    from .contract import schema

    ours = {
        (parameter.values[0], parameter.values[1].count("/"), _shape(parameter.values[1]))
        for parameter in ENDPOINTS
    }
    declared = {
        (method, path.count("/"), _shape(path))
        for path, methods in schema()["paths"].items()
        for method in methods
        if path not in ("/api/session/", "/api/schema/") and "run" not in path
    }
    assert declared <= ours


def _shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_creating_datasets_takes_a_right_of_its_own(scene):
    creator = scene.stranger
    user = builders.user("creator")
    user.user_permissions.add(Permission.objects.get(codename="add_dataset"))
    creator = type(creator).of(user)
    body = {"name": "Mine", "task_type": "classification", "media": "text", "classes": ["a", "b"]}
    answer = creator.post("/api/datasets/", body)
    assert answer.status_code == 201
    assert answer.json()["role"] == "owner"
    assert scene.owner.get(f"/api/datasets/{answer.json()['id']}/").status_code == 404
