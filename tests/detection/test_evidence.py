from io import BytesIO

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from detection import evidence, features
from detection.embedders.choice import Choice
from detection.intake import MachineSidecar
from detection.models import PredictionModel
from reviews import media
from reviews.formats.canonical import Prediction, Row
from reviews.models import Item, LabelStatus
from tests import builders
from tests.detection.builders import filled, noisy_texts

pytestmark = pytest.mark.django_db


def quiet(_: float) -> None:
    """No progress to report."""


def described(
    asked: evidence.Subjects, embedder: Choice | None = None
) -> tuple[features.Features, evidence.Described]:
    """The features of all items, and what was read on the way to them."""
    kind = evidence.kind(asked, embedder)
    read = evidence.describe(asked, kind, seed=0, tick=quiet, embedder=embedder)
    return evidence.joined([read.counted], kind, seed=0, embedder=embedder), read


def imported(dataset: object, items: list[Item], rows: list[Row]) -> None:
    """The machine's parts of these rows, as an import hands them over."""
    sidecar = MachineSidecar(dataset)  # type: ignore[arg-type]
    sidecar.take([(item.pk, row) for item, row in zip(items, rows, strict=True)])
    sidecar.finish()


def test_items_become_indices_in_order_of_id_and_labels_class_numbers() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "owl", None, "cat")
    asked = evidence.subjects(dataset)
    assert asked.ids.tolist() == [item.pk for item in items]
    assert asked.labels.tolist() == [2, -1, 0]
    assert asked.places([items[2].pk, 10**9, items[0].pk]).tolist() == [2, -1, 0]


@pytest.mark.parametrize("status", [LabelStatus.AMBIGUOUS, LabelStatus.EXCLUDED])
def test_what_people_set_aside_counts_as_unlabelled(status: LabelStatus) -> None:
    dataset = builders.dataset()
    [item] = builders.items(dataset, "owl")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reviews_labelrevision DISABLE TRIGGER ALL")
        cursor.execute("UPDATE reviews_labelrevision SET status = %s WHERE item_id = %s", [status, item.pk])
    assert evidence.subjects(dataset).labels.tolist() == [-1]


def test_votes_come_with_names_and_the_last_one_of_a_person_counts() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "owl", "cat")
    builders.annotation(items[0], "ann", "cat")
    builders.annotation(items[1], "bo", "dog")
    builders.annotation(items[0], "ann", "owl")
    builders.annotation(items[1], "ann", "no such class")
    votes, names = evidence.votes(evidence.subjects(dataset))
    assert names == ["ann", "bo"]
    assert votes is not None
    assert sorted(zip(*(part.tolist() for part in votes[:3]), strict=True)) == [(0, 0, 2), (1, 1, 1)]


def test_a_dataset_without_annotators_has_no_votes() -> None:
    dataset = builders.dataset()
    builders.items(dataset, "owl")
    assert evidence.votes(evidence.subjects(dataset)) == (None, [])


def test_imported_probabilities_come_back_in_the_order_of_the_classes() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "cat", "dog")
    first = Row("a", predictions=(Prediction("net", {"owl": 0.1, "cat": 0.9}),))
    second = Row("b", predictions=(Prediction("net", {"dog": 0.5, "cat": 0.25, "owl": 0.25}),))
    imported(dataset, items, [first, second])
    probs, name = evidence.predictions(evidence.subjects(dataset))
    assert name == "net"
    np.testing.assert_allclose(probs, [[0.9, 0, 0.1], [0.25, 0.5, 0.25]], atol=1e-6)


def test_a_model_that_speaks_of_few_items_is_not_asked() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "cat", "dog", "owl")
    rows = [Row("a", predictions=(Prediction("net", {"cat": 1.0}),)), Row("b"), Row("c")]
    imported(dataset, items, rows)
    assert evidence.predictions(evidence.subjects(dataset)) == (None, "")


def test_of_two_models_the_better_one_is_asked() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "cat", "dog")
    rows = [
        Row("a", predictions=(Prediction("bad", {"dog": 0.8, "cat": 0.2}), Prediction("good", {"cat": 1.0}))),
        Row("b", predictions=(Prediction("bad", {"dog": 0.2, "cat": 0.8}), Prediction("good", {"dog": 1.0}))),
    ]
    imported(dataset, items, rows)
    assert evidence.predictions(evidence.subjects(dataset))[1] == "good"


@pytest.mark.parametrize("names", [("parrot", "honest"), ("honest", "parrot")])
def test_a_model_that_has_learnt_the_labels_by_heart_is_asked_only_where_there_is_no_other(
    names: tuple[str, str],
) -> None:
    dataset, items, wrong = noisy_texts(200, wrong=10)
    asked = evidence.subjects(dataset)
    topics = asked.classes
    truth = {"pets": "money", "money": "weather", "weather": "pets"}
    back = {given: right for right, given in truth.items()}

    def said(model: str, i: int) -> Prediction:
        label = topics[asked.labels[i]]
        best = back[label] if model == "honest" and i in wrong else label
        sure = 0.97 if model == "honest" else 0.999
        return Prediction(model, {name: sure if name == best else (1 - sure) / 2 for name in topics})

    rows = [Row(str(i), predictions=tuple(said(name, i) for name in names)) for i in range(len(items))]
    imported(dataset, items, rows)
    made, _ = described(asked)
    assert evidence.predictions(asked)[1] == "parrot"
    assert evidence.predictions(asked, made)[1] == "honest"
    PredictionModel.objects.get(name="honest").delete()
    assert evidence.predictions(asked, made)[1] == "parrot"


