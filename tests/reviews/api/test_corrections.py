"""Corrections and the signatures under them."""

import pytest

from reviews.models import SignoffPolicy
from tests import builders


@pytest.fixture
def proposed(make_scene):
    """A correction of the annotator's that waits for an expert, and its address."""
    scene = make_scene(SignoffPolicy.EXPERT)
    correction = scene.decide(reason="it barks", rule="3.2").json()["correction"]
    return scene, f"/api/corrections/{correction['id']}"


def sign(client, at, **more):
    body = {"verdict": "approve", "password": builders.PASSWORD, "meaning": "I checked the label"}
    return client.post(f"{at}/sign/", body | more)


def test_a_correction_shows_what_is_to_be_signed(proposed):
    scene, at = proposed
    correction = scene.expert.get(f"{at}/").json()
    assert correction["before"] == {"value": "cat", "status": "labelled"}
    assert correction["after"] == {"value": "dog", "status": "labelled"}
    assert (correction["action"], correction["reason"], correction["rule"]) == ("correct", "it barks", "3.2")
    assert correction["abilities"] == ["approve", "reject"]
    assert scene.annotator.get(f"{at}/").json()["abilities"] == []
    assert correction["item"]["label"] == "cat"


def test_an_approval_changes_the_label(proposed):
    scene, at = proposed
    answer = sign(scene.expert, at)
    assert answer.status_code == 200
    correction = answer.json()
    assert (correction["state"], correction["item"]["label"]) == ("applied", "dog")
    assert correction["abilities"] == []
    (signoff,) = correction["signoffs"]
    assert (signoff["verdict"], signoff["meaning"]) == ("approve", "I checked the label")


def test_a_rejection_returns_the_flag_with_its_reason(proposed):
    scene, at = proposed
    assert sign(scene.expert, at, verdict="reject").status_code == 400
    answer = sign(scene.expert, at, verdict="reject", comment="look at the tail")
    assert answer.json()["state"] == "rejected"
    flag = scene.annotator.get(f"{scene.flag_at}/").json()
    assert (flag["state"], flag["item"]["label"]) == ("returned", "cat")
    assert [(entry["action"], entry["comment"]) for entry in flag["history"]] == [
        ("correct", ""),
        ("reject", "look at the tail"),
    ]


def test_nobody_signs_their_own(make_scene):
    scene = make_scene(SignoffPolicy.EXPERT)
    correction = scene.decide("expert").json()["correction"]
    assert sign(scene.expert, f"/api/corrections/{correction['id']}").status_code == 403


def test_a_wrong_password_signs_nothing(proposed):
    scene, at = proposed
    answer = sign(scene.expert, at, password="guess")
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert scene.expert.get(f"{at}/").json()["state"] == "proposed"


def test_guessing_the_password_of_a_signature_is_slowed_down(proposed):
    scene, at = proposed
    for guess in range(10):
        assert sign(scene.expert, at, password=f"guess {guess}").status_code == 403
    assert sign(scene.expert, at).status_code == 429


def test_signing_twice_is_refused(proposed):
    scene, at = proposed
    sign(scene.expert, at)
    answer = sign(scene.expert, at)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed_now")


@pytest.mark.parametrize("field", ["verdict", "password", "meaning"])
@pytest.mark.parametrize("value", ["", "  ", None, 5.5, [], {}], ids=str)
def test_a_signature_needs_a_verdict_a_password_and_a_meaning(proposed, field, value):
    scene, at = proposed
    answer = sign(scene.expert, at, **{field: value})
    if field == "password" and value in ("  ", 5.5):
        assert answer.status_code == 403  # a wrong one, but one
    elif field == "meaning" and value == 5.5:
        assert answer.status_code == 200  # written by a number
    else:
        assert answer.status_code == 400
        assert field in answer.json()["fields"]


def test_corrections_are_listed_by_state_newest_first(proposed):
    scene, at = proposed
    other = builders.flag(scene.items[1], suggested="owl")
    body = {"action": "exclude", "seen_version": 1, "reason": "no animal"}
    scene.annotator.post(f"/api/flags/{other.pk}/decide/", body)
    sign(scene.expert, at)
    listed = scene.expert.get(f"{scene.at}/corrections/").json()["results"]
    assert [correction["after"]["status"] for correction in listed] == ["excluded", "labelled"]
    waiting = scene.expert.get(f"{scene.at}/corrections/?state=proposed").json()["results"]
    assert [correction["flag"] for correction in waiting] == [other.pk]
    assert scene.expert.get(f"{scene.at}/corrections/?state=lost").status_code == 400
