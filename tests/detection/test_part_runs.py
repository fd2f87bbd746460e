"""Runs on labels that have parts: every kind of error is found, told and flagged with its part."""

import time
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from detection import execution, runs
from detection.models import Prediction, PredictionModel
from reviews import media, workflow
from reviews.models import (
    Action,
    Annotation,
    Annotator,
    Cause,
    Flag,
    FlagState,
    Item,
    JobStatus,
    LabelRevision,
    LabelStatus,
    MediaFile,
)
from reviews.workflow import Answer
from tests import builders
from tests.detection.builders import filled
from tests.detection.part_builders import Scene, believed, box_scene, box_truth, class_scene, span_scene
from tests.detection.test_runs import finished, owner
from tests.reviews.api.contract import Client
from tests.reviews.test_workflow import load


def flags_of(scene: Scene) -> dict[int, Flag]:
    """The surest flag of each flagged item, by the item's number."""
    number = {item.pk: n for n, item in enumerate(scene.items)}
    rows = Flag.objects.filter(dataset=scene.dataset, state=FlagState.OPEN).order_by("priority")
    return {number[flag.item_id]: flag for flag in rows}


def annotated(scene: Scene, names: tuple[str, ...] = ("ann", "bo", "cy")) -> None:
    """The true labels as these annotators' opinions."""
    for name in names:
        annotator = Annotator.objects.create(dataset=scene.dataset, name=name)
        for item, value in zip(scene.items, scene.truth, strict=True):
            Annotation.objects.create(item=item, annotator=annotator, value=value)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_every_kind_of_error_is_flagged_and_nothing_else(make: Any) -> None:
    scene = make()
    run = finished(scene.dataset)
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert {n: flag.kind for n, flag in flags_of(scene).items()} == scene.errors
    assert run.summary["flags"] == Flag.objects.filter(dataset=scene.dataset).count() == len(scene.errors)
    assert run.summary["model"] == "net"
    for flag in flags_of(scene).values():
        assert 0.1 <= flag.score < 1
        assert all(evidence["text"].endswith(".") for evidence in flag.evidence)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_a_second_run_finds_the_same_once_more_and_leaves_what_was_kept(make: Any) -> None:
    scene = make()
    finished(scene.dataset)
    first = flags_of(scene)
    Flag.objects.filter(pk=first[min(first)].pk).update(state=FlagState.KEPT)
    finished(scene.dataset)
    second = flags_of(scene)
    assert set(second) == set(first) - {min(first)}
    assert all(second[n].part == first[n].part for n in second)


@pytest.mark.django_db
def test_flags_of_boxes_say_which_box_and_what_should_be_there() -> None:
    scene = box_scene()
    finished(scene.dataset)
    found = flags_of(scene)
    swapped, missing, spurious, moved, twice = (found[n] for n in range(5))
    assert swapped.part == {"bbox": swapped.given["bbox"]}
    assert swapped.suggested == swapped.given | {"label": "car"}
    assert "sees “car” where this box says “person”" in swapped.evidence[0]["text"]
    assert missing.given is None
    assert missing.suggested["label"] == "person"
    assert missing.part == {"bbox": missing.suggested["bbox"]}
    assert (spurious.given, spurious.suggested) == ({"bbox": [20, 210, 50, 50], "label": "car"}, None)
    assert moved.suggested["bbox"][:2] == pytest.approx([10, 10], abs=4)
    assert "looks shifted" in moved.evidence[0]["text"]
    assert twice.suggested is None
    assert "marked twice" in twice.evidence[0]["text"]


@pytest.mark.django_db
def test_flags_of_spans_say_which_passage_and_what_should_be_marked() -> None:
    scene = span_scene()
    finished(scene.dataset)
    found = flags_of(scene)
    for n in (0, 1, 3):
        wanted = scene.truth[n][1 if n == 3 else 0]
        assert found[n].suggested == wanted
    assert found[2].given == {"start": 4, "end": 11, "label": "DRUG"}
    assert found[2].suggested is None
    glued = found[4]
    assert glued.given == {**glued.part, "label": "DRUG"}
    assert glued.suggested == scene.truth[4]
    assert "several entities in one" in glued.evidence[0]["text"]
    assert "too short" in found[3].evidence[0]["text"]
    assert {evidence["detector"] for evidence in found[0].evidence} == {
        "token_confident_learning",
        "inconsistent_spans",
    }


@pytest.mark.django_db
def test_flags_of_classes_give_the_lists_and_the_class_they_differ_in() -> None:
    scene = class_scene()
    finished(scene.dataset)
    for n, flag in flags_of(scene).items():
        assert flag.suggested == scene.truth[n]
        assert {flag.part["class"]} == set(flag.given) ^ set(flag.suggested)
        assert f"“{flag.part['class']}”" in flag.evidence[0]["text"]


@pytest.mark.django_db
def test_classes_without_predictions_are_learnt_from_what_the_items_hold() -> None:
    scene = class_scene(with_model=False)
    run = finished(scene.dataset)
    assert run.summary["model"] == "built-in"
    assert {n: flag.kind for n, flag in flags_of(scene).items()} == scene.errors


