"""What a screen shows of flags and items, in one statement however many they are.

Lists, the queue and every decision read flags this way. Through the ORM the same takes five queries, most of
whose time goes into composing them anew for each request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib.auth.models import User

from . import past
from .models import Flag, Item, LabelRevision, Role
from .permissions import DATASET, Member
from .rows import Columns, attach, fetch, fetch_one

# What screens and decisions need: a column less in fifty rows counts.
_FLAG = (
    "id dataset_id item_id kind part given suggested score priority evidence state version leased_to_id"
    " leased_until created_at"
)
_ITEM = "id dataset_id external_id text features media_id split meta current_revision_id"
FLAG = Columns(Flag, "f", *_FLAG.split())
ITEM = Columns(Item, "i", *_ITEM.split())
REVISION = Columns(LabelRevision, "r", "id", "number", "value", "status")

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
ITEMS = f"""
    SELECT {ITEM.sql}, {REVISION.sql}, p.width, p.height FROM reviews_item i
    LEFT JOIN reviews_labelrevision r ON r.id = i.current_revision_id
    LEFT JOIN reviews_mediafile p ON p.sha256 = i.media_id
    WHERE i.id = ANY(%s::bigint[])
"""
FLAGS = """
    FROM reviews_flag f JOIN reviews_item i ON i.id = f.item_id
    LEFT JOIN reviews_labelrevision r ON r.id = i.current_revision_id
    LEFT JOIN reviews_mediafile p ON p.sha256 = i.media_id
    LEFT JOIN auth_user u ON u.id = f.leased_to_id
"""
SHOWN = f"SELECT {FLAG.sql}, {ITEM.sql}, {REVISION.sql}, p.width, p.height, u.username, {VOTES}"
BRIEF = f"{SHOWN}, {COMMENT_COUNT} {FLAGS} WHERE f.id = ANY(%s::bigint[])"
FULL = f"{SHOWN}, {COMMENTS}, {SIMILAR} {FLAGS} WHERE f.id = ANY(%s::bigint[])"
SEEN = f"""
    {SHOWN}, {COMMENTS}, {SIMILAR}, {DATASET.sql}, m.role {FLAGS}
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


def items(ids: Sequence[int]) -> list[tuple[Item, int | None, int | None]]:
    """The items with their official label, each with its picture's width and height, as the ids stand."""
    found = {row[0]: row for row in fetch(ITEMS, [list(ids)])}
    return [(_item(found[id], 0), *found[id][-2:]) for id in ids if id in found]


def brief(ids: Sequence[int]) -> list[Shown]:
    """The flags as lists show them, in the order of their ids' list."""
    return _in_order(ids, (_shown(row, [row[AROUND + 4], None, None]) for row in fetch(BRIEF, [list(ids)])))


def full(ids: Sequence[int]) -> list[Shown]:
    """The flags with their threads and the items similar to theirs, in the order of their ids' list."""
    return _in_order(ids, map(_full, fetch(FULL, [list(ids)])))


def seen(*, flag_id: int, user: User) -> tuple[Shown, Member] | None:
    """The flag in full and the member that `user` is of its dataset; None where they are none."""
    row = fetch_one(SEEN, [user.pk, flag_id])
    if row is None:
        return None
    shown = _full(row)
    dataset = DATASET.build(row, AROUND + 6)
    attach(shown.flag, "dataset", dataset)
    past.read([shown.flag])
    return shown, Member(user=user, dataset=dataset, role=Role(row[-1]))


AROUND = FLAG.width + ITEM.width + REVISION.width


def _in_order(ids: Sequence[int], found: Iterable[Shown]) -> list[Shown]:
    """As the ids stand, with the past of the flags; what is gone meanwhile is left out."""
    known = {shown.flag.pk: shown for shown in found}
    past.read([shown.flag for shown in known.values()])
    return [known[id] for id in ids if id in known]


def _full(row: Sequence[Any]) -> Shown:
    comments, similar = (orjson.loads(column or "[]") for column in row[AROUND + 4 : AROUND + 6])
    return _shown(row, [len(comments), comments, similar])


def _shown(row: Sequence[Any], rest: list[Any]) -> Shown:
    flag = FLAG.build(row)
    item = _item(row, FLAG.width)
    attach(flag, "item", item)
    width, height, leased_to, votes = row[AROUND : AROUND + 4]
    return Shown(flag, width, height, leased_to, orjson.loads(votes or "[]"), *rest)


def _item(row: Sequence[Any], start: int) -> Item:
    item = ITEM.build(row, start)
    if item.current_revision_id is not None:
        attach(item, "current_revision", REVISION.build(row, start + ITEM.width))
    return item
