"""Text search over items: by the index once the worker has made it, until then by looking at every text."""

from typing import TypeVar

from django.core.cache import caches
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from .models import Dataset, ItemSearch

LONGEST_DOCUMENT = 20_000  # characters; what stands further down a long text is not searched
BATCH = 10_000
FEW = 500
MANY = 1_000  # from so many new rows on, the planner's old statistics mislead it
LOCK_CLASS = 0x4C53  # "LS": one process indexes a dataset

# The ids are collated as C, which would leave letters beyond ASCII in capitals.
INDEX = """
    WITH indexed AS (
        INSERT INTO reviews_itemsearch (item_id, dataset_id, document)
        SELECT id, dataset_id, lower(left(concat_ws(E'\\n', external_id, text), %s) COLLATE "default")
        FROM reviews_item i WHERE dataset_id = %s AND id > %s
          AND NOT EXISTS (SELECT FROM reviews_itemsearch s WHERE s.item_id = i.id)
        ORDER BY id LIMIT %s RETURNING item_id
    ) SELECT count(*), max(item_id) FROM indexed
"""


R = TypeVar("R", bound=Model)


def matching(rows: QuerySet[R], *, dataset_id: int, text: str, item: str = "") -> QuerySet[R]:
    """Those of the rows whose item's id or text has all the words of `text`, in any case and order.

    `item` names the rows' foreign key to their item; none where they are items themselves.
    """
    words = text.split()
    if not words:
        return rows
    if not _is_indexed(dataset_id):
        prefix = f"{item}__" if item else ""
        for word in words:
            said = Q(**{f"{prefix}text__icontains": word}) | Q(**{f"{prefix}external_id__icontains": word})
            rows = rows.filter(said)
        return rows.filter(dataset_id=dataset_id)
    found = ItemSearch.objects.filter(dataset_id=dataset_id)
    for word in words:
        found = found.filter(document__contains=word.lower())
    # Of rare words the planner sometimes thinks that they are common, and reads the whole list in its order
    # to find them; so the few are looked up first, and only common words are left to it.
    few = list(found.values_list("item_id", flat=True)[: FEW + 1])
    return rows.filter(**{f"{item or 'pk'}__in": few if len(few) <= FEW else found.values("item_id")})


def index(*, dataset_id: int) -> int:
    """How many items of the dataset were made searchable: all that were not. It may run twice at once."""
    made = last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, dataset_id])
            cursor.execute(INDEX, [LONGEST_DOCUMENT, dataset_id, last, BATCH])
            count, newest = cursor.fetchone()
        if not count:
            break
        made, last = made + count, newest
    if made >= MANY:
        _tidy()
    return made


def _tidy() -> None:
    """Merge what is waiting to be merged into the index, and tell the planner what is new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('item_search_trigrams'::regclass)")
        cursor.execute("ANALYZE reviews_item, reviews_itemsearch, reviews_labelrevision, reviews_annotation")


def _is_indexed(dataset_id: int) -> bool:
    """Whether every item of the dataset is in the index: they are counted once, and again when more come."""
    items = Dataset.objects.values_list("item_count", flat=True).get(pk=dataset_id)
    key = f"search:indexed:{dataset_id}"
    if caches["process"].get(key) == items:
        return True
    indexed = ItemSearch.objects.filter(dataset_id=dataset_id).count()
    caches["process"].set(key, indexed)
    return indexed == items
