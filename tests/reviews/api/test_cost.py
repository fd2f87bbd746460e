"""How many statements a request costs: written down, and the same however large the dataset is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import ledger, versions
from reviews.models import SignoffPolicy
from tests import builders

# Who it is and what they are of the dataset, then the rows. Flags that have moved cost three more.
READS = {
    "/api/datasets/": 2,
    "{at}/": 5,
    "{at}/confusion/": 3,
    "{at}/members/": 3,
    "{at}/items/": 4,
    "{at}/items/?label=cat": 4,
    "{at}/imports/": 3,
    "{at}/flags/": 7,
    "{at}/flags/?state=open": 4,
    "{at}/flags/?state=open&ordering=-score&annotator=ann&given=cat&min_score=0.1": 4,
    "{at}/corrections/": 7,
    "{at}/versions/": 3,
    "{at}/audit/": 3,
    "/api/flags/{flag}/": 2,
    "/api/flags/{flag}/comments/": 3,
    "/api/items/{item}/": 2,
    "/api/versions/{version}/diff/": 5,
}


def grow(scene, count):
    """So many more items, flags with votes and comments, decisions and signed corrections."""
    for item in builders.items(scene.dataset, *["cat"] * count):
        builders.annotation(item, "ann", "dog")
        builders.flag(item)
        decided = builders.flag(builders.items(scene.dataset, "cat")[0])
        scene.annotator.post(f"/api/flags/{decided.pk}/comments/", {"text": "hm"})
        body = {"action": "correct", "seen_version": 1}
        correction = scene.annotator.post(f"/api/flags/{decided.pk}/decide/", body).json()["correction"]
        body = {"verdict": "approve", "password": builders.PASSWORD, "meaning": "checked"}
        scene.expert.post(f"/api/corrections/{correction['id']}/sign/", body)


def cost(request):
    with CaptureQueriesContext(connection) as queries:
        response = request()
    assert response.status_code == 200, response.content
    return len(
        [
            query
            for query in queries
            if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
        ]
    )


@pytest.fixture
def grown(make_scene):
    scene = make_scene(SignoffPolicy.EXPERT)
    builders.annotation(scene.items[0], "ann", "dog")
    grow(scene, 2)
    return scene


@pytest.mark.parametrize("path", READS)
def test_a_read_costs_so_many_statements_however_much_there_is(grown, path):
    version = versions.freeze(dataset=grown.dataset, tag="1", note="", actor=grown.dataset.created_by)
    ids = {"at": grown.at, "flag": grown.flag.pk, "item": grown.items[0].pk, "version": version.pk}
    path = path.format(**ids)
    grown.annotator.get(path)
    few = cost(lambda: grown.annotator.get(path))
    grow(grown, 6)
    ledger.seal(dataset_id=grown.dataset.pk)
    grown.annotator.get(path)
    assert (few, cost(lambda: grown.annotator.get(path))) == (READS[_template(path, ids)],) * 2


def _template(path, ids):
    return next(template for template in READS if template.format(**ids) == path)


def test_taking_from_the_queue_costs_the_same_however_much_there_is(grown):
    at = f"{grown.at}/queue/"
    counts = []
    for size in (1, 5):
        grow(grown, 4)
        grown.annotator.delete(at)
        grown.annotator.post(at, {"size": 1})  # counts what remains, for a few seconds
        grown.annotator.delete(at)
        counts.append(cost(lambda size=size: grown.annotator.post(at, {"size": size})))
    # Who, as what; those leased; the flags.
    assert counts == [4, 4]


@pytest.mark.parametrize(("action", "statements"), [("keep", 3), ("escalate", 3), ("correct", 3)])
def test_a_decision_costs_so_many_statements(scene, action, statements):
    """Who; the flag; the move with decision, event, label, correction and what it makes void."""
    builders.annotation(scene.items[0], "ann", "dog")
    body, client = {"action": action, "seen_version": 1}, scene.annotator
    assert cost(lambda: client.post(f"{scene.flag_at}/decide/", body)) == statements


def test_deciding_on_many_reads_no_more_than_deciding_on_few(grown):
    reads = []
    for count in (3, 9):
        ids = [builders.flag(item).pk for item in builders.items(grown.dataset, *["cat"] * count)]
        with CaptureQueriesContext(connection) as queries:
            grown.lead.post(f"{grown.at}/flags/decide/", {"ids": ids, "action": "keep"})
        selects = [query["sql"] for query in queries if query["sql"].lstrip().startswith("SELECT")]
        reads.append(len([sql for sql in selects if "pg_advisory" not in sql]))
    assert reads[0] == reads[1]
