"""The ledger: nothing in it changes, and whatever somebody changes behind its back is found."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from reviews import flags, ledger, proof, versions, workflow
from reviews.errors import LedgerBusy, NotAllowedNow
from reviews.models import Action, AuditEvent, Item, LabelRevision, Role, Seal, SignOff, Version
from reviews.workflow import Answer
from tests import builders


@pytest.fixture
def animals(db):
    dataset = builders.dataset()
    builders.items(dataset, "cat", "dog", "owl", None)
    return dataset


def correct(item: Item, value: str, member=None) -> None:
    member = member or builders.member(item.dataset, Role.ANNOTATOR)
    flag = flags.for_display().get(pk=builders.flag(item, suggested=value).pk)
    workflow.decide(flag=flag, member=member, answer=Answer(Action.CORRECT), seen_version=1)


def freeze(dataset, tag="1.0") -> Version:
    return versions.freeze(dataset=dataset, tag=tag, note="", actor=dataset.created_by)


def rows(version: Version) -> list[dict]:
    return list(versions.rows_at(dataset_id=version.dataset_id, position=version.position))


def unprotected(statement: str, params: list | None = None) -> None:
    """What an intruder with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, params or [])
        cursor.execute("SET session_replication_role = DEFAULT")


def test_sealing_gives_every_event_its_place_and_is_idempotent(animals):
    correct(animals.items.get(external_id=animals.items.first().external_id), "dog")
    assert ledger.unsealed_datasets() == [animals.pk]
    assert ledger.seal(dataset_id=animals.pk) == 2
    assert ledger.seal(dataset_id=animals.pk) == 2
    assert ledger.unsealed_datasets() == []
    assert list(Seal.objects.order_by("position").values_list("position", flat=True)) == [1, 2]


def test_a_version_reads_back_exactly_whatever_came_later(animals):
    first = freeze(animals)
    before = rows(first)
    correct(animals.items.order_by("id")[0], "owl")
    builders.items(animals, "cat")
    second = freeze(animals, "1.1")

    assert rows(first) == before
    assert [r.get("label") for r in rows(first)] == ["cat", "dog", "owl", None]
    assert [r.get("label") for r in rows(second)] == ["owl", "dog", "owl", None, "cat"]
    assert (first.item_count, second.item_count) == (4, 5)
    assert versions.content_hash(dataset_id=animals.pk, position=first.position) == (first.sha256, 4)


def test_a_version_without_a_change_has_the_same_hash(animals):
    assert freeze(animals).sha256 == freeze(animals, "1.0.1").sha256


def test_a_tag_is_given_once(animals):
    freeze(animals)
    with pytest.raises(NotAllowedNow):
        freeze(animals)


def test_a_diff_is_the_labels_that_differ_and_who_changed_them(animals):
    first = freeze(animals)
    one, two, *_ = animals.items.order_by("id")
    annotator = builders.member(animals, Role.ANNOTATOR, "ann")
    correct(one, "owl", annotator)
    correct(two, "owl", annotator)
    undone = two.flags.get()
    workflow.undo(flag=flags.for_display().get(pk=undone.pk), member=annotator, seen_version=2)
    second = freeze(animals, "1.1")

    (change,) = versions.diff(older=first, newer=second)

    assert change["item"]["external_id"] == one.external_id
    assert change["before"] == {"value": "cat", "status": "labelled"}
    assert change["after"] == {"value": "owl", "status": "labelled"}
    assert (change["author"], change["cause"]) == ("ann", "correction")
    assert versions.diff(older=first, newer=first) == []


def test_a_diff_brings_the_text_where_labels_are_spans_of_it(animals):
    letters = builders.dataset(task_type="spans")
    for made, label in ((animals, "cat"), (letters, [{"start": 0, "end": 3, "label": "dog"}])):
        first = freeze(made)
        (item,) = builders.items(made, label)
        (change,) = versions.diff(older=first, newer=freeze(made, "1.1"))
        assert change["item"]["text"] == (item.text if made == letters else None)


def test_new_items_stand_in_a_diff_without_a_before(animals):
    first = freeze(animals)
    (item,) = builders.items(animals, "cat")
    (change,) = versions.diff(older=first, newer=freeze(animals, "1.1"))
    assert (change["item"]["id"], change["before"]) == (item.pk, None)


def test_a_whole_ledger_is_proved(animals):
    freeze(animals)
    correct(animals.items.order_by("id")[0], "owl")
    freeze(animals, "1.1")
    assert list(proof.verify(dataset_id=animals.pk)) == []


