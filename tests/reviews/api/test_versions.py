"""Versions through the API: frozen, compared, downloaded; and the log of it all."""

import hashlib

import orjson
import pytest

from reviews import ledger
from tests import builders


def freeze(scene, tag):
    return scene.lead.post(f"{scene.at}/versions/", {"tag": tag, "note": "a note"})


def content(response):
    return b"".join(response.streaming_content)


@pytest.fixture
def two(scene):
    """A version before and a version after a correction, and a new item."""
    first = freeze(scene, "1.0").json()
    scene.decide(reason="it barks")
    builders.items(scene.dataset, "owl")
    return scene, first, freeze(scene, "1.1").json()


def test_a_version_stays_what_it_was(two):
    scene, first, second = two
    old = scene.annotator.get(f"/api/versions/{first['id']}/export/")
    new = scene.annotator.get(f"/api/versions/{second['id']}/export/?format=jsonl")
    for version, response in ((first, old), (second, new)):
        name = f"animals-{version['tag']}.jsonl"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        body = content(response)
        assert hashlib.sha256(body).hexdigest() == version["sha256"]
        assert body.count(b"\n") == version["item_count"]
    assert [version["tag"] for version in scene.annotator.get(f"{scene.at}/versions/").json()["results"]] == [
        "1.1",
        "1.0",
    ]


def test_a_version_can_be_had_as_a_table(two):
    scene, first, _ = two
    response = scene.annotator.get(f"/api/versions/{first['id']}/export/?format=csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert content(response).splitlines()[0].startswith(b"id,text,label")


@pytest.mark.parametrize("name", ["parquet", "image_folders", "../../etc/passwd"])
def test_a_format_that_there_is_not_is_refused(two, name):
    scene, first, _ = two
    assert scene.annotator.get(f"/api/versions/{first['id']}/export/?format={name}").status_code == 400


def test_a_difference_names_what_changed_why_and_by_whom(two):
    scene, first, second = two
    diff = scene.annotator.get(f"/api/versions/{second['id']}/diff/").json()
    assert (diff["version"]["tag"], diff["against"]["tag"]) == ("1.1", "1.0")
    assert diff["counts"] == {"changed": 1, "added": 1, "excluded": 0}
    changed, added = diff["results"]
    assert (changed["item"]["id"], changed["cause"]) == (scene.items[0].pk, "correction")
    assert (changed["before"]["value"], changed["after"]["value"]) == ("cat", "dog")
    assert (changed["author"], changed["reason"]) == (scene.members["annotator"].user.username, "it barks")
    assert (added["before"], added["after"]["value"]) == (None, "owl")
    for against in (first["id"], "1.0"):
        assert scene.annotator.get(f"/api/versions/{second['id']}/diff/?against={against}").json() == diff


def test_the_first_version_differs_from_nothing_by_everything(two):
    scene, first, _ = two
    diff = scene.annotator.get(f"/api/versions/{first['id']}/diff/").json()
    assert (diff["against"], diff["counts"]) == (None, {"changed": 0, "added": 3, "excluded": 0})


def test_a_difference_comes_in_pages(two):
    scene, _, second = two
    at, found = f"/api/versions/{second['id']}/diff/?page_size=1", []
    while at:
        page = scene.annotator.get(at).json()
        found += [row["item"]["id"] for row in page["results"]]
        at = page["next"]
    assert len(found) == len(set(found)) == 2


def test_versions_are_compared_within_one_dataset_and_forwards(two, make_scene):
    scene, first, second = two
    foreign = freeze(make_scene(), "9").json()
    at = f"/api/versions/{first['id']}/diff/"
    assert scene.annotator.get(f"{at}?against={second['id']}").status_code == 400
    for against in (foreign["id"], "9", "nothing", "9" * 40, "²", "%00"):
        assert scene.annotator.get(f"{at}?against={against}").status_code == 404
    for cursor in ("x", "WzFd" * 9, "WyJhIl0", "Wy0xXQ", "W1tdXQ"):
        assert scene.annotator.get(f"{at}?cursor={cursor}").status_code == 400


def test_a_tag_is_given_once(scene):
    assert freeze(scene, "1.0").status_code == 201
    assert (freeze(scene, "1.0").status_code, freeze(scene, "1.0").json()["code"]) == (409, "not_allowed_now")


@pytest.mark.parametrize("tag", ["", " ", "a b", ".hidden", "-x", "a/b", "x" * 51, "é", None, {}], ids=str)
def test_a_tag_is_plain(scene, tag):
    assert freeze(scene, tag).status_code == 400


# The log


def test_the_log_has_everything_newest_first_with_its_place_in_the_chain(two):
    scene, *_ = two
    ledger.seal(dataset_id=scene.dataset.pk)
    events = scene.annotator.get(f"{scene.at}/audit/").json()["results"]
    assert [event["action"] for event in events] == [
        "version.freeze",
        "import",
        "label.correction",
        "version.freeze",
        "import",
    ]
    assert [event["position"] for event in events] == [5, 4, 3, 2, 1]
    assert all(len(event["hash"]) == 64 for event in events)


def test_an_event_that_is_not_sealed_yet_has_no_place(scene):
    scene.decide("lead", "keep")
    event = scene.annotator.get(f"{scene.at}/audit/").json()["results"][0]
    assert (event["action"], event["position"], event["hash"]) == ("flag.keep", None, None)


def test_the_log_can_be_searched_by_action_and_actor(two):
    scene, *_ = two
    lead = scene.members["lead"].user.username
    counts = {"action=import": 2, f"actor={lead}": 2, "actor=nobody": 0, "action=import&actor=x": 0}
    for query, count in counts.items():
        assert len(scene.annotator.get(f"{scene.at}/audit/?{query}").json()["results"]) == count


def test_the_payload_of_a_decision_can_be_read(scene):
    scene.decide("lead", "keep", reason="fine as it is")
    event = scene.annotator.get(f"{scene.at}/audit/").json()["results"][0]
    assert event["payload"]["reason"] == "fine as it is"
    assert orjson.dumps(event["payload"])
