"""Rows of plain statements as model instances, and back, for what every request reads and writes.

The ORM composes each query anew and builds an instance field by field, with signals that nobody listens to:
for a small answer that is more work than Postgres has with it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)

Parameters = Sequence[Any] | Mapping[str, Any]


class _Loaded(ModelState):
    """The state of an instance that came from the database."""

    adding = False
    db = DEFAULT_DB_ALIAS


class Columns(Generic[M]):
    """The columns of one model, which stands under `alias` in a statement, and instances out of its rows."""

    def __init__(self, model: type[M], alias: str, *names: str) -> None:
        """All columns, or those of the named fields alone: the others are read when they are asked for."""
        fields = [field for field in model._meta.concrete_fields if not names or field.attname in names]
        self.model, self.width = model, len(fields)
        self.sql = ", ".join(f"{alias}.{field.column}" for field in fields)
        self._names = [field.attname for field in fields]
        self._json = [number for number, field in enumerate(fields) if isinstance(field, JSONField)]

    def build(self, row: Sequence[Any], start: int = 0) -> M:
        """The instance whose columns begin at `start` of the row, as `Model.from_db` would make it."""
        values = list(row[start : start + self.width])
        for number in self._json:
            if values[number] is not None:
                values[number] = orjson.loads(values[number])
        made = self.model.__new__(self.model)
        made.__dict__ = dict(zip(self._names, values, strict=True))
        made._state = _Loaded()
        return made


def attach(instance: Model, name: str, related: Model) -> None:
    """Let the foreign key `name` lead to `related`, whose key the instance has already."""
    instance._state.fields_cache[name] = related


def fetch(statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def fetch_one(statement: str, parameters: Parameters) -> tuple[Any, ...] | None:
    """The first row of a statement, None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def insert(instance: Model) -> None:
    """Write a new row and give the instance its key."""
    model = type(instance)
    fields = _but_key(model)
    values = [field.pre_save(instance, add=True) for field in fields]
    json = [isinstance(field, JSONField) for field in fields]
    [(key,)] = fetch(_insertion(model), [as_json(v) if j else v for v, j in zip(values, json, strict=True)])
    instance.pk, instance._state.adding = key, False


@cache
def _insertion(model: type[Model]) -> str:
    fields = _but_key(model)
    columns = ", ".join(str(field.column) for field in fields)
    places = ", ".join("%s::jsonb" if isinstance(field, JSONField) else "%s" for field in fields)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places}) RETURNING id"


def _but_key(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def as_json(value: Any) -> str | None:
    """The value as the text of a JSON column; None is no value, not JSON's null."""
    return None if value is None else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