def test_imported_embeddings_take_the_place_of_built_in_features() -> None:
    dataset = builders.dataset()
    items = builders.items(dataset, "cat", "dog", "owl")
    vectors = [[1.0, 0.0], [0.9, 0.1], [-1.0, 2.0]]
    imported(dataset, items, [Row(str(i), embedding=vector) for i, vector in enumerate(vectors)])
    made, _ = described(evidence.subjects(dataset))
    np.testing.assert_allclose(made.model, vectors)


def test_content_is_equal_for_texts_that_differ_in_spaces_and_case_only() -> None:
    dataset = builders.dataset()
    rows = [{"text": text} for text in ("A cat", "a  cat\n", "a dog")]
    filled(dataset, rows, ["cat", "cat", "dog"])
    _, (_, content, _) = described(evidence.subjects(dataset))
    assert content[0] == content[1] != content[2]


def test_table_rows_become_features() -> None:
    dataset = builders.dataset(media="table")
    filled(dataset, [{"features": {"age": age, "sex": "f"}} for age in (1, 2, 1)], ["cat"] * 3)
    made, (_, content, _) = described(evidence.subjects(dataset))
    assert made.model.shape == (3, 2)
    assert content[0] == content[2] != content[1]


def test_items_that_arrive_while_a_run_reads_are_left_out() -> None:
    dataset, items, _ = noisy_texts(30)
    asked = evidence.subjects(dataset)
    builders.items(dataset, "pets", "money")
    made, (_, content, _) = described(asked)
    assert made.model.shape[0] == len(content) == len(items)


def test_the_number_of_queries_does_not_grow_with_the_items() -> None:
    def queries(count: int) -> int:
        dataset, _, _ = noisy_texts(count, wrong=2)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            asked = evidence.subjects(dataset)
            evidence.votes(asked)
            evidence.predictions(asked)
            described(asked)
        return len(captured)

    assert queries(10) == queries(60)


def test_pictures_are_read_from_the_storage(settings: object, tmp_path: object) -> None:
    from io import BytesIO

    from PIL import Image

    from reviews import media

    dataset = builders.dataset(media="image")
    stored = []
    for shade in (0, 200):
        file = BytesIO()
        Image.new("RGB", (12, 9), (shade, shade, shade)).save(file, "PNG")
        picture = media.take_in(file.getvalue())
        picture.save()
        stored.append(picture)
    filled(dataset, [{"media": picture} for picture in (*stored, stored[0])], ["cat", "dog", "cat"])
    made, (_, content, _) = described(evidence.subjects(dataset))
    assert made.model.shape[0] == 3
    assert content[0] == content[2] != content[1]
    np.testing.assert_allclose(made.model[:, : 8 * 8 * 3].mean(axis=1), [0, 200 / 255, 0], atol=0.02)
    assert features.SIDE % 8 == 0


def test_what_is_amiss_with_pictures_is_measured_on_the_way_and_a_lost_one_does_not_stop_the_run() -> None:
    dataset = builders.dataset(media="image")
    shapes = [(64, 48), (64, 48), (8, 300)]
    stored = [media.take_in(picture(width, height, noisy=i != 1)) for i, (width, height) in enumerate(shapes)]
    lost = media.take_in(picture(50, 50))
    for file in [*stored, lost]:
        file.save()
    filled(dataset, [{"media": file} for file in [*stored, lost]], ["cat"] * 4)
    media.storage().delete(media._name("thumbnails", lost.sha256))
    asked = evidence.subjects(dataset)
    seen = described(asked)[1].condition
    assert seen.readable.tolist() == [1, 1, 1, 0]
    assert seen.width.tolist() == [64, 64, 8, 50]
    assert seen.height.tolist() == [48, 48, 300, 50]
    assert seen.contrast[0] > 10
    assert seen.contrast[1] == 0
    assert np.isnan(seen.length).all()


def picture(width: int, height: int, *, noisy: bool = True) -> bytes:
    """A PNG of random pixels, or of one colour."""
    rng = np.random.default_rng(width)
    pixels = rng.integers(0, 256, (height, width, 3)) if noisy else np.full((height, width, 3), 90)
    file = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_texts_and_rows_are_measured_too() -> None:
    dataset = builders.dataset()
    filled(dataset, [{"text": "  "}, {"text": "naïve caf\u00c3\u00a9"}], ["cat", "dog"])
    seen = described(evidence.subjects(dataset))[1].condition
    assert seen.length.tolist() == [0, 10]
    assert seen.garbled.tolist() == [0, 1]
    table = builders.dataset(media="table")
    filled(table, [{"features": {"a": None, "b": ""}}, {"features": {"a": 1, "b": ""}}], ["cat", "dog"])
    assert described(evidence.subjects(table))[1].condition.filled.tolist() == [0, 0.5]
