"""The sample data: honest about itself, the same every time, loaded once."""

import os
from io import StringIO
from pathlib import Path

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from detection.models import DetectionRun
from labelreview import sampledata
from labelreview.management.commands import demo
from reviews.models import Annotation, Dataset, Flag, SignoffPolicy, Version
from reviews.permissions import member_of


def test_the_samples_are_the_same_every_time_and_say_how_they_are_wrong() -> None:
    for make in (sampledata.digits, sampledata.functions):
        first, second = make(), make()
        assert first.content() == second.content()
        assert first.wrong == second.wrong
        assert 0.03 < len(first.wrong) / len(first.truth) < 0.08
        assert "simulated errors" in first.note
        assert f"{len(first.wrong):,} of {len(first.truth):,} are wrong" in first.note


def test_each_annotator_of_the_digits_errs_in_the_written_pattern() -> None:
    habits = sampledata.Habits("ann", "bo", "cy", confused=("4", "9"), confusion_rate=0.25)
    truth = sampledata.digits().truth
    rows, _ = sampledata._answered(truth, habits)
    errors: dict[str, list[tuple[str, str, int]]] = {"ann": [], "bo": [], "cy": []}
    for row in rows:
        for opinion in row["labels"]:
            if opinion["value"] != truth[row["id"]]:
                errors[opinion["annotator"]].append(
                    (truth[row["id"]], opinion["value"], row["meta"]["batch"])
                )
    assert len({batch for _, _, batch in errors["ann"]}) == sampledata.BATCHES
    assert {(true, said) for true, said, _ in errors["bo"]} == {("4", "9"), ("9", "4")}
    assert {batch for _, _, batch in errors["cy"]} == {sampledata.CARELESS_BATCH}
    assert min(map(len, errors.values())) > 20


def test_an_official_label_is_the_first_annotators_and_many_items_have_several() -> None:
    rows = [orjson.loads(line) for line in sampledata.functions().content().splitlines()]
    assert all(row["label"] == row["labels"][0]["value"] for row in rows)
    assert 0.3 < sum(len(row["labels"]) > 1 for row in rows) / len(rows) < 0.5
    assert all(20 < len(row["text"]) <= sampledata.LONGEST_TEXT for row in rows[:50])


def test_the_texts_do_not_name_the_function_or_its_place_in_the_id() -> None:
    rows = [orjson.loads(line) for line in sampledata.functions().content().splitlines()]
    assert all(row["id"].startswith("text-") for row in rows)
    assert set(rows[0]) == {"id", "label", "labels", "meta", "text"}


@pytest.fixture
def loaded(live_worker: object, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DEMO_PASSWORD", "a good long password")
    call_command("demo_users")
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_the_demo_is_loaded_by_the_worker_and_says_what_it_found(loaded: str) -> None:
    digits, texts = Dataset.objects.order_by("id")
    assert (digits.item_count, digits.signoff_policy) == (1797, SignoffPolicy.SECOND_REVIEWER)
    assert (texts.media, texts.signoff_policy) == ("text", SignoffPolicy.EXPERT)
    assert Annotation.objects.filter(annotator__dataset=digits).count() > 1797
    for dataset, line in zip((digits, texts), loaded.strip().splitlines(), strict=True):
        run = DetectionRun.objects.get(dataset=dataset)
        assert run.summary["flags"] == Flag.objects.filter(dataset=dataset).count() > 50
        assert line.startswith(
            f"{dataset.name}: {dataset.item_count:,} items, {run.summary['flags']:,} flagged."
        )
        found = line.partition("flagged. ")[2]
        assert dataset.note.endswith(found)
        share = int(found.partition("(")[2].partition("%")[0])
        assert share > 70
        assert Version.objects.get(dataset=dataset).tag == "1.0"
        roles = {member.user.username: member.role for member in dataset.memberships.select_related("user")}
        assert roles == {"lead": "owner", "annotator": "annotator", "expert": "expert"}
    truth = Path(os.environ["LABELREVIEW_DATA"]) / "demo" / "digits-truth.json"
    assert orjson.loads(truth.read_bytes()) == sampledata.digits().truth

    # The second start finds everything as it was left, decided flags included.
    flag = Flag.objects.filter(dataset=digits).order_by("-priority")[0]
    Flag.objects.filter(pk=flag.pk).update(state="kept")
    out = StringIO()
    call_command("demo", stdout=out)
    assert out.getvalue() == loaded
    assert Dataset.objects.count() == DetectionRun.objects.count() == 2


@pytest.mark.django_db
def test_the_demo_needs_its_users() -> None:
    with pytest.raises(CommandError, match="demo_users"):
        call_command("demo")


@pytest.mark.django_db
def test_a_demo_that_was_interrupted_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "a good long password")
    call_command("demo_users")
    lead = User.objects.get(username="lead")
    sample = sampledata.digits()
    owner = demo._owner(sample, lead)
    job = demo._import(sample, owner)
    again = demo._owner(sample, lead)
    assert again.dataset.pk == owner.dataset.pk
    assert demo._import(sample, again).pk == job.pk
    assert member_of(user=lead, dataset_id=owner.dataset.pk).role == "owner"