@pytest.mark.django_db
def test_spans_without_predictions_are_compared_with_the_same_words_elsewhere() -> None:
    scene = span_scene(with_model=False)
    run = finished(scene.dataset)
    assert run.summary["by_method"].keys() == {"inconsistent_spans"}
    assert {n: flag.kind for n, flag in flags_of(scene).items()} == scene.errors
    assert "25 of 25 other places" in flags_of(scene)[0].evidence[0]["text"]


@pytest.mark.django_db
@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_other_annotators_are_heard_where_there_is_no_model(make: Any) -> None:
    scene = make(with_model=False)
    annotated(scene)
    run = finished(scene.dataset, methods=["annotator_disagreement"])
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert {n: flag.kind for n, flag in flags_of(scene).items()}.items() >= {
        (n, kind) for n, kind in scene.errors.items() if kind != "spurious_label" or make is not box_scene
    }


@pytest.mark.django_db
def test_model_and_annotators_who_agree_share_one_flag() -> None:
    scene = box_scene()
    annotated(scene)
    finished(scene.dataset)
    found = flags_of(scene)
    assert Flag.objects.filter(dataset=scene.dataset).count() == len(found)
    methods = {evidence["detector"] for evidence in found[1].evidence}
    assert methods == {"box_validation", "annotator_disagreement"}


@pytest.mark.django_db
def test_probabilities_of_tokens_are_taken_as_they_come() -> None:
    scene = span_scene(with_model=False)
    values = []
    for item, spans in zip(scene.items, scene.truth, strict=True):
        places = [(at, at + len(word)) for at, word in _words(item.text)]
        probs: dict[str, list[float]] = {"O": [], "DRUG": [], "DOSE": []}
        for start, end in places:
            true = next((s["label"] for s in spans if s["start"] <= start and end <= s["end"]), "O")
            for name, column in probs.items():
                column.append(0.9 if name == true else 0.05)
        values.append({"tokens": places, "probs": probs})
    believed(scene.dataset, scene.items, values)
    finished(scene.dataset, methods=["token_confident_learning", "span_boundary"])
    found = flags_of(scene)
    assert {n: found[n].kind for n in range(4)} == {n: scene.errors[n] for n in range(4)}
    assert found[1].suggested == scene.truth[1][0]


def _words(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append((at, word))
        at += len(word)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "method", "said"),
    [
        (box_scene, "box_validation", "There is nothing to hold the boxes against: no model's boxes"),
        (span_scene, "span_boundary", "There is nothing to hold the spans against: no model's spans"),
        (class_scene, "annotator_disagreement", "There is nothing to hold the classes against: no other"),
    ],
)
def test_labels_with_nothing_to_hold_them_against_fail_in_words(make: Any, method: str, said: str) -> None:
    run = finished(make(with_model=False).dataset, methods=[method])
    assert run.status == JobStatus.FAILED
    assert run.error.startswith(said)


@pytest.mark.django_db
def test_pictures_that_the_model_did_not_speak_of_are_left_alone() -> None:
    scene = box_scene()
    Prediction.objects.filter(item__in=scene.items[:3]).delete()
    finished(scene.dataset)
    assert set(flags_of(scene)) == {3, 4}


@pytest.mark.django_db
@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_the_scores_of_all_items_and_parts_are_kept(make: Any) -> None:
    scene = make()
    run = finished(scene.dataset)
    with media.storage().open(run.artefact) as file:
        scores = np.load(BytesIO(file.read()))
    assert scores["items"].tolist() == [item.pk for item in scene.items]
    surest = np.argsort(-scores["wrongness"])[: len(scene.errors)]
    assert set(surest.tolist()) == set(scene.errors)
    for name in run.summary["by_method"]:
        assert scores[f"score_{name}"].shape == scores["items"].shape
        assert scores[f"part_item_{name}"].shape == scores[f"part_score_{name}"].shape
    assert run.summary["error_rate"]["low"] < run.summary["error_rate"]["high"]


@pytest.mark.django_db
def test_only_so_many_flags_stand_and_only_so_likely_ones() -> None:
    scene = box_scene()
    finished(scene.dataset, options={"max_flags": 2})
    assert set(flags_of(scene)) == {0, 3}
    finished(scene.dataset, options={"min_probability": 0.5})
    assert 2 not in flags_of(scene)


