"""Text search, with the index and before it is there."""

import pytest

from reviews import search
from reviews.models import Dataset, Item, ItemSearch
from tests import builders

pytestmark = pytest.mark.django_db


def texts(dataset, *texts):
    made = [
        Item(dataset=dataset, external_id=f"{dataset.pk}-{place:03}", text=text)
        for place, text in enumerate(texts)
    ]
    Item.objects.bulk_create(made)
    Dataset.objects.filter(pk=dataset.pk).update(item_count=Item.objects.filter(dataset=dataset).count())
    return dataset


def found(dataset, text):
    items = search.matching(Item.objects.filter(dataset=dataset), dataset_id=dataset.pk, text=text)
    return list(items.order_by("external_id").values_list("text", flat=True))


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("cat", ["The cat sat", "CATALOGUE 100%", "dog, cat"]),
        ("dog CAT", ["dog, cat"]),
        ("atalog", ["CATALOGUE 100%"]),
        ("100%", ["CATALOGUE 100%"]),
        ("%", ["CATALOGUE 100%"]),
        ("_", []),
        ("grün", ["GRÜN"]),
        ("-003", ["GRÜN"]),
        ("nothing", []),
        ("  ", ["The cat sat", "CATALOGUE 100%", "dog, cat", "GRÜN"]),
    ],
)
def test_words_are_found_anywhere_in_any_case_and_order(indexed, text, answer):
    other = texts(builders.dataset(), "The cat of others")
    dataset = texts(builders.dataset(), "The cat sat", "CATALOGUE 100%", "dog, cat", "GRÜN")
    if indexed:
        search.index(dataset_id=other.pk)
        assert search.index(dataset_id=dataset.pk) == 4
    assert found(dataset, text) == answer


def test_what_comes_after_the_index_is_found_too_and_indexed_in_turn():
    dataset = texts(builders.dataset(), "one cat")
    search.index(dataset_id=dataset.pk)
    assert found(dataset, "cat") == ["one cat"]
    late = Item.objects.create(dataset=dataset, external_id="late", text="late cat")
    Dataset.objects.filter(pk=dataset.pk).update(item_count=2)
    assert found(dataset, "cat") == ["one cat", "late cat"]
    assert search.index(dataset_id=dataset.pk) == 1
    assert search.index(dataset_id=dataset.pk) == 0
    assert ItemSearch.objects.get(item=late).document == "late\nlate cat"
    assert found(dataset, "late") == ["late cat"]


def test_many_items_are_indexed_in_batches(monkeypatch):
    monkeypatch.setattr(search, "BATCH", 3)
    monkeypatch.setattr(search, "MANY", 5)
    dataset = texts(builders.dataset(), *(f"text no{i}" for i in range(8)))
    assert search.index(dataset_id=dataset.pk) == 8
    assert found(dataset, "text no7") == ["text no7"]


def test_a_search_asks_the_database_three_times(django_assert_num_queries):
    dataset = texts(builders.dataset(), "one cat")
    search.index(dataset_id=dataset.pk)
    found(dataset, "cat")
    with django_assert_num_queries(3):  # what the dataset is, where the words are, the items
        found(dataset, "cat")


def test_what_many_items_say_is_found_too(monkeypatch):
    monkeypatch.setattr(search, "FEW", 2)
    dataset = texts(builders.dataset(), "one cat", "two cats", "three cats", "a dog")
    search.index(dataset_id=dataset.pk)
    assert found(dataset, "cat") == ["one cat", "two cats", "three cats"]
