"""The long CSV of opinions on items that are there."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews import ledger, proof
from reviews.formats import opinions
from reviews.formats.errors import FormatError
from reviews.formats.registry import detect
from reviews.models import Annotation, Annotator, AuditEvent, JobStatus, LabelRevision
from reviews.tasktypes.registry import TASK_TYPES
from tests import builders

GOOD = "item;worker;label;annotated_at\n7;ann;cat;2026-01-31T10:00:00+01:00\n7;bo;dog;\n\n8;ann;owl;\n"


def read(content, **mapping):
    content = content.encode() if isinstance(content, str) else content
    task = TASK_TYPES["classification"]
    return list(opinions.read(BytesIO(content), task=task, media="text", mapping=mapping))


def refused(content, **mapping):
    """(code, line, column) of each error."""
    try:
        found = read(content, **mapping)
    except FormatError as error:
        found = [error]
    return [(one.code, one.line, one.column) for one in found if isinstance(one, FormatError)]


def test_each_record_is_an_opinion():
    [said] = read(GOOD)
    assert (list(said.ids), list(said.lines)) == (["7", "7", "8"], [2, 3, 5])
    assert [(one.annotator, one.value) for one in said.opinions] == [
        ("ann", "cat"),
        ("bo", "dog"),
        ("ann", "owl"),
    ]
    assert said.opinions[0].at.isoformat() == "2026-01-31T09:00:00+00:00"


@pytest.mark.parametrize(
    "header", ["item,annotator,label", "id\tworker id\tlabel", "label;rater;doc_id;annotated_at"]
)
def test_the_format_is_found_by_the_header(header):
    assert detect(BytesIO(header.encode() + b"\n")).name == "opinions"


@pytest.mark.parametrize(
    "header", ["item,annotator,label,text", "item,label", "id,item,annotator,label", "a,b,c"]
)
def test_a_table_that_says_more_or_less_is_a_csv(header):
    assert detect(BytesIO(header.encode() + b"\n")).name == "csv"


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ("7,ann", ("wrong_shape", 2, None)),
        (",ann,cat", ("missing_id", 2, "id")),
        ("7, ,cat", ("blank_annotator", 2, "worker")),
        ("7,ann,", ("bad_label", 2, "label")),
        ("7,ann, ", ("bad_label", 2, "label")),
        ('7,"ann,cat', ("open_quote", 2, None)),
    ],
)
def test_what_is_no_opinion_is_refused_in_its_place(record, error):
    assert refused(f"item,worker,label\n{record}\n") == [error]


def test_columns_of_other_names_are_mapped():
    assert refused("a,b,c\n7,ann,cat\n")[0][0] == "unknown_column"
    [said] = read("a,b,c\n7,ann,cat\n", id="a", annotator="b", label="c")
    assert said.opinions[0].value == "cat"


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_cut_or_corrupted_file_gives_opinions_or_errors(data):
    content = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    refused(bytes(content))
    opinions.looks_like(bytes(content))


# Into a dataset


@pytest.fixture
def scene(own_storage, transactional_db):
    made = builders.dataset()
    return made, builders.items(made, "cat", None)


def imported(made, *records, **more):
    content = "\n".join(["item,worker,label", *records])
    return builders.imported(made, content, name="answers.csv", **more)


def places(job):
    return [(error["line"], error["column"], error["code"]) for error in job.errors]


def test_opinions_join_the_items_and_leave_their_labels(scene):
    made, (one, other) = scene
    job = imported(
        made, f"{one.external_id},ann,dog", f"{one.external_id},bo,cat", f"{other.external_id},ann,owl"
    )
    assert (job.status, job.errors, job.format) == (JobStatus.SUCCEEDED, [], "opinions")
    assert (job.counts["rows"], job.counts["items"], job.counts["annotations"]) == (3, 0, 3)
    found = Annotation.objects.order_by("id").values_list("item_id", "annotator__name", "value")
    assert list(found) == [(one.pk, "ann", "dog"), (one.pk, "bo", "cat"), (other.pk, "ann", "owl")]
    assert LabelRevision.objects.count() == 2
    assert AuditEvent.objects.filter(action="import", subject_id=job.pk).exists()
    ledger.seal(dataset_id=made.pk)
    assert list(proof.verify(dataset_id=made.pk)) == []


def test_whoever_spoke_is_not_heard_twice(scene):
    made, (one, _) = scene
    name = one.external_id
    assert places(imported(made, f"{name},ann,dog", f"{name},ann,cat")) == [(3, "item", "duplicate_id")]
    assert not Annotator.objects.exists()
    assert imported(made, f"{name},ann,dog").errors == []
    again = imported(made, f"{name},bo,dog", f"{name},ann,dog")
    assert places(again) == [(3, "item", "repeated_annotator")]
    assert Annotation.objects.count() == 1


def test_what_the_dataset_does_not_know_leaves_nothing(scene):
    made, (one, _) = scene
    made.settings = {"annotators": ["ann"]}
    made.save()
    job = imported(made, "nobody,ann,dog", f"{one.external_id},ann,fox", f"{one.external_id},eve,cat")
    assert sorted(places(job)) == [
        (2, "item", "unknown_id"),
        (3, "label", "unknown_label"),
        (4, "worker", "unknown_annotator"),
    ]
    assert not Annotation.objects.exists()
