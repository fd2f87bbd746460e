"""Every error has one shape, whoever raises it: the domain, the framework, Django itself."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.test import Client, override_settings
from rest_framework import exceptions, serializers

from labelreview.errors import answer
from reviews.errors import DomainError, NotVisible, StaleFlag


class Shape(serializers.Serializer[object]):
    name = serializers.CharField()
    classes = serializers.ListField(child=serializers.IntegerField())


def refusal(data: object) -> exceptions.ValidationError:
    shape = Shape(data=data)
    shape.is_valid()
    return exceptions.ValidationError(shape.errors)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (NotVisible("No such dataset."), 404, {"code": "not_found", "detail": "No such dataset."}),
        (
            StaleFlag("Somebody was first.", flag={"id": 7}),
            409,
            {"code": "stale_flag", "detail": "Somebody was first.", "flag": {"id": 7}},
        ),
        (
            DomainError("No.", fields={"value": ["unknown class"]}),
            400,
            {"code": "invalid", "detail": "No.", "fields": {"value": ["unknown class"]}},
        ),
        (
            exceptions.NotAuthenticated(),
            401,
            {"code": "not_authenticated", "detail": "Authentication credentials were not provided."},
        ),
        (exceptions.PermissionDenied("Not yours."), 403, {"code": "forbidden", "detail": "Not yours."}),
        (Http404(), 404, {"code": "not_found", "detail": "Not found."}),
        (RequestDataTooBig("Too much."), 413, {"code": "too_large", "detail": "Too much."}),
        (
            exceptions.ValidationError("Choose one."),
            400,
            {"code": "invalid", "detail": "Choose one."},
        ),
        (
            refusal({"classes": [1, "x"]}),
            400,
            {
                "code": "invalid",
                "detail": "name: This field is required.",
                "fields": {
                    "name": ["This field is required."],
                    "classes.1": ["A valid integer is required."],
                },
            },
        ),
        (
            refusal([]),
            400,
            {"code": "invalid", "detail": "Invalid data. Expected a dictionary, but got list."},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_becomes_code_and_detail(error: Exception, status: int, body: dict[str, object]) -> None:
    response = answer(error, {})
    assert response is not None
    assert (response.status_code, response.data) == (status, body)


def test_a_bug_is_left_to_django() -> None:
    assert answer(ZeroDivisionError(), {}) is None


@pytest.mark.parametrize("path", ["/api/nothing/here/", "/api/nothing", "/static/no.js", "/assets/no.js"])
def test_an_unknown_path_is_404_in_the_same_shape(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "detail": "There is nothing at this address."}


def test_a_body_above_the_limit_is_413_before_it_is_read(client: Client) -> None:
    with override_settings(MAX_UPLOAD_BYTES=1024 * 1024):
        response = client.post("/api/session/", b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


@pytest.mark.django_db
def test_a_wrong_host_is_400_in_the_same_shape(client: Client) -> None:
    response = client.get("/api/session/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
