import pytest
from django.test import Client


@pytest.mark.django_db
def test_health_names_the_missing_worker(client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "web": "ok",
        "database": "ok",
        "broker": "ok",
        "worker": "none answers",
    }


def test_health_is_well_once_a_worker_answers(client: Client, live_worker: object) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["worker"] == "ok"
