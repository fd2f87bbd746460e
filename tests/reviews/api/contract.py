"""A client that holds every answer against the committed schema: what openapi.yaml leaves out is a bug."""

import re
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from knox.models import AuthToken
from rest_framework.test import APIClient

from labelreview.local.places import PROJECT

SCHEMA = PROJECT / "openapi.yaml"


class Client(APIClient):
    """Signed in by a token, as programs are."""

    @classmethod
    def of(cls, user: Any = None) -> "Client":
        client = cls()
        if user is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user)[1]}")
        return client

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        check(response)
        return response


def check(response: Any) -> None:
    """Raise unless the schema knows this answer, to the letter."""
    request = response.wsgi_request
    declared = _operation(request.path, request.method)
    if declared is None:
        assert response.status_code in (404, 405), f"{request.path} is not in {SCHEMA.name}"
        return
    code = str(response.status_code)
    if code in ("405", "413", "415") or response.streaming or response.status_code == 304:
        return
    assert code in declared["responses"], f"{request.method} {request.path} answers {code}: not in the schema"
    content = declared["responses"][code].get("content", {})
    if "application/json" in content:
        _validator(request.method, declared["operationId"], code).validate(response.json())
    else:
        assert response.content == b""


@cache
def schema() -> dict[str, Any]:
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[1-9][0-9]{0,17}", path) + "$"), operations)
        for path, operations in schema()["paths"].items()
    ]


def _operation(path: str, method: str) -> dict[str, Any] | None:
    for pattern, operations in _paths():
        if pattern.match(path):
            return operations.get(method.lower())
    return None


@cache
def _validator(method: str, operation: str, code: str) -> Draft202012Validator:
    declared = next(
        operations[method.lower()]
        for _, operations in _paths()
        if operations.get(method.lower(), {}).get("operationId") == operation
    )
    body = declared["responses"][code]["content"]["application/json"]["schema"]
    return Draft202012Validator({**_closed(body), "components": _closed(schema()["components"])})


def _closed(part: Any) -> Any:
    """The schema with nothing allowed in objects but what they declare."""
    if isinstance(part, dict):
        closed = {name: _closed(value) for name, value in part.items()}
        if "properties" in closed and "additionalProperties" not in closed and closed.get("type") == "object":
            closed["additionalProperties"] = False
        return closed
    return [_closed(inner) for inner in part] if isinstance(part, list) else part
