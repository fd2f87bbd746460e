"""Runs whose features an embedder of the user's own makes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from detection import evidence
from detection.embedders.choice import Choice
from detection.errors import CannotEmbed
from detection.intake import MachineSidecar
from detection.models import DetectionRun
from reviews import media
from reviews.formats.canonical import Row
from reviews.models import Dataset, Flag, JobStatus
from tests import builders
from tests.detection.builders import TOPICS, filled, noisy_texts
from tests.detection.embedders import tiny_models, torch_models
from tests.detection.test_evidence import described, picture, quiet
from tests.detection.test_runs import finished
from tests.reviews.api.contract import Client

pytestmark = pytest.mark.django_db
ONNX = {"kind": "onnx", "path": "text.onnx"}
# Each word points to its topic, a little beside it.
TURNS = dict(zip(TOPICS, np.eye(3).tolist(), strict=True))
WORDS = {word: TURNS[topic] for topic, words in TOPICS.items() for word in words}


@pytest.fixture
def models(settings: Any, tmp_path: Path) -> Path:
    """This server's folder of models."""
    settings.MODELS = str(tmp_path)
    return tmp_path


def test_an_embedder_makes_what_models_neighbours_and_outliers_work_on(models: Path) -> None:
    tiny_models.of_texts(models, WORDS)
    dataset, items, wrong = noisy_texts()
    run = finished(dataset, options={"embedder": ONNX})
    assert (run.status, run.error) == (JobStatus.SUCCEEDED, "")
    assert run.summary["embedder"] == "onnx text.onnx"
    assert run.summary["model"] == "built-in"
    flagged = Flag.objects.filter(dataset=dataset).order_by("-priority")[: len(wrong)]
    assert {flag.item_id for flag in flagged} == {items[i].pk for i in wrong}
    asked = evidence.subjects(dataset)
    made, (_, content, _) = described(asked, Choice("onnx", "text.onnx"))
    np.testing.assert_allclose(made.model.sum(axis=1), 1, atol=1e-5)
    assert made.model.shape == made.space.shape == (len(items), 3)
    assert len(set(content.tolist())) == len(items)


def test_the_datasets_setting_is_taken_unless_the_run_says_otherwise(models: Path) -> None:
    tiny_models.of_texts(models, WORDS)
    dataset, _, _ = noisy_texts(60, settings={"embedder": ONNX})
    assert finished(dataset).summary["embedder"] == "onnx text.onnx"
    assert finished(dataset, options={"embedder": None}).summary["embedder"] == "built-in"


def test_an_embedder_that_is_asked_for_comes_before_embeddings_that_were_imported(models: Path) -> None:
    tiny_models.of_texts(models, WORDS)
    dataset, items, _ = noisy_texts(60)
    sidecar = MachineSidecar(dataset)
    sidecar.take([(item.pk, Row(item.external_id, embedding=[float(item.pk), 1.0])) for item in items])
    assert finished(dataset, options={"embedder": ONNX}).summary["embedder"] == "onnx text.onnx"
    assert finished(dataset).summary["embedder"] == "imported"


def test_an_embedder_that_is_not_there_fails_the_run_in_a_sentence(models: Path) -> None:
    dataset, _, _ = noisy_texts(60)
    run = finished(dataset, options={"embedder": ONNX})
    assert run.status == JobStatus.FAILED
    assert run.error.startswith("There is no “text.onnx” in this server's folder of models")
    assert not Flag.objects.filter(dataset=dataset).exists()


def test_lists_of_classes_are_learned_from_an_embedder_too(models: Path) -> None:
    tiny_models.of_texts(models, WORDS)
    dataset = builders.dataset(task_type="multilabel", classes=tuple(TOPICS))
    rng = np.random.default_rng(0)
    topics = [sorted(rng.choice(list(TOPICS), 2, replace=False).tolist()) for _ in range(80)]
    rows = [{"text": " ".join(word for one in two for word in rng.choice(TOPICS[one], 6))} for two in topics]
    filled(dataset, rows, topics)
    run = finished(dataset, options={"embedder": ONNX})
    assert (run.error, run.summary["embedder"]) == ("", "onnx text.onnx")


def pictured(*pictures: bytes) -> Dataset:
    """A dataset of these pictures."""
    dataset = builders.dataset(media="image")
    stored = [media.take_in(one) for one in pictures]
    for file in stored:
        file.save()
    filled(dataset, [{"media": file} for file in stored], ["cat"] * len(stored))
    return dataset


