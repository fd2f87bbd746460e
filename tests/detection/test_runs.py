import time
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from detection import execution, finishing, runs, steps
from detection.algorithms.registry import DETECTORS
from detection.models import DetectionRun
from reviews import media, progress, workflow
from reviews.errors import DomainError, NotAllowedNow, NotPermitted
from reviews.flags import for_display as flags_for_display
from reviews.models import (
    Action,
    Annotation,
    Annotator,
    Dataset,
    Flag,
    FlagState,
    GoldItem,
    JobStatus,
    Role,
)
from reviews.permissions import Member, member_of
from tests import builders
from tests.detection.builders import TOPICS, add_arrays, filled, imported, noisy_texts, texts


def owner(dataset: Dataset) -> Member:
    return member_of(user=dataset.created_by, dataset_id=dataset.pk)


def finished(dataset: Dataset, **how: Any) -> DetectionRun:
    """A run of the dataset, brought to its end here."""
    run = runs.request(member=owner(dataset), **how)
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.django_db
def test_a_run_flags_the_wrong_labels_first_and_says_why() -> None:
    dataset, items, wrong = noisy_texts()
    run = finished(dataset)
    assert run.status == JobStatus.SUCCEEDED
    assert run.progress == 1
    flagged = list(Flag.objects.filter(dataset=dataset).order_by("-priority"))
    assert {flag.item_id for flag in flagged[: len(wrong)]} == {items[i].pk for i in wrong}
    first = flagged[0]
    assert first.state == FlagState.OPEN
    assert first.run == run.pk
    assert first.kind == "wrong_class"
    assert first.suggested == {"money": "pets", "weather": "money", "pets": "weather"}[first.given]
    assert 0.5 < first.score < 1
    assert {evidence["detector"] for evidence in first.evidence} >= {"confident_learning"}
    assert f"“{first.suggested}”" in first.evidence[0]["text"]
    neighbours = first.evidence[0]["data"]["neighbours"]
    assert {near["item"] for near in neighbours} < {item.pk for item in items}
    assert neighbours[0]["similarity"] >= neighbours[-1]["similarity"] > 0


@pytest.mark.django_db
def test_a_run_leaves_a_summary_a_health_grade_and_the_scores_of_all_items() -> None:
    dataset, items, wrong = noisy_texts()
    run = finished(dataset)
    dataset.refresh_from_db()
    assert run.summary["items"] == run.summary["labelled"] == len(items)
    assert run.summary["flags"] == Flag.objects.filter(dataset=dataset).count()
    rate = run.summary["error_rate"]
    assert rate["low"] < len(wrong) / len(items) < rate["high"]
    assert run.summary["grade"] == "act"
    health = {"grade": "act", "error_rate": rate["estimate"], "low": rate["low"], "high": rate["high"]}
    assert dataset.health == health | {"run": run.pk, "at": dataset.health["at"]}
    assert datetime.fromisoformat(dataset.health["at"]) <= timezone.now()
    with media.storage().open(run.artefact) as file:
        scores = np.load(BytesIO(file.read()))
    assert scores["items"].tolist() == [item.pk for item in items]
    assert set(np.argsort(-scores["wrongness"])[: len(wrong)]) == set(wrong)
    assert {f"score_{name}" for name in run.summary["by_method"]} < set(scores)


@pytest.mark.django_db
def test_a_second_run_replaces_open_flags_and_leaves_what_people_touched() -> None:
    dataset, _, wrong = noisy_texts()
    finished(dataset)
    kept = Flag.objects.filter(dataset=dataset).order_by("-priority")[0]
    Flag.objects.filter(pk=kept.pk).update(state=FlagState.KEPT)
    second = finished(dataset)
    kept.refresh_from_db()
    assert kept.state == FlagState.KEPT
    still_open = Flag.objects.filter(dataset=dataset, state=FlagState.OPEN)
    assert set(still_open.values_list("run", flat=True)) == {second.pk}
    assert not still_open.filter(item_id=kept.item_id).exists()