TAMPERING = {
    "an event's payload": (
        "UPDATE reviews_auditevent SET payload = '{}' WHERE action = 'label.correction'",
        "event",
    ),
    "an event's actor": (
        "UPDATE reviews_auditevent SET actor_id = NULL WHERE action = 'label.correction'",
        "position 3",
    ),
    "an event's time": (
        "UPDATE reviews_auditevent SET created_at = now() WHERE action = 'import'",
        "position 1",
    ),
    "a seal removed": ("DELETE FROM reviews_seal WHERE position = 2", "position 2"),
    "a seal's hash": ("UPDATE reviews_seal SET hash = repeat('0', 64) WHERE position = 2", "position 2"),
    "a revision's value": (
        "UPDATE reviews_labelrevision SET value = '\"dog\"' WHERE number = 2",
        "label revisions",
    ),
    "an imported label": (
        "UPDATE reviews_labelrevision SET value = '\"owl\"' WHERE number = 1 AND value = '\"dog\"'",
        "label revisions",
    ),
    "a revision slipped in": (
        "INSERT INTO reviews_labelrevision (item_id, number, value, status, cause, event_id)"
        " SELECT item_id, 3, value, status, cause, event_id FROM reviews_labelrevision WHERE number = 2",
        "label revisions",
    ),
    "a label that names no event": (
        "UPDATE reviews_labelrevision SET event_id = event_id + 1000 WHERE number = 2",
        "gone",
    ),
    "a current label": (
        "UPDATE reviews_item SET current_revision_id = (SELECT min(id) FROM reviews_labelrevision)",
        "current label",
    ),
    "an item's text": ("UPDATE reviews_item SET text = 'other'", "version 1.0"),
    "a version's hash": ("UPDATE reviews_version SET sha256 = repeat('0', 64)", "version 1.0"),
    "a version's position": ("UPDATE reviews_version SET position = 1 WHERE tag = '1.1'", "version 1.1"),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_what_is_changed_behind_the_ledgers_back_is_named(animals, case):
    freeze(animals)
    correct(animals.items.order_by("id")[0], "owl")
    freeze(animals, "1.1")
    statement, named = TAMPERING[case]

    unprotected(statement)

    problems = list(proof.verify(dataset_id=animals.pk))
    assert any(named in problem for problem in problems), problems


@pytest.mark.parametrize("model", [AuditEvent, LabelRevision, Version])
def test_the_database_refuses_to_change_what_is_append_only(animals, model):
    freeze(animals)
    row = model.objects.first()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(id=row.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("change", [{"text": "other"}, {"external_id": "other"}, {"dataset_id": 0}])
def test_the_database_refuses_to_change_an_item(animals, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        Item.objects.filter(dataset=animals).update(**change)


def test_signatures_cannot_be_changed(db):
    dataset = builders.dataset(policy="second_reviewer")
    (item,) = builders.items(dataset, "cat")
    correct(item, "dog")
    correction = item.corrections.get()
    signer = builders.member(dataset, Role.ANNOTATOR)
    correction.flag = flags.for_display().get(pk=correction.flag_id)
    workflow.sign(
        correction=correction,
        member=signer,
        verdict="approve",
        password=builders.PASSWORD,
        meaning="approved",
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        SignOff.objects.update(meaning="other")
    with pytest.raises(DatabaseError), transaction.atomic():
        item.corrections.update(value="owl")


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_no_long_writer_and_misses_no_event():
    dataset = builders.dataset()
    builders.items(dataset, "cat")
    writing, sealed = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            ledger.share(dataset_id=dataset.pk)
            ledger.record(dataset_id=dataset.pk, actor=None, action="slow", subject=dataset, payload={})
            writing.set()
            sealed.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert writing.wait(10)
        # Another writer is not held up by the slow one, and sealing gives up rather than make others wait.
        with transaction.atomic():
            ledger.share(dataset_id=dataset.pk)
            ledger.record(dataset_id=dataset.pk, actor=None, action="quick", subject=dataset, payload={})
        with pytest.raises(LedgerBusy):
            ledger.seal(dataset_id=dataset.pk, patience_ms=50)
        sealed.set()
        slow.result(timeout=10)
    assert ledger.seal(dataset_id=dataset.pk) == 3
    assert list(proof.verify(dataset_id=dataset.pk)) == []


@pytest.mark.django_db(transaction=True)
def test_sealing_beside_busy_writers_leaves_no_gap():
    dataset = builders.dataset()
    done = threading.Event()

    def write(times: int) -> None:
        for number in range(times):
            with transaction.atomic():
                ledger.share(dataset_id=dataset.pk)
                ledger.record(
                    dataset_id=dataset.pk, actor=None, action=f"n{number}", subject=dataset, payload={}
                )
        connection.close()

    def seal_often() -> None:
        while not done.is_set():
            ledger.seal(dataset_id=dataset.pk, patience_ms=5000)
        connection.close()

    with ThreadPoolExecutor(5) as pool:
        sealer = pool.submit(seal_often)
        for writer in [pool.submit(write, 40) for _ in range(4)]:
            writer.result(timeout=60)
        done.set()
        sealer.result(timeout=60)
    assert ledger.seal(dataset_id=dataset.pk) == 160
    assert list(proof.verify(dataset_id=dataset.pk)) == []
