"""The OpenAPI schema out of the types that the renderers are checked against.

What the API answers is declared once, as TypedDicts whose names end in `JSON`: mypy holds the functions that
build the answers to them, and here they become the schema's components. None of this runs for an answer.
"""

import types
from datetime import datetime
from enum import Enum
from typing import (
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from .values import LabelValue

BASIC: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
    type(None): {"type": "null"},
}

LABEL_VALUE = {
    "description": (
        "A label as plain JSON, in the shape of the dataset's task type: for classification a class's name. "
        "Null where there is none."
    )
}


class ErrorJSON(TypedDict):
    """What went wrong: a code for programs, a sentence for people, and the complaints by field."""

    code: str
    detail: str
    fields: NotRequired[dict[str, list[str]]]


def page_of(row: type) -> Any:
    """The type of a list's answer: a page of rows and the addresses of its neighbours."""
    name = row.__name__.removesuffix("JSON")
    return TypedDict(f"{name}PageJSON", {"next": str | None, "previous": str | None, "results": list[row]})  # type: ignore


PAGING = [
    OpenApiParameter("cursor", str, description="Where the page starts: follow `next` and `previous`."),
    OpenApiParameter("page_size", int, description="Rows in a page, 1 to 500; 50 when not said."),
]
FILE = OpenApiTypes.BINARY

DONE = {200: "As asked.", 201: "Created.", 202: "Accepted: the work goes on in the background."}
REFUSALS = {
    400: "The input is not valid.",
    401: "Nobody is signed in.",
    403: "Not for this user's role.",
    404: "Absent, or not for the eyes of this user.",
    409: "Not allowed now, or somebody else was first.",
    413: "The upload is too large.",
    429: "Too many failed attempts.",
}


def operation(
    name: str,
    answer: Any,
    *,
    status: int = 200,
    request: Any = None,
    refuses: tuple[int, ...] = (),
    **more: Any,
) -> Any:
    """The schema of one endpoint: its name for generated clients, what it takes, answers and refuses."""
    content_type = more.pop("content_type", None)
    success: Any = (status, content_type) if content_type else status
    answer = OpenApiResponse(answer, DONE[status]) if answer else None
    refusals = {code: OpenApiResponse(ErrorJSON, REFUSALS[code]) for code in refuses}
    return extend_schema(
        operation_id=name,
        request=request,
        responses={success: answer, **refusals, **more.pop("also", {})},
        **more,
    )


class TypedDictExtension(OpenApiSerializerExtension):
    """A TypedDict as a component; nested ones, and enumerations, as components of their own."""

    target_class = "typing.TypedDict"

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return is_typeddict(target)

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.__name__.removesuffix("JSON"))

    def get_identity(self, auto_schema: Any, direction: Any) -> Any:
        return self.get_name(auto_schema, direction)

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        hints = get_type_hints(self.target, include_extras=True)
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: schema_of(hint, auto_schema) for name, hint in hints.items()},
        }
        if required := [name for name in hints if name in self.target.__required_keys__]:
            schema["required"] = required
        if self.target.__doc__:
            schema["description"] = " ".join(self.target.__doc__.split())
        return schema


def schema_of(hint: Any, auto_schema: Any) -> dict[str, Any]:
    """The JSON schema of a type as the renderers declare it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is LabelValue:
        return _component("LabelValue", LABEL_VALUE, auto_schema)
    if origin is NotRequired:
        return schema_of(arguments[0], auto_schema)
    if hint in BASIC:
        return BASIC[hint]
    if is_typeddict(hint):
        return dict(auto_schema.resolve_serializer(hint, "response").ref)
    if isinstance(hint, type) and issubclass(hint, Enum):
        values = {"type": "string", "enum": [member.value for member in hint]}
        return _component(hint.__name__, values, auto_schema)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _union([schema_of(argument, auto_schema) for argument in arguments])
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0], auto_schema)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], auto_schema)}
    raise TypeError(f"{hint} has no schema")


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Of a plain type and null, both in `type`; of anything else, one of them."""
    kinds = [schema["type"] for schema in schemas if isinstance(schema.get("type"), str)]
    merged = {name: value for schema in schemas for name, value in schema.items()}
    if len(kinds) == len(schemas) == 2 and "null" in kinds and "enum" not in merged:
        return {**merged, "type": sorted(kinds, key="null".__eq__)}
    return {"oneOf": schemas}


def _component(name: str, schema: dict[str, Any], auto_schema: Any) -> dict[str, Any]:
    component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
    auto_schema.registry.register_on_missing(component)
    return dict(component.ref)


class ChoiceExtension(OpenApiSerializerFieldExtension):
    """The choices of a request's field where they stand."""

    target_class = "rest_framework.serializers.ChoiceField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.target.choices)}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "POST /api/session/ gives it",
        }


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "reviews.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, as `manage.py token USER` prints it",
        }