@pytest.mark.django_db
def test_the_same_seed_finds_the_same_flags() -> None:
    dataset, _, _ = noisy_texts()
    found = []
    for _ in range(2):
        run = finished(dataset, options={"seed": 7})
        found.append(list(Flag.objects.filter(run=run.pk).order_by("item").values_list("item", "score")))
    assert found[0] == found[1]


@pytest.mark.django_db
def test_only_the_chosen_methods_run_and_only_so_many_flags_stand() -> None:
    dataset, _, _ = noisy_texts()
    run = finished(dataset, methods=["neighbour_disagreement"], options={"max_flags": 3})
    assert list(run.summary["by_method"]) == ["neighbour_disagreement"]
    assert Flag.objects.filter(dataset=dataset).count() == 3


@pytest.mark.django_db
def test_annotators_who_differ_from_the_official_label_raise_a_flag() -> None:
    dataset, items, wrong = noisy_texts(60, wrong=1)
    for name in ("ann", "bo"):
        annotator = Annotator.objects.create(dataset=dataset, name=name)
        for i, item in enumerate(items):
            value = item.current_revision.value
            value = {"pets": "weather", "money": "pets", "weather": "money"}[value] if i in wrong else value
            Annotation.objects.create(item=item, annotator=annotator, value=value)
    run = finished(dataset, methods=["annotator_disagreement"])
    flag = Flag.objects.get(dataset=dataset)
    assert flag.item_id == items[wrong[0]].pk
    assert flag.kind == "annotator_disagreement"
    assert flag.evidence[0]["text"].startswith("ann (right ")
    assert "another look" not in flag.evidence[0]["text"]
    assert {row["annotator"] for row in run.summary["annotators"]} == {"ann", "bo"}


@pytest.mark.django_db
def test_methods_without_what_they_need_are_skipped_and_what_they_lack_is_named() -> None:
    dataset, _, _ = noisy_texts(40)
    run = finished(dataset)
    assert {skipped["method"]: skipped["needs"] for skipped in run.summary["skipped"]} == {
        "annotator_disagreement": ["votes"],
        "model_validation": ["gold"],
        "need_opinion": ["votes"],
        "stale_guideline": ["guideline"],
    }


@pytest.mark.django_db
def test_a_dataset_without_labels_fails_in_words() -> None:
    dataset = builders.dataset()
    builders.items(dataset, None, None)
    run = finished(dataset)
    assert run.status == JobStatus.FAILED
    assert run.error == "No item has a label yet, so there is nothing to check."


@pytest.mark.django_db
def test_an_unexpected_failure_is_stored_and_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, _, _ = noisy_texts(40)

    def broken(*_: object) -> None:
        raise RuntimeError("the reason")

    failing = replace(DETECTORS["confident_learning"], run=broken)
    monkeypatch.setitem(DETECTORS, "confident_learning", failing)
    run = runs.request(member=owner(dataset))
    with pytest.raises(RuntimeError, match="the reason"):
        execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == JobStatus.FAILED
    assert "the reason" not in run.error
    assert not Flag.objects.exists()


@pytest.mark.django_db
def test_two_runs_of_a_dataset_cannot_be_under_way() -> None:
    dataset, _, _ = noisy_texts(30)
    runs.request(member=owner(dataset))
    with pytest.raises(NotAllowedNow):
        runs.request(member=owner(dataset))


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.EXPERT])
def test_only_leads_and_owners_start_a_run(role: Role) -> None:
    dataset = builders.dataset()
    with pytest.raises(NotPermitted):
        runs.request(member=builders.member(dataset, role))


@pytest.mark.django_db
def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(DomainError, match="“magic” is no method"):
        runs.request(member=owner(builders.dataset()), methods=["magic"])


@pytest.mark.django_db
def test_a_waiting_run_is_cancelled_at_once_and_a_finished_one_is_not() -> None:
    dataset, _, _ = noisy_texts(30)
    run = runs.request(member=owner(dataset))
    runs.cancel(run=run, member=owner(dataset))
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == JobStatus.CANCELLED
    assert not Flag.objects.exists()
    with pytest.raises(NotAllowedNow):
        runs.cancel(run=run, member=owner(dataset))


