"""JSON out of a client's hands, made safe to store."""

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

DEEPEST = 20
LARGEST_NUMBER = 2**63

# For the schema: a label as the dataset's task type shapes it.
LabelValue = Annotated[Any, "a label"]


@extend_schema_field({"$ref": "#/components/schemas/LabelValue"})
class LabelValueField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON that Postgres can keep. The task type decides whether it is a label."""

    default_error_messages = {
        "unstorable": "Too deeply nested, or with a NUL character or a number too large.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not _storable(data, DEEPEST):
            self.fail("unstorable")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(LabelValueField):
    """A JSON object of any content."""

    default_error_messages = {"not_an_object": "Expected an object."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return super().to_internal_value(data)


def _storable(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, int | float):
        return abs(value) < LARGEST_NUMBER
    if isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        inner = value
    else:
        return value is None
    return depth > 0 and all(_storable(part, depth - 1) for part in inner)
