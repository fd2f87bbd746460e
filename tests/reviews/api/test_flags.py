"""Flags as the API shows them, and deciding on them."""

from tests import builders


def test_a_flag_shows_what_the_screen_needs(scene):
    builders.annotation(scene.items[0], "ann", "cat")
    builders.annotation(scene.items[0], "bo", "dog")
    flag = scene.annotator.get(f"{scene.flag_at}/").json()
    assert flag["item"]["external_id"] == scene.items[0].external_id
    assert (flag["given"], flag["suggested"], flag["item"]["label"]) == ("cat", "dog", "cat")
    assert [(vote["annotator"], vote["value"]) for vote in flag["votes"]] == [("ann", "cat"), ("bo", "dog")]
    assert flag["abilities"] == ["keep", "correct", "ambiguous", "exclude", "escalate", "comment"]
    assert (flag["history"], flag["comments"], flag["correction"], flag["lease"]) == ([], [], None, None)


def test_a_decision_answers_with_the_flag_as_it_now_stands(scene):
    answer = scene.decide(reason="a dog by its ears", rule="3.2")
    assert answer.status_code == 200
    flag = answer.json()
    assert (flag["state"], flag["version"], flag["item"]["label"]) == ("applied", 2, "dog")
    assert flag["correction"]["reason"] == "a dog by its ears"
    (entry,) = flag["history"]
    assert (entry["action"], entry["from"], entry["to"], entry["rule"]) == (
        "correct",
        "open",
        "applied",
        "3.2",
    )
    assert flag == scene.annotator.get(f"{scene.flag_at}/").json()


def test_a_stale_decision_is_refused_with_the_fresh_flag(scene):
    scene.decide("lead", "keep")
    answer = scene.annotator.post(f"{scene.flag_at}/decide/", {"action": "exclude", "seen_version": 1})
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "stale_flag"
    assert (body["flag"]["state"], body["flag"]["version"]) == ("kept", 2)


def test_an_answer_that_the_state_does_not_take_is_refused_with_the_fresh_flag(scene):
    scene.decide("lead", "keep")
    answer = scene.decide("annotator", "exclude")
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_allowed_now"
    assert answer.json()["flag"]["state"] == "kept"


def test_an_item_is_reported_once_at_a_time(scene):
    item = scene.items[2]
    report = {"reason": "an owl? a cat in the dark", "suggested": "cat"}
    answer = scene.annotator.post(f"/api/items/{item.pk}/flags/", report)
    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["suggested"]) == ("reported", "cat")
    again = scene.lead.post(f"/api/items/{item.pk}/flags/", report)
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed_now")


def test_a_report_suggests_one_of_the_classes(scene):
    answer = scene.annotator.post(
        f"/api/items/{scene.items[2].pk}/flags/", {"reason": "?", "suggested": "unicorn"}
    )
    assert answer.status_code == 400
    assert "suggested" in answer.json()["fields"]