@pytest.mark.django_db
def test_a_running_run_stops_at_its_next_step() -> None:
    dataset, _, _ = noisy_texts(30)
    run = runs.request(member=owner(dataset))
    progress.cancel(kind="run", id=run.pk)
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == JobStatus.CANCELLED
    assert not Flag.objects.exists()


@pytest.mark.django_db
def test_a_task_delivered_twice_changes_nothing_the_second_time() -> None:
    dataset, _, _ = noisy_texts()
    run = finished(dataset)
    before = list(Flag.objects.values_list("pk", "state").order_by("pk"))
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.attempt == 1
    assert list(Flag.objects.values_list("pk", "state").order_by("pk")) == before


@pytest.mark.django_db
def test_an_attempt_that_was_overtaken_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, _, _ = noisy_texts(40)
    run = runs.request(member=owner(dataset))
    store = finishing._store_scores

    def overtaken(*arguments: Any) -> str:
        DetectionRun.objects.filter(pk=run.pk).update(attempt=2)
        return store(*arguments)

    monkeypatch.setattr(finishing, "_store_scores", overtaken)
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == JobStatus.RUNNING
    assert not Flag.objects.exists()


@pytest.fixture
def other_session(transactional_db: None) -> Any:
    """A second session on the same database, as another worker has it."""
    second = connections.create_connection("default")
    second.settings_dict["NAME"] = connection.settings_dict["NAME"]
    with second.cursor() as cursor:
        yield cursor
    second.close()


def test_a_run_that_another_worker_has_is_left_to_it(other_session: Any) -> None:
    dataset, _, _ = noisy_texts(30)
    run = runs.request(member=owner(dataset))
    other_session.execute("SELECT pg_advisory_lock(%s, %s)", [runs.LOCK_CLASS, run.pk])
    execution.execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == JobStatus.QUEUED


def test_the_sweep_hands_out_again_what_a_dead_worker_left(
    other_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, _, _ = noisy_texts(30)
    run = runs.request(member=owner(dataset))
    long_ago = timezone.now() - timedelta(minutes=5)
    DetectionRun.objects.filter(pk=run.pk).update(status=JobStatus.RUNNING, started_at=long_ago, attempt=1)
    sent: list[int] = []
    monkeypatch.setattr(runs, "send", sent.append)
    other_session.execute("SELECT pg_advisory_lock(%s, %s)", [runs.LOCK_CLASS, run.pk])
    assert runs.sweep() == 0
    other_session.execute("SELECT pg_advisory_unlock(%s, %s)", [runs.LOCK_CLASS, run.pk])
    assert runs.sweep() == 1
    assert sent == [run.pk]
    DetectionRun.objects.filter(pk=run.pk).update(attempt=runs.ATTEMPTS)
    runs.sweep()
    run.refresh_from_db()
    assert run.status == JobStatus.FAILED
    assert run.error == "The worker died 3 times at this run."


@pytest.mark.django_db
def test_the_sweep_leaves_young_runs_alone() -> None:
    dataset, _, _ = noisy_texts(30)
    runs.request(member=owner(dataset))
    assert runs.sweep() == 0


@pytest.mark.django_db
def test_neighbours_of_a_very_large_dataset_are_those_of_suspects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_SEARCHED", 20)
    dataset, items, wrong = noisy_texts()
    run = finished(dataset)
    assert 0 < run.summary["neighbours_searched"] <= 20
    flagged = Flag.objects.filter(dataset=dataset).order_by("-priority")[: len(wrong)]
    assert {flag.item_id for flag in flagged} == {items[i].pk for i in wrong}


@pytest.mark.django_db
def test_the_same_text_under_two_labels_is_flagged() -> None:
    dataset, _, _ = noisy_texts(60, wrong=0)
    extra = filled(dataset, [{"text": "the very same words"}] * 3, ["pets", "pets", "money"], "twin")
    finished(dataset, methods=["near_duplicates"])
    flagged = Flag.objects.filter(dataset=dataset)
    assert {flag.item_id for flag in flagged} <= {item.pk for item in extra}
    assert flagged.filter(kind="inconsistent_duplicates").count() >= 1
    assert "duplicate" in flagged[0].evidence[0]["text"]


def test_a_live_worker_runs_it_with_progress_to_be_seen(live_worker: object) -> None:
    dataset, items, wrong = noisy_texts(200)
    run = runs.request(member=owner(dataset))
    seen, give_up_at = set(), time.monotonic() + 60
    while run.status in ("queued", "running") and time.monotonic() < give_up_at:
        seen.add(progress.read(kind="run", id=run.pk).stage)
        time.sleep(0.01)
        run.refresh_from_db()
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert seen & {"features", "model", "neighbours"}
    flagged = Flag.objects.filter(dataset=dataset).order_by("-priority")[: len(wrong)]
    assert {flag.item_id for flag in flagged} == {items[i].pk for i in wrong}


def test_predictions_that_come_with_an_import_are_what_the_run_believes(live_worker: object) -> None:
    """The way through: a file with a model's probabilities, through the importer, to flags."""
    said, truth = texts(60)
    topics = list(TOPICS)
    rows = []
    for i, (text, topic) in enumerate(zip(said, truth, strict=True)):
        label = topics[topics.index(topic) - 1] if i < 3 else topic
        probs = {name: 0.9 if name == topic else 0.05 for name in topics}
        predictions = [{"model": "net", "probs": probs}]
        rows.append({"id": str(i), "text": text, "label": label, "predictions": predictions})
    dataset = imported(rows)
    run = finished(dataset)
    assert run.summary["model"] == "net"
    flagged = Flag.objects.filter(dataset=dataset).order_by("-priority")[:3]
    assert {flag.item.external_id for flag in flagged} == {"0", "1", "2"}
    assert "90 % and" in flagged[0].evidence[0]["text"]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["rows", "npz"])
