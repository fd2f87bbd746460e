"""Lists by keyset: a page starts after the last row of the one before, and costs the same wherever."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from django.db.models import (
    BooleanField,
    F,
    FloatField,
    Func,
    Model,
    QuerySet,
    TextField,
    Value,
)
from rest_framework.request import Request

from reviews.errors import DomainError
from reviews.rows import fetch

DEFAULT_SIZE = 50
LARGEST_SIZE = 500
LARGEST_ID = 2**63 - 1

M = TypeVar("M", bound=Model)


class BadCursor(DomainError):
    code = "bad_cursor"

    def __init__(self) -> None:
        detail = "This cursor is not one of this list's. Start again without it."
        super().__init__(detail, fields={"cursor": [detail]})


def paginate(
    *,
    request: Request,
    rows: QuerySet[M],
    order: Sequence[str],
    render: Callable[[list[M]], list[Any]],
) -> dict[str, Any]:
    """One page of `rows`: {next, previous, results}.

    `order` names columns that are never null, the last of them unique, all in one direction: only then is
    "after this row" one comparison of rows, which an index answers wherever in the list it is.
    """
    cursor = _Cursor.of(request, rows.model, order)
    size = page_size(request)
    return _page(cursor, size, list(cursor.window(rows)[: size + 1]), cursor.values_of, render)


def paginate_ids(
    *,
    request: Request,
    model: type[Model],
    dataset_id: int,
    narrow: Callable[[QuerySet[Any]], QuerySet[Any]] | None,
    order: Sequence[str],
    render: Callable[[list[int]], list[Any]],
) -> dict[str, Any]:
    """The same of what a dataset has of a model, where `render` reads the rows itself, by their ids.

    `narrow` filters them; a list that is not filtered is read by a statement that nobody has to compose.
    """
    cursor = _Cursor.of(request, model, order)
    size = page_size(request)
    if narrow is None:
        found = cursor.plain_window(dataset_id, size + 1)
    else:
        rows = cursor.window(narrow(model._default_manager.filter(dataset=dataset_id)))
        found = list(rows.values_list("pk", *cursor.names)[: size + 1])
    return _page(
        cursor, size, found, lambda row: list(row[1:]), lambda rows: render([row[0] for row in rows])
    )


def _page(
    cursor: "_Cursor",
    size: int,
    found: list[Any],
    values_of: Callable[[Any], list[Any]],
    render: Callable[[list[Any]], list[Any]],
) -> dict[str, Any]:
    """A page out of one row more than it holds, where there are so many."""
    more, found = len(found) > size, found[:size]
    if cursor.backward:
        found.reverse()
    after = before = None
    if found and (more or cursor.backward):
        after = cursor.link(values_of(found[-1]), forward=True)
    if found and (cursor.follows or (more and cursor.backward)):
        before = cursor.link(values_of(found[0]), forward=False)
    return {"next": after, "previous": before, "results": render(found)}


def page_size(request: Request) -> int:
    """How many rows the client asked for; more than the largest page is the largest page."""
    text = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise DomainError(
            "page_size is a whole number from 1 to 500.",
            fields={"page_size": ["a whole number from 1 to 500"]},
        )
    return min(int(text), LARGEST_SIZE)


def link_to(request: Request, cursor: Sequence[Any]) -> str:
    """The address of the page of this same list that starts at `cursor`."""
    query = request.query_params.copy()
    query["cursor"] = base64.urlsafe_b64encode(orjson.dumps(list(cursor))).rstrip(b"=").decode("ascii")
    return request.build_absolute_uri(f"{request.path}?{urlencode(list(_pairs(query)))}")


def read_cursor(request: Request) -> list[Any] | None:
    """What `link_to` was given for this page; None for the first one."""
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        cursor = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise BadCursor from error
    if not isinstance(cursor, list):
        raise BadCursor
    return cursor


def _pairs(query: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, values in query.lists() for value in values]


class _RowComparison(Func):
    """(a, b) < (x, y), as SQL means it."""

    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: Any, connection: Any, *ignored: Any, **extra: Any) -> Any:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(parts) // 2
        columns, values = (", ".join(sql for sql, _ in side) for side in (parts[:half], parts[half:]))
        parameters = tuple(parameter for _, own in parts for parameter in own)
        return f"({columns}) {self.extra['operator']} ({values})", parameters


class _Cursor:
    """Where in an order a page starts, and which way it reads."""

    def __init__(
        self,
        request: Request,
        model: type[Model],
        order: Sequence[str],
        backward: bool,
        after: list[Any] | None,
    ) -> None:
        self.model, self.names = model, [name.lstrip("-") for name in order]
        self.descending = order[0].startswith("-")
        self.request, self.order, self.backward, self.after = request, list(order), backward, after
        self.fields: list[Any] = [model._meta.get_field(name) for name in self.names]

    @classmethod
    def of(cls, request: Request, model: type[Model], order: Sequence[str]) -> "_Cursor":
        given = read_cursor(request)
        if given is None:
            return cls(request, model, order, backward=False, after=None)
        if (
            len(given) != len(order) + 2
            or given[:1] not in (["after"], ["before"])
            or given[1] != ",".join(order)
        ):
            raise BadCursor
        cursor = cls(request, model, order, backward=given[0] == "before", after=given[2:])
        if not all(_fits(field, value) for field, value in zip(cursor.fields, given[2:], strict=True)):
            raise BadCursor
        return cursor

    @property
    def follows(self) -> bool:
        return self.after is not None and not self.backward

    def window(self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows on the cursor's side, nearest first."""
        if self.after is not None:
            columns = [F(name) for name in self.names]
            values = [
                Value(value, output_field=field) for field, value in zip(self.fields, self.after, strict=True)
            ]
            rows = rows.filter(_RowComparison(*columns, *values, operator=self.operator))
        rows = rows.order_by(*self.order)
        return rows.reverse() if self.backward else rows

    @property
    def operator(self) -> str:
        return "<" if self.descending != self.backward else ">"

    def plain_window(self, dataset_id: int, limit: int) -> list[tuple[Any, ...]]:
        """The same of all that the dataset has of the model: ids, and what the order goes by."""
        columns = [field.column for field in self.fields]
        direction = "DESC" if self.descending != self.backward else "ASC"
        after = ""
        if self.after is not None:
            after = f"AND ({', '.join(columns)}) {self.operator} ({', '.join(['%s'] * len(columns))})"
        statement = f"""
            SELECT id, {", ".join(columns)} FROM {self.model._meta.db_table} WHERE dataset_id = %s {after}
            ORDER BY {", ".join(f"{column} {direction}" for column in columns)} LIMIT %s
        """
        values = [
            field.get_prep_value(value) for field, value in zip(self.fields, self.after or [], strict=False)
        ]
        return fetch(statement, [dataset_id, *values, limit])

    def values_of(self, row: Model) -> list[Any]:
        return [getattr(row, field.attname) for field in self.fields]

    def link(self, values: list[Any], *, forward: bool) -> str:
        """The address of the page after the row with these values, or before it."""
        return link_to(self.request, ["after" if forward else "before", ",".join(self.order), *values])


def _fits(field: Any, value: Any) -> bool:
    """Whether a value out of a client's hands can stand beside the column."""
    if isinstance(field, FloatField):
        return isinstance(value, float | int) and not isinstance(value, bool)
    if isinstance(field, TextField):
        return isinstance(value, str) and "\0" not in value
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
