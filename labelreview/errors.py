"""The one place where errors become answers: always `{"code", "detail", "fields"?}`."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from reviews.errors import DomainError

# Django REST framework's codes where the contract has a word of its own.
CODES = {"permission_denied": "forbidden", "error": "invalid"}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response for an exception that a view raised; None for a bug, which Django logs and answers."""
    if isinstance(error, DomainError):
        set_rollback()
        return Response(_domain_body(error), status=error.status)
    if isinstance(error, RequestDataTooBig):
        set_rollback()
        return Response(_body("too_large", str(error)), status=413)
    response = exception_handler(error, context)
    if response is not None:
        response.data = _framework_body(error, response)
    return response


def _body(code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "detail": detail, **{name: value for name, value in more.items() if value}}


def _domain_body(error: DomainError) -> dict[str, Any]:
    return _body(error.code, error.detail, fields=error.fields, **error.extra)


def _framework_body(error: Exception, response: Response) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        return _invalid(error.detail)
    detail = str(response.data.get("detail", error) if isinstance(response.data, Mapping) else error)
    if detail.startswith("CSRF Failed"):
        return _body("csrf_failed", detail)
    code = error.get_codes() if isinstance(error, APIException) else None
    if not isinstance(code, str):
        code = {403: "forbidden", 404: "not_found"}.get(response.status_code, "invalid")
    return _body(CODES.get(code, code), detail)


def _invalid(detail: Any) -> dict[str, Any]:
    """The first complaint as the sentence, and all of them by field; `a.0.b` names a nested one."""
    fields: dict[str, list[str]] = {}
    for name, message in _messages(detail):
        fields.setdefault(name, []).append(message)
    name, first = next(_messages(detail), ("", "The input is not valid."))
    general = fields.pop("", [])
    return _body("invalid", general[0] if general else f"{name}: {first}", fields=fields)


def _messages(detail: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """(field, message) pairs of a ValidationError's nested detail."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            inner = at if key == "non_field_errors" else f"{at}.{key}".strip(".")
            yield from _messages(value, inner)
    elif isinstance(detail, list):
        for number, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from _messages(value, f"{at}.{number}".strip(".") if nested else at)
    else:
        yield at, str(detail)


def _response(status: int, code: str, detail: str) -> HttpResponse:
    return HttpResponse(orjson.dumps(_body(code, detail)), status=status, content_type="application/json")


def too_large(limit: int) -> HttpResponse:
    return _response(
        413, "too_large", f"The body is larger than the {limit // 1024 // 1024} MB allowed here."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _response(403, "csrf_failed", f"CSRF failed: {reason}")


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _response(404, "not_found", "There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _response(400, "invalid", "The request could not be understood.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _response(500, "server_error", "Something went wrong on the server; it has been logged.")