def test_imported_embeddings_are_what_a_run_works_on(way: str) -> None:
    """The texts say nothing of the labels; only the embeddings do."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 150)
    classes = list(TOPICS)
    labels = [classes[(k + 1) % 3] if i < 8 else classes[k] for i, k in enumerate(truth)]
    vectors = np.eye(3)[truth] + 0.1 * rng.standard_normal((150, 3))
    vectors[149] = [-5, -5, 5]
    rows = [{"id": str(i), "text": f"note {i}", "label": label} for i, label in enumerate(labels)]
    if way == "rows":
        rows = [row | {"embedding": one.tolist()} for row, one in zip(rows, vectors, strict=True)]
    dataset = imported(rows)
    if way == "npz":
        add_arrays(dataset, ids=[row["id"] for row in rows], embeddings=vectors)
    run = finished(dataset)
    assert (run.summary["embedder"], run.summary["model"]) == ("imported", "built-in")
    wrong = Flag.objects.filter(dataset=dataset, kind="wrong_class").order_by("-priority")[:8]
    assert {flag.item.external_id for flag in wrong} == set(map(str, range(8)))
    assert all(flag.suggested == classes[truth[int(flag.item.external_id)]] for flag in wrong)
    said = {evidence["detector"] for flag in wrong for evidence in flag.evidence}
    assert said >= {"confident_learning", "neighbour_disagreement"}
    strange = Flag.objects.filter(dataset=dataset, kind="out_of_distribution").order_by("-score")
    assert strange[0].item.external_id == "149"


def gold_of(items: list[Any], labels: list[str]) -> None:
    GoldItem.objects.bulk_create(
        GoldItem(item=item, value=label) for item, label in zip(items, labels, strict=True)
    )


@pytest.mark.django_db
def test_a_model_that_learned_from_gold_speaks_and_gold_itself_is_certain() -> None:
    dataset, items, wrong = noisy_texts()
    _, truth = texts(150)
    gold_of(items[3:60], truth[3:60])
    finished(dataset, methods=["model_validation"])
    flags = {flag.item_id: flag for flag in Flag.objects.filter(dataset=dataset)}
    assert {items[i].pk for i in wrong} <= set(flags)
    vouched = flags[items[5].pk]
    assert vouched.suggested == truth[5]
    assert vouched.score > 0.9
    assert vouched.evidence[0]["text"].startswith("An earlier look by an expert says")
    assert "of the gold items says" in flags[items[0].pk].evidence[0]["text"]


@pytest.mark.django_db
def test_a_model_that_gold_refutes_keeps_silent_and_the_summary_says_so() -> None:
    dataset, items, _ = noisy_texts()
    rng = np.random.default_rng(0)
    gold_of(items[20:80], [str(topic) for topic in rng.choice(list(TOPICS), 60)])
    run = finished(dataset, methods=["model_validation"])
    [warning] = run.summary["warnings"]
    assert warning["code"] == "model_silent"
    assert "75 % are asked for" in warning["text"]
    told = finished(dataset, methods=["model_validation"], options={"trust_model_below": True})
    assert told.summary["warnings"] == []
    assert told.summary["by_method"]["model_validation"] > run.summary["by_method"]["model_validation"]


@pytest.mark.django_db
def test_an_item_may_be_both_wrong_and_broken_and_each_has_its_flag() -> None:
    dataset, _, _ = noisy_texts(100, wrong=0)
    said = [" ", "the cat and the hamster purr, caf\u00c3\u00a9", "cat dog hamster fur paw leash vet purr"]
    filled(dataset, [{"text": text} for text in said], ["pets", "pets", "money"], "odd")
    run = finished(dataset)
    flags = Flag.objects.filter(dataset=dataset, item__external_id__startswith="odd")
    kinds = {(flag.item.external_id[-1], flag.kind) for flag in flags}
    assert {("0", "bad_data"), ("1", "bad_data"), ("2", "wrong_class")} <= kinds
    empty = flags.get(item__external_id="odd000000", kind="bad_data")
    assert (empty.suggested, empty.score) == (None, 0.95)
    assert run.summary["by_kind"]["bad_data"] == 2


@pytest.mark.django_db
def test_old_labels_that_the_newest_guideline_speaks_against_are_flagged() -> None:
    said, truth = texts(90)
    dataset = builders.dataset(classes=tuple(TOPICS))
    old = ["money" if topic == "weather" else topic for topic in truth[:30]]
    rows = [
        {"text": text, "meta": {"guideline_version": "1.9" if i < 30 else "1.10"}}
        for i, text in enumerate(said)
    ]
    items = filled(dataset, rows, [*old, *truth[30:]])
    finished(dataset, methods=["stale_guideline"])
    flagged = Flag.objects.filter(dataset=dataset)
    assert set(flagged.values_list("kind", flat=True)) == {"stale_guideline"}
    changed = {items[i].pk for i in range(30) if truth[i] == "weather"}
    assert {flag.item_id for flag in flagged} == changed


@pytest.mark.django_db
def test_the_summary_says_which_source_carries_the_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RUN_PIECE_ITEMS", 600)
    said, truth = texts(600)
    others = {"pets": "money", "money": "weather", "weather": "pets"}
    bad = [i % 6 == 0 and i % 12 == 0 for i in range(600)]
    labels: list[str | None] = [
        others[topic] if wrong else topic for topic, wrong in zip(truth, bad, strict=True)
    ]
    rows = [{"text": text, "meta": {"site": "A" if i % 6 == 0 else "B"}} for i, text in enumerate(said)]
    dataset = builders.dataset(classes=tuple(TOPICS))
    filled(dataset, rows, labels)
    diagnosis = finished(dataset).summary["diagnosis"]
    assert diagnosis["shape"] == "structured"
    assert (diagnosis["slices"][0]["factor"], diagnosis["slices"][0]["level"]) == ("meta.site", "A")
    assert diagnosis["slices"][0]["errors"] == pytest.approx(50, abs=6)
    assert diagnosis["text"].startswith("Look at site “A” first")


@pytest.mark.django_db
def test_decisions_recalibrate_the_next_run_and_only_they_do() -> None:
    dataset, _, _ = noisy_texts(150, wrong=30)
    options = {"min_probability": 0.3}
    first = finished(dataset, methods=["neighbour_disagreement"], options=options)
    assert "recalibration" not in first.summary
    member = owner(dataset)
    before = {flag.item_id: flag.score for flag in Flag.objects.filter(dataset=dataset)}
    for flag in flags_for_display().filter(dataset=dataset).order_by("-priority")[:15]:
        workflow.decide(flag=flag, member=member, answer=workflow.Answer(Action.KEEP), seen_version=1)
    second = finished(dataset, methods=["neighbour_disagreement"], options=options)
    assert second.summary["recalibration"]["decisions"] == 15
    assert second.summary["recalibration"]["offset"] < 0
    after = Flag.objects.filter(dataset=dataset, state=FlagState.OPEN)
    assert after
    for flag in after:
        assert flag.score < before[flag.item_id]
        assert flag.evidence[0]["data"]["stated"] == pytest.approx(before[flag.item_id], abs=2e-3)
    third = finished(dataset, methods=["neighbour_disagreement"], options=options)
    assert third.summary["recalibration"] == second.summary["recalibration"]


@pytest.mark.django_db
def test_who_is_likely_mistaken_is_named_and_items_left_open_ask_for_another_opinion() -> None:
    dataset, items, [wrong] = noisy_texts(60, wrong=1)
    others = {"pets": "weather", "money": "pets", "weather": "money"}
    people = [Annotator.objects.create(dataset=dataset, name=name) for name in ("ann", "bo", "cy")]
    for i, item in enumerate(items):
        official = item.current_revision.value
        truth = others[official] if i == wrong else official
        for person in people:
            errs = person.name == "cy" and (i == wrong or i % 6 == 1)
            value = (official if i == wrong else others[truth]) if errs else truth
            Annotation.objects.create(item=item, annotator=person, value=value)
    [odd] = filled(dataset, [{"text": "cat dog bank loan"}], ["pets"], "odd")
    for person, value in zip(people, ("pets", "money"), strict=False):
        Annotation.objects.create(item=odd, annotator=person, value=value)
    run = finished(dataset, methods=["annotator_disagreement", "need_opinion"])
    flag = Flag.objects.get(dataset=dataset, item=items[wrong])
    assert flag.evidence[0]["text"].endswith("Worth another look: the answer of cy.")
    assert run.summary["by_method"]["need_opinion"] > 0
    said = [one["text"] for flag in Flag.objects.filter(item=odd) for one in flag.evidence]
    assert any("leave it open between “pets” and “money”" in text for text in said)


def test_gold_and_predictions_of_an_import_are_checked_against_each_other_and_the_labels(
    live_worker: object,
) -> None:
    """The way through: gold comes with a file, and a model that was trained on its labels is called out."""
    said, truth = texts(240)
    topics = list(TOPICS)
    rows = []
    for i, (text, topic) in enumerate(zip(said, truth, strict=True)):
        label = topics[topics.index(topic) - 1] if i % 12 == 0 else topic
        probs = {name: 0.98 if name == label else 0.01 for name in topics}
        row = {"id": str(i), "text": text, "label": label, "predictions": [{"model": "net", "probs": probs}]}
        rows.append(row | ({"gold": topic} if i % 5 == 0 else {}))
    dataset = imported(rows)
    run = finished(dataset)
    assert [warning["code"] for warning in run.summary["warnings"]] == ["not_out_of_sample"]
    assert "agree with 100.0 % of the labels" in run.summary["warnings"][0]["text"]
    assert run.summary["by_method"]["model_validation"] >= 15
    vouched = Flag.objects.filter(dataset=dataset, item__external_id__in=["0", "60", "120", "180"])
    assert {flag.suggested for flag in vouched} == {flag.item.gold.value for flag in vouched}
    assert vouched.count() == 4
