import pytest

from detection import execution
from detection.models import DetectionRun
from tests import builders
from tests.detection.builders import noisy_texts
from tests.reviews.api.contract import Client

pytestmark = pytest.mark.django_db


def scene(count: int = 60) -> tuple[Client, str]:
    """The owner's client and the address of a dataset's runs."""
    dataset, _, _ = noisy_texts(count)
    return Client.of(dataset.created_by), f"/api/datasets/{dataset.pk}/runs/"


def test_a_run_is_accepted_and_can_be_watched_to_its_end() -> None:
    client, at = scene()
    answer = client.post(at, {})
    assert answer.status_code == 202
    run = answer.json()
    assert (run["status"], run["progress"], run["summary"], run["error"]) == ("queued", 0, None, None)
    assert "confident_learning" in run["methods"]
    execution.execute(run_id=run["id"])
    done = client.get(f"/api/runs/{run['id']}/").json()
    assert (done["status"], done["progress"]) == ("succeeded", 1)
    assert done["summary"]["flags"] > 0
    assert client.get(at).json()["results"] == [done]


def test_methods_and_options_are_taken() -> None:
    client, at = scene()
    body = {"methods": ["near_duplicates"], "options": {"seed": 3, "max_flags": 10, "min_probability": 0.5}}
    run = client.post(at, body).json()
    assert run["methods"] == ["near_duplicates"]
    assert run["options"] == body["options"] | {"trust_model_below": False, "embedder": None}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"methods": ["magic"]}, "methods"),
        ({"methods": []}, "methods"),
        ({"methods": "confident_learning"}, "methods"),
        ({"options": {"depth": 3}}, "options.depth"),
        ({"options": {"seed": -1}}, "options.seed"),
        ({"options": {"min_probability": 2}}, "options.min_probability"),
        ({"options": {"max_flags": 0}}, "options.max_flags"),
        ({"options": [1]}, "options"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(body: dict[str, object], field: str) -> None:
    client, at = scene(5)
    answer = client.post(at, body)
    assert answer.status_code == 400
    assert any(name.startswith(field) for name in answer.json()["fields"])
    assert not DetectionRun.objects.exists()


def test_a_second_run_while_one_is_under_way_is_not_allowed_now() -> None:
    client, at = scene(5)
    client.post(at, {})
    answer = client.post(at, {})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed_now")


def test_a_run_can_be_cancelled_once() -> None:
    client, at = scene(5)
    run = client.post(at, {}).json()
    cancelled = client.post(f"/api/runs/{run['id']}/cancel/")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert client.post(f"/api/runs/{run['id']}/cancel/").status_code == 409
    assert client.post(at, {}).status_code == 202


@pytest.mark.parametrize(("role", "status"), [("annotator", 403), ("expert", 403), ("lead", 202)])
def test_leads_start_runs_and_everybody_in_the_dataset_sees_them(role: str, status: int) -> None:
    dataset, _, _ = noisy_texts(5)
    client = Client.of(builders.member(dataset, role).user)
    assert client.post(f"/api/datasets/{dataset.pk}/runs/", {}).status_code == status
    assert client.get(f"/api/datasets/{dataset.pk}/runs/").status_code == 200


def test_a_stranger_finds_no_runs() -> None:
    client, at = scene(5)
    run = client.post(at, {}).json()
    stranger = Client.of(builders.user())
    assert stranger.get(at).status_code == 404
    assert stranger.post(at, {}).status_code == 404
    assert stranger.get(f"/api/runs/{run['id']}/").status_code == 404
    assert stranger.post(f"/api/runs/{run['id']}/cancel/").status_code == 404
    assert Client.of().get(at).status_code == 401


def test_a_list_of_runs_costs_the_same_however_many_there_are(django_assert_num_queries: object) -> None:
    client, at = scene(5)
    for _ in range(3):
        run = client.post(at, {}).json()
        client.post(f"/api/runs/{run['id']}/cancel/")
    client.get(at)
    with django_assert_num_queries(3):  # type: ignore[operator]
        client.get(at)
