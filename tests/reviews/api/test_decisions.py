"""Deciding on flags through the API: one, many, and back again."""

import pytest

from reviews.models import Flag, FlagKind, SignoffPolicy
from tests import builders


def test_a_decision_must_say_which_version_it_saw(scene):
    answer = scene.annotator.post(f"{scene.flag_at}/decide/", {"action": "keep"})
    assert answer.status_code == 400
    assert "seen_version" in answer.json()["fields"]


@pytest.mark.parametrize("action", ["approve", "reject", "undo", "supersede", "", None, 5, ["keep"]])
def test_only_a_reviewers_answers_are_decisions(scene, action):
    answer = scene.decide("owner", action)
    assert answer.status_code == 400
    assert "action" in answer.json()["fields"]


@pytest.mark.parametrize("value", ["unicorn", "cat", 5, True, ["dog"], {"label": "dog"}, "", " "])
def test_a_label_that_will_not_do_is_refused(scene, value):
    """Neither one that is no class nor the label that the item has already."""
    answer = scene.decide(value=value)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_value")
    assert "value" in answer.json()["fields"]
    assert Flag.objects.get(pk=scene.flag.pk).version == 1


def test_a_correction_may_be_another_than_the_suggested_one(scene):
    assert scene.decide(value="owl").json()["item"]["label"] == "owl"


def test_an_undo_answers_with_the_flag_as_it_was_and_the_history_of_both(scene):
    decided = scene.decide().json()
    answer = scene.annotator.post(f"{scene.flag_at}/undo/", {"seen_version": decided["version"]})
    assert answer.status_code == 200
    flag = answer.json()
    assert (flag["state"], flag["item"]["label"], flag["correction"]) == ("open", "cat", None)
    assert [entry["action"] for entry in flag["history"]] == ["correct", "undo"]


def test_a_stale_undo_is_refused_with_the_fresh_flag(scene):
    scene.decide()
    answer = scene.annotator.post(f"{scene.flag_at}/undo/", {"seen_version": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_flag")
    assert answer.json()["flag"]["version"] == 2


def test_an_undo_of_nothing_is_refused(scene):
    answer = scene.annotator.post(f"{scene.flag_at}/undo/", {"seen_version": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed_now")


# Many at once


@pytest.fixture
def many(scene):
    """Flags on ten cats, suggested to be dogs, but for the last one."""
    items = builders.items(scene.dataset, *["cat"] * 10)
    flags = [builders.flag(item, suggested="dog" if item is not items[-1] else None) for item in items]
    return scene, [flag.pk for flag in flags]


def test_many_flags_take_each_their_own_suggestion(many):
    scene, ids = many
    body = {"ids": ids, "action": "correct", "reason": "all of them bark"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body).json()
    assert (answer["decided"], answer["refused"], answer["more"]) == (9, 1, False)
    outcomes = {result["id"]: result for result in answer["results"]}
    assert outcomes[ids[-1]]["code"] == "bad_value"
    assert set(Flag.objects.filter(pk__in=ids[:-1]).values_list("state", flat=True)) == {"applied"}
    assert Flag.objects.get(pk=ids[-1]).state == "open"


def test_a_filter_chooses_the_flags_as_the_list_does(many):
    scene, ids = many
    Flag.objects.filter(pk__in=ids[:4]).update(score=0.3)
    body = {"filter": {"state": "open", "min_score": 0.5, "suggested": "dog"}, "action": "keep"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body).json()
    assert {result["id"] for result in answer["results"]} == {scene.flag.pk, *ids[4:-1]}
    assert answer["decided"] == 6


def test_flags_of_other_datasets_are_refused_as_not_there(many, make_scene):
    scene, ids = many
    foreign = make_scene().flag
    body = {"ids": [ids[0], foreign.pk, 10**15], "action": "keep"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body)
    codes = {result["id"]: result.get("code") for result in answer.json()["results"]}
    assert codes == {ids[0]: None, foreign.pk: "not_found", 10**15: "not_found"}
    foreign.refresh_from_db()
    assert foreign.state == "open"


def test_two_flags_of_one_item_in_one_call_change_its_label_once(scene):
    other = builders.flag(scene.items[0], kind=FlagKind.ANNOTATOR_DISAGREEMENT)
    body = {"ids": [scene.flag.pk, other.pk], "action": "correct"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body).json()
    assert (answer["decided"], answer["refused"]) == (1, 1)
    assert scene.items[0].revisions.count() == 2


def test_one_call_decides_on_a_thousand_at_most_and_says_that_there_are_more(many, monkeypatch):
    scene, ids = many
    monkeypatch.setattr("reviews.bulk.MOST", 4)
    body = {"filter": {"state": "open"}, "action": "keep"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body).json()
    assert (answer["decided"], answer["more"]) == (4, True)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"ids": [1], "filter": {}},
        {"ids": "1"},
        {"ids": [0]},
        {"ids": [10**30]},
        {"ids": list(range(1, 1002))},
        {"filter": {"state": "nowhere"}},
        {"filter": {"min_score": 2}},
        {"filter": []},
        {"filter": "state=open"},
    ],
    ids=str,
)
def test_flags_that_are_chosen_badly_are_refused(scene, choice):
    answer = scene.lead.post(f"{scene.at}/flags/decide/", {"action": "keep", **choice})
    assert answer.status_code == 400


def test_a_refused_flag_leaves_nothing_behind(make_scene):
    """Its correction is refused after its decision was written: of both nothing stays."""
    scene = make_scene(SignoffPolicy.EXPERT)
    other = builders.flag(scene.items[0], kind=FlagKind.ANNOTATOR_DISAGREEMENT)
    body = {"ids": [scene.flag.pk, other.pk], "action": "correct"}
    answer = scene.lead.post(f"{scene.at}/flags/decide/", body).json()
    refused = next(result["id"] for result in answer["results"] if not result["ok"])
    flag = Flag.objects.get(pk=refused)
    assert (flag.state, flag.version, flag.decisions.count()) == ("open", 1, 0)
