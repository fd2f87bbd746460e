"""Versions as files: the same bytes for ever, and the same rows when they come in again."""

import hashlib
from io import BytesIO

import orjson
import pytest
from django.db import connection, transaction

from reviews import exporting, ledger, versions
from reviews.formats import delimited
from reviews.models import Cause, Item, LabelStatus
from reviews.tasktypes.registry import TASK_TYPES
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]

ROWS = [
    {
        "id": "b",
        "text": 'quote " and\nnewline',
        "label": "dog",
        "split": "train",
        "meta": {"n": 1, "s": "01"},
    },
    {"id": "a", "text": "=1+1", "label": "cat", "ambiguous": True},
    {"id": "é", "text": "NA", "meta": {"deep": {"x": [1.5, None]}}},
    {"id": "01", "text": "@handle", "label": "cat"},
]


def imported(dataset, content, **more):
    job = builders.imported(dataset, content, **more)
    assert job.status == "succeeded", job.errors
    return dataset


def jsonl(rows):
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def frozen(dataset, tag="1.0"):
    return versions.freeze(dataset=dataset, tag=tag, note="", actor=dataset.created_by)


def exported(version, format="jsonl", **more):
    return b"".join(exporting.export(version=version, format=format, **more).blocks)


def relabel(item, value, status=LabelStatus.LABELLED):
    item.refresh_from_db()
    with transaction.atomic():
        ledger.share(dataset_id=item.dataset_id)
        ledger.append_revision(
            ledger.Relabelling(
                item=item,
                base=item.current_revision,
                value=value,
                status=status,
                cause=Cause.CORRECTION,
                actor=item.dataset.created_by,
                subject=item,
                payload={},
            )
        )


def test_the_hash_of_a_version_is_that_of_the_bytes_of_its_jsonl():
    version = frozen(imported(builders.dataset(), jsonl(ROWS)))
    content = exported(version)
    assert hashlib.sha256(content).hexdigest() == version.sha256
    assert [orjson.loads(line) for line in content.splitlines()] == ROWS


def test_keys_stand_sorted_and_nothing_is_said_twice():
    version = frozen(imported(builders.dataset(), jsonl(ROWS[:1])))
    assert exported(version) == (
        b'{"id":"b","label":"dog","meta":{"n":1,"s":"01"},"split":"train","text":"quote \\" and\\nnewline"}\n'
    )


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_an_old_version_stays_as_it_was_byte_for_byte(format):
    dataset = imported(builders.dataset(), jsonl(ROWS))
    first = frozen(dataset)
    before = exported(first, format)
    relabel(Item.objects.get(external_id="b"), "cat")
    relabel(Item.objects.get(external_id="a"), "cat", LabelStatus.EXCLUDED)
    imported(dataset, jsonl([{"id": "new", "text": "t", "meta": {"more": 1}}]))
    second = frozen(dataset, "1.1")
    assert exported(first, format) == before
    assert exported(second, format) != before


def test_excluded_items_are_left_out_and_ambiguous_ones_say_so():
    dataset = imported(builders.dataset(), jsonl(ROWS))
    relabel(Item.objects.get(external_id="b"), "dog", LabelStatus.EXCLUDED)
    relabel(Item.objects.get(external_id="01"), "cat", LabelStatus.AMBIGUOUS)
    rows = [orjson.loads(line) for line in exported(frozen(dataset)).splitlines()]
    assert [(row["id"], row.get("ambiguous")) for row in rows] == [("a", True), ("é", None), ("01", True)]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
@pytest.mark.parametrize("guard", [True, False])
def test_what_went_out_comes_in_again_as_the_same_version(format, guard):
    version = frozen(imported(builders.dataset(), jsonl(ROWS)))
    again = imported(builders.dataset(), exported(version, format, guard=guard))
    assert frozen(again).sha256 == version.sha256


def test_a_table_goes_out_as_csv_and_comes_in_again():
    rows = [
        {
            "id": "1",
            "features": {"age": 3, "zip": "01", "rate": 1.5, "text": "12", "none": None, "yes": True},
        },
        {"id": "2", "features": {"age": None, "note": "a,b\n"}, "label": "cat"},
    ]
    version = frozen(imported(builders.dataset(media="table"), jsonl(rows)))
    again = imported(builders.dataset(media="table"), exported(version, "csv"))
    assert frozen(again).sha256 == version.sha256


def test_no_cell_of_a_csv_is_run_by_a_spreadsheet_unless_one_asks_for_bare_cells():
    version = frozen(imported(builders.dataset(), jsonl(ROWS)))
    assert b"'=1+1" in exported(version, "csv")
    assert b"'@handle" in exported(version, "csv")
    bare = exported(version, "csv", guard=False)
    assert b"'=1+1" not in bare
    assert bare.startswith(b"id,text,label,split,ambiguous,meta.deep,meta.n,meta.s\r\n")


def test_a_file_name_says_what_it_is():
    dataset = imported(builders.dataset(name="Chest X-rays / 2026"), jsonl(ROWS))
    export = exporting.export(version=frozen(dataset), format="csv")
    assert (export.file_name, export.mime_type) == ("chest-x-rays-2026-1.0.csv", "text/csv; charset=utf-8")
    b"".join(export.blocks)


def test_an_export_is_streamed_from_the_server(django_assert_max_num_queries):
    rows = ({"id": str(i), "text": "t" * 1000} for i in range(5000))
    version = frozen(imported(builders.dataset(), jsonl(rows)))
    with django_assert_max_num_queries(10):
        blocks = [len(block) for block in exporting.export(version=version).blocks]
    assert len(blocks) > 10
    assert max(blocks) < 400_000
    assert connection.in_atomic_block is False


def test_our_csv_is_read_by_anybody():
    version = frozen(imported(builders.dataset(), jsonl(ROWS)))
    content = exported(version, "csv", guard=False)
    found = delimited.read(BytesIO(content), task=TASK_TYPES["classification"], media="text", mapping={})
    assert [row.text for row in found] == [row["text"] for row in ROWS]
