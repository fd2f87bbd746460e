"""What a screen shows of flags, in one statement however many they are.

Lists, the queue and every decision read flags this way. Through the ORM the same takes five queries, most of
whose time goes into composing them anew for each request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import JSONField, Model

from . import past
from .models import Dataset, Flag, Item, LabelRevision, Role
from .permissions import Member

M = TypeVar("M", bound=Model)


class _Part(Generic[M]):
    """The columns of one model in a row of the statement, and the instance out of them."""

    def __init__(self, model: type[M], alias: str) -> None:
        fields = model._meta.concrete_fields
        self.model, self.width = model, len(fields)
        self.columns = ", ".join(f"{alias}.{field.column}" for field in fields)
        self.names = [field.attname for field in fields]
        self.json = [number for number, field in enumerate(fields) if isinstance(field, JSONField)]

    def build(self, row: Sequence[Any], start: int) -> M:
        values = list(row[start : start + self.width])
        for number in self.json:
            if values[number] is not None:
                values[number] = orjson.loads(values[number])
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)


FLAG, ITEM, REVISION, DATASET = (
    _Part(Flag, "f"),
    _Part(Item, "i"),
    _Part(LabelRevision, "r"),
    _Part(Dataset, "d"),
)

VOTES = """(
    SELECT jsonb_agg(
        jsonb_build_object('annotator', t.name, 'value', a.value, 'at', a.given_at) ORDER BY a.id)
    FROM reviews_annotation a JOIN reviews_annotator t ON t.id = a.annotator_id WHERE a.item_id = f.item_id
)"""
COMMENT_COUNT = "(SELECT count(*) FROM reviews_comment c WHERE c.flag_id = f.id)"
COMMENTS = """(
    SELECT jsonb_agg(jsonb_build_object(
        'id', c.id, 'author', jsonb_build_object('id', w.id, 'username', w.username),
        'text', c.text, 'rule', c.rule, 'created_at', c.created_at) ORDER BY c.id)
    FROM reviews_comment c JOIN auth_user w ON w.id = c.author_id WHERE c.flag_id = f.id
)"""
# The items that the evidence names as most similar, nearest first.
SIMILAR = """(
    SELECT jsonb_agg(jsonb_build_object(
        'item_id', s.id, 'external_id', s.external_id, 'has_picture', s.media_id IS NOT NULL, 'text', s.text,
        'label', l.value, 'similarity', n.value -> 'similarity') ORDER BY n.place)
    FROM jsonb_path_query(f.evidence, '$[*].data.neighbours[*] ? (@.item.type() == "number")')
         WITH ORDINALITY AS n (value, place)
    JOIN reviews_item s ON s.id = (n.value ->> 'item')::bigint AND s.dataset_id = f.dataset_id
    LEFT JOIN reviews_labelrevision l ON l.id = s.current_revision_id
)"""
FLAGS = """
    FROM reviews_flag f JOIN reviews_item i ON i.id = f.item_id
    LEFT JOIN reviews_labelrevision r ON r.id = i.current_revision_id
    LEFT JOIN reviews_mediafile p ON p.sha256 = i.media_id
    LEFT JOIN auth_user u ON u.id = f.leased_to_id
"""
SHOWN = f"SELECT {FLAG.columns}, {ITEM.columns}, {REVISION.columns}, p.width, p.height, u.username, {VOTES}"
BRIEF = f"{SHOWN}, {COMMENT_COUNT} {FLAGS} WHERE f.id = ANY(%s::bigint[])"
FULL = f"{SHOWN}, {COMMENTS}, {SIMILAR} {FLAGS} WHERE f.id = ANY(%s::bigint[])"
SEEN = f"""
    {SHOWN}, {COMMENTS}, {SIMILAR}, {DATASET.columns}, m.role {FLAGS}
    JOIN reviews_dataset d ON d.id = f.dataset_id
    JOIN reviews_membership m ON m.dataset_id = f.dataset_id AND m.user_id = %s
    WHERE f.id = %s
"""


@dataclass(slots=True)
class Shown:
    """One flag with what stands around it. `comments` and `similar` are read where the whole is shown."""

    flag: Flag
    width: int | None
    height: int | None
    leased_to: str | None
    votes: list[dict[str, Any]]
    comment_count: int
    comments: list[dict[str, Any]]
    similar: list[dict[str, Any]]


def brief(ids: Sequence[int]) -> list[Shown]:
    """The flags as lists show them, in the order of their ids' list."""
    return _in_order(ids, (_shown(row, [row[AROUND + 4], None, None]) for row in _rows(BRIEF, [list(ids)])))


def full(ids: Sequence[int]) -> list[Shown]:
    """The flags with their threads and the items similar to theirs, in the order of their ids' list."""
    return _in_order(ids, map(_full, _rows(FULL, [list(ids)])))


def seen(*, flag_id: int, user: User) -> tuple[Shown, Member] | None:
    """The flag in full and the member that `user` is of its dataset; None where they are none."""
    for row in _rows(SEEN, [user.pk, flag_id]):
        shown = _full(row)
        shown.flag.dataset = DATASET.build(row, AROUND + 6)
        past.read([shown.flag])
        return shown, Member(user=user, dataset=shown.flag.dataset, role=Role(row[-1]))
    return None


AROUND = FLAG.width + ITEM.width + REVISION.width


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _in_order(ids: Sequence[int], found: Iterable[Shown]) -> list[Shown]:
    """As the ids stand, with the past of the flags; what is gone meanwhile is left out."""
    known = {shown.flag.pk: shown for shown in found}
    past.read([shown.flag for shown in known.values()])
    return [known[id] for id in ids if id in known]


def _full(row: Sequence[Any]) -> Shown:
    comments, similar = (orjson.loads(column or "[]") for column in row[AROUND + 4 : AROUND + 6])
    return _shown(row, [len(comments), comments, similar])


def _shown(row: Sequence[Any], rest: list[Any]) -> Shown:
    flag, item = FLAG.build(row, 0), ITEM.build(row, FLAG.width)
    if item.current_revision_id is not None:
        item.current_revision = REVISION.build(row, FLAG.width + ITEM.width)
    flag.item = item
    width, height, leased_to, votes = row[AROUND : AROUND + 4]
    return Shown(flag, width, height, leased_to, orjson.loads(votes or "[]"), *rest)