@pytest.mark.parametrize("make", [box_scene, span_scene, class_scene])
def test_a_live_worker_runs_it(live_worker: object, make: Any) -> None:
    scene = make()
    run = runs.request(member=owner(scene.dataset))
    give_up_at = time.monotonic() + 60
    while run.status in ("queued", "running") and time.monotonic() < give_up_at:
        time.sleep(0.05)
        run.refresh_from_db()
    assert run.status == JobStatus.SUCCEEDED, run.error
    assert {n: flag.kind for n, flag in flags_of(scene).items()} == scene.errors


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "number", "value"),
    [
        (box_scene, 3, {"bbox": [40, 30, 40, 40], "label": "car"}),
        (box_scene, 0, None),
        (span_scene, 3, {"start": 25, "end": 26, "label": "DOSE"}),
        (class_scene, 2, None),
    ],
)
def test_what_people_made_of_a_part_is_not_disputed_again(make: Any, number: int, value: Any) -> None:
    scene = make()
    finished(scene.dataset)
    flag = load(flags_of(scene)[number])
    answer = Answer(action=Action.CORRECT, value=value)
    workflow.decide(flag=flag, member=owner(scene.dataset), answer=answer, seen_version=flag.version)
    finished(scene.dataset)
    assert set(flags_of(scene)) == set(scene.errors) - {number}


@pytest.mark.django_db
def test_few_errors_among_many_texts_are_found() -> None:
    scene = span_scene(n=2500)
    finished(scene.dataset)
    assert {n: flag.kind for n, flag in flags_of(scene).items()} == scene.errors


@pytest.mark.django_db
def test_a_suggested_box_ends_where_the_picture_does() -> None:
    scene = box_scene()
    picture = MediaFile.objects.create(sha256="ab" * 32, format="png", size=9, width=140, height=140)
    item = Item.objects.create(dataset=scene.dataset, external_id="small", media=picture)
    given = [{"bbox": [10, 10, 40, 40], "label": "car"}]
    revision = scene.items[0].current_revision
    own = LabelRevision.objects.create(
        item=item,
        number=1,
        value=given,
        status=LabelStatus.LABELLED,
        cause=Cause.IMPORT,
        event=revision.event,
    )
    Item.objects.filter(pk=item.pk).update(current_revision=own)
    sure = {"label": "person", "score": 0.95}
    seen = [*(box | {"score": 0.9} for box in given), {"bbox": [110, -4, 50, 60], **sure}]
    Prediction.objects.create(model=PredictionModel.objects.get(), item=item, value=seen)
    finished(scene.dataset)
    flag = Flag.objects.get(item=item)
    assert (flag.kind, flag.suggested["bbox"]) == ("missing_label", [110, 0, 30, 56])


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "unit"), [(box_scene, "box"), (span_scene, "span"), (class_scene, "class")])
def test_the_api_starts_runs_and_shows_flags_of_every_task_type(make: Any, unit: str) -> None:
    """Each answer is held against the schema."""
    scene = make()
    client, at = Client.of(scene.dataset.created_by), f"/api/datasets/{scene.dataset.pk}"
    run = client.post(f"{at}/runs/", {}).json()
    execution.execute(run_id=run["id"])
    assert client.get(f"/api/runs/{run['id']}/").json()["summary"]["unit"] == unit
    leased = client.post(f"{at}/queue/", {"queue": "priority", "size": 10}).json()
    assert {flag["kind"] for flag in leased["results"]} == set(scene.errors.values())
    first = client.get(f"{at}/flags/", {"ordering": "-priority"}).json()["results"][0]
    answer = client.post(
        f"/api/flags/{first['id']}/decide/", {"action": "correct", "seen_version": first["version"]}
    )
    assert answer.json()["state"] == "applied"
    number = {item.pk: n for n, item in enumerate(scene.items)}
    label = answer.json()["item"]["label"]
    assert len(label) == len(scene.truth[number[first["item"]["id"]]])


@pytest.mark.django_db
def test_the_summary_says_which_source_draws_the_wrong_boxes() -> None:
    truth, seen = box_truth(80)
    other = {"car": "person", "person": "car"}
    for boxes in truth[::4]:
        boxes[0] |= {"label": other[boxes[0]["label"]]}
    dataset = builders.dataset(task_type="boxes", media="image", classes=("car", "person"))
    rows = [{"meta": {"site": "A" if number % 4 == 0 else "B"}} for number in range(len(truth))]
    believed(dataset, filled(dataset, rows, truth), seen)

    diagnosis = finished(dataset).summary["diagnosis"]
    assert diagnosis["shape"] == "structured"
    worst = diagnosis["slices"][0]
    assert (worst["factor"], worst["level"], worst["items"]) == ("meta.site", "A", 120)
    assert worst["errors"] == pytest.approx(20, abs=3)


@pytest.mark.django_db
def test_decisions_about_parts_recalibrate_the_next_run() -> None:
    scene = box_scene()
    assert "recalibration" not in finished(scene.dataset).summary
    before = {n: flag.score for n, flag in flags_of(scene).items()}
    for flag in (load(flags_of(scene)[n]) for n in (0, 1, 2)):
        workflow.decide(
            flag=flag, member=owner(scene.dataset), answer=Answer(action=Action.KEEP), seen_version=1
        )
    second = finished(scene.dataset)
    assert second.summary["recalibration"]["decisions"] == 3
    after = flags_of(scene)
    assert all(after[n].score < before[n] for n in (3, 4))
    assert after[3].evidence[0]["data"]["stated"] == pytest.approx(before[3], abs=1e-4)