def test_whole_pictures_are_embedded_and_measured_and_a_lost_one_does_not_stop_the_run(models: Path) -> None:
    tiny_models.of_pictures(models, number=TensorProto.UINT8)
    dataset = pictured(picture(64, 48, noisy=False), picture(90, 90), picture(50, 50))
    asked = evidence.subjects(dataset)
    lost = dataset.items.order_by("id").last().media_id
    media.storage().delete(media._name("originals", lost))
    made, (_, content, seen) = described(asked, Choice("onnx", "picture.onnx"))
    np.testing.assert_allclose(made.model[0], [90, 90, 90])
    assert np.abs(made.model[1] - 127).max() < 40
    np.testing.assert_allclose(made.model[2], made.model[:2].mean(axis=0), rtol=1e-5)
    assert len(set(content.tolist())) == 3
    assert seen.readable.tolist() == [1, 1, 0]
    assert seen.contrast[0] == 0 < seen.contrast[1]


def test_a_part_of_the_pictures_is_embedded_as_all_are_and_may_have_none_to_read(models: Path) -> None:
    tiny_models.of_pictures(models)
    asked = evidence.subjects(pictured(picture(20, 20), picture(30, 30), picture(40, 40)))
    media.storage().delete(media._name("originals", asked.dataset.items.order_by("id").last().media_id))
    choice = Choice("onnx", "picture.onnx")
    whole, _ = described(asked, choice)
    kind = evidence.kind(asked, choice)
    parts = [
        evidence.describe(asked.some(rows), kind, seed=0, tick=quiet, embedder=choice).counted
        for rows in (slice(0, 2), slice(2, 3))
    ]
    assert parts[1]["matrix"].shape == (1, 0)
    joined = evidence.joined(parts, kind, seed=0, embedder=choice)
    np.testing.assert_array_equal(joined.model, whole.model)
    np.testing.assert_array_equal(joined.space, whole.space)


def test_pictures_of_which_none_can_be_read_are_told_of(models: Path) -> None:
    tiny_models.of_pictures(models)
    dataset = pictured(picture(20, 20))
    media.storage().delete(media._name("originals", dataset.items.get().media_id))
    with pytest.raises(CannotEmbed, match="None of the items"):
        described(evidence.subjects(dataset), Choice("onnx", "picture.onnx"))


@pytest.mark.filterwarnings("ignore")  # the libraries warn of each other
def test_a_run_with_a_sentence_transformer(models: Path) -> None:
    torch_models.words(models / "tiny", list(WORDS), list(WORDS.values()))
    dataset, items, wrong = noisy_texts()
    said = {"kind": "sentence_transformers", "path": "tiny"}
    run = finished(dataset, options={"embedder": said})
    assert (run.error, run.summary["embedder"]) == ("", "sentence_transformers tiny")
    flagged = Flag.objects.filter(dataset=dataset).order_by("-priority")[: len(wrong)]
    assert {flag.item_id for flag in flagged} == {items[i].pk for i in wrong}


@pytest.mark.filterwarnings("ignore")
def test_a_run_with_a_timm_model(models: Path) -> None:
    torch_models.checkpoint(models / "net.safetensors")
    dataset = pictured(*(picture(40 + i, 40) for i in range(12)))
    run = finished(
        dataset,
        methods=["out_of_distribution"],
        options={"embedder": {"kind": "timm", "name": torch_models.NAME, "path": "net.safetensors"}},
    )
    assert (run.error, run.summary["embedder"]) == ("", f"timm {torch_models.NAME} net.safetensors")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"kind": "onnx", "path": "../secret.onnx"}, "below the server's folder"),
        ({"kind": "timm", "name": "resnet18"}, "No embedder of kind timm reads text items"),
        ("clip", "has a kind"),
    ],
)
def test_an_embedder_that_cannot_be_is_refused_before_the_run(said: Any, complaint: str) -> None:
    dataset, _, _ = noisy_texts(10)
    client = Client.of(dataset.created_by)
    answer = client.post(f"/api/datasets/{dataset.pk}/runs/", {"options": {"embedder": said}})
    assert answer.status_code == 400
    assert complaint in str(answer.json()["fields"])
    assert not DetectionRun.objects.exists()


def test_the_datasets_embedder_is_checked_when_it_is_set() -> None:
    dataset, _, _ = noisy_texts(10)
    client, at = Client.of(dataset.created_by), f"/api/datasets/{dataset.pk}/"
    answer = client.patch(at, {"settings": {"embedder": {"kind": "onnx", "path": "/etc/passwd"}}})
    assert answer.status_code == 400
    assert "`embedder`: The path must be below" in str(answer.json()["fields"])
    assert client.patch(at, {"settings": {"embedder": ONNX}}).json()["settings"] == {"embedder": ONNX}
    run = client.post(f"{at}runs/", {}).json()
    assert run["options"]["embedder"] == ONNX
