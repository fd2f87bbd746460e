"""Text search over items: by the index once the worker has made it, until then by looking at every text."""

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from .models import Dataset, Item, ItemSearch

LONGEST_DOCUMENT = 20_000  # characters; what stands further down a long text is not searched
BATCH = 10_000
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


def matching(items: QuerySet[Item], *, dataset_id: int, text: str) -> QuerySet[Item]:
    """Those of the dataset's items whose id or text has all the words of `text`, in any case and order."""
    words = text.split()
    if not words:
        return items
    if not _is_indexed(dataset_id):
        for word in words:
            items = items.filter(Q(text__icontains=word) | Q(external_id__icontains=word))
        return items.filter(dataset_id=dataset_id)
    found = ItemSearch.objects.filter(dataset_id=dataset_id)
    for word in words:
        found = found.filter(document__contains=word.lower())
    return items.filter(pk__in=found.values("item_id"))


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
    if cache.get(key) == items:
        return True
    indexed = ItemSearch.objects.filter(dataset_id=dataset_id).count()
    cache.set(key, indexed)
    return indexed == items
