"""Lists by keyset: complete, without repetition, in both directions, and deaf to forged cursors."""

import base64

import orjson
import pytest

from reviews.models import Flag
from tests import builders


@pytest.fixture
def crowd(scene):
    """Twenty flags more, most of the same priority."""
    for number, item in enumerate(builders.items(scene.dataset, *["cat"] * 20)):
        builders.flag(item, priority=0.5 if number % 4 else 0.7, score=number / 100)
    return scene


def walk(client, at, direction="next"):
    """The ids of all rows from a page on."""
    ids = []
    while at:
        page = client.get(at).json()
        ids += [row["id"] for row in page["results"]][:: 1 if direction == "next" else -1]
        at = page[direction]
    return ids


ORDERS = {
    "-priority": ("-priority", "-id"),
    "priority": ("priority", "id"),
    "-score": ("-score", "-id"),
    "score": ("score", "id"),
    "-created_at": ("-id",),
    "created_at": ("id",),
}


@pytest.mark.parametrize("ordering", ORDERS)
@pytest.mark.parametrize("size", [1, 3, 7, 21, 500])
def test_pages_hold_every_row_once_and_in_order(crowd, ordering, size):
    at = f"{crowd.at}/flags/?ordering={ordering}&page_size={size}"
    expected = list(Flag.objects.order_by(*ORDERS[ordering]).values_list("id", flat=True))
    assert walk(crowd.annotator, at) == expected


def test_pages_can_be_walked_back(crowd):
    at = f"{crowd.at}/flags/?page_size=4"
    pages = [crowd.annotator.get(at).json()]
    while pages[-1]["next"]:
        pages.append(crowd.annotator.get(pages[-1]["next"]).json())
    assert pages[0]["previous"] is None
    back = crowd.annotator.get(pages[-1]["previous"]).json()
    assert [row["id"] for row in back["results"]] == [row["id"] for row in pages[-2]["results"]]
    everything = walk(crowd.annotator, pages[-1]["previous"], "previous")
    assert everything == [row["id"] for page in pages[:-1] for row in page["results"]][::-1]


def test_rows_that_come_or_go_between_pages_shift_nothing(crowd):
    first = crowd.annotator.get(f"{crowd.at}/flags/?page_size=5").json()
    (item,) = builders.items(crowd.dataset, "cat")
    builders.flag(item, priority=1.0)
    expected = list(Flag.objects.order_by("-priority", "-id").values_list("id", flat=True))[6:]
    assert walk(crowd.annotator, first["next"]) == expected


def test_the_filter_goes_along_to_the_next_page(crowd):
    page = crowd.annotator.get(f"{crowd.at}/flags/?min_score=0.1&page_size=2").json()
    scores = []
    while page:
        scores += [row["score"] for row in page["results"]]
        page = crowd.annotator.get(page["next"]).json() if page["next"] else None
    assert len(scores) == 11
    assert min(scores) >= 0.1


def encoded(value):
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "é",
        "a" * 5000,
        encoded({}),
        encoded([]),
        encoded(["after"]),
        encoded(["after", "-priority,-id", 1.0]),
        encoded(["after", "-id", 5]),
        encoded(["beside", "-priority,-id", 1.0, 5]),
        encoded(["after", "-priority,-id", "high", 5]),
        encoded(["after", "-priority,-id", True, 5]),
        encoded(["after", "-priority,-id", None, 5]),
        encoded(["after", "-priority,-id", 1.0, 5.5]),
        encoded(["after", "-priority,-id", 1.0, [1]]),
        encoded(["after", "-priority,-id", 1.0, 2**63]),
        encoded([["after"], ["-priority,-id"], 1.0, 5]),
    ],
)
def test_a_cursor_that_is_not_the_lists_own_is_refused(scene, cursor):
    answer = scene.annotator.get(f"{scene.at}/flags/", {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "²", "9" * 30, " "])
def test_a_page_size_that_is_none_is_refused(scene, size):
    answer = scene.annotator.get(f"{scene.at}/flags/", {"page_size": size})
    assert answer.status_code == 400
    assert "page_size" in answer.json()["fields"]


def test_more_than_the_largest_page_is_the_largest_page(crowd):
    assert len(crowd.annotator.get(f"{crowd.at}/flags/?page_size=100000").json()["results"]) == 21


@pytest.mark.parametrize("ordering", ["id", "-item", "priority,-score", "?"])
def test_an_ordering_that_there_is_not_is_refused(scene, ordering):
    answer = scene.annotator.get(f"{scene.at}/flags/", {"ordering": ordering})
    assert answer.status_code == 400
    assert "ordering" in answer.json()["fields"]
