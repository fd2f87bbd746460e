"""Text search over items, by the index for what the worker has indexed and by looking for the rest."""

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from .models import Item, ItemSearch

LONGEST_DOCUMENT = 20_000  # characters; what stands further down a long text is not searched
BATCH = 10_000
LOCK_CLASS = 0x4C53  # "LS": one process indexes a dataset


def matching(items: QuerySet[Item], *, dataset_id: int, text: str) -> QuerySet[Item]:
    """Those of the dataset's items whose id or text has all the words of `text`, in any case and order."""
    words = text.split()
    indexed, loose = Q(dataset_id=dataset_id), Q(pk__gt=_newest(dataset_id))
    for word in words:
        indexed &= Q(document__contains=word.lower())
        loose &= Q(text__icontains=word) | Q(external_id__icontains=word)
    found = ItemSearch.objects.filter(indexed).values("item_id")
    return items.filter(Q(pk__in=found) | loose) if words else items


def index(*, dataset_id: int) -> int:
    """How many items of the dataset were made searchable: all that were not. Safe to be run twice at once."""
    made = 0
    while batch := _index_some(dataset_id):
        made += batch
    return made


def _index_some(dataset_id: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, dataset_id])
        cursor.execute(INDEX, [LONGEST_DOCUMENT, dataset_id, _newest(dataset_id), BATCH])
        return cursor.rowcount


INDEX = """
    INSERT INTO reviews_itemsearch (item_id, dataset_id, document)
    SELECT id, dataset_id, lower(left(concat_ws(E'\\n', external_id, text), %s))
    FROM reviews_item WHERE dataset_id = %s AND id > %s ORDER BY id LIMIT %s
"""


def _newest(dataset_id: int) -> int:
    """The id up to which the dataset's items are indexed: they are indexed in order."""
    return ItemSearch.objects.filter(dataset_id=dataset_id).aggregate(last=Max("item_id"))["last"] or 0
