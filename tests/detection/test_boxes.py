"""Boxes: each kind of error by hand, on real pictures with errors put in, and beside cleanlab."""

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from bench.detectors import real_parts
from detection.algorithms import box_matching, box_trust, boxes
from detection.algorithms.box_matching import Boxes


def made(rows):
    """Boxes of (image, x, y, w, h, label, score)."""
    table = np.array(rows, dtype=float).reshape(-1, 7)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Boxes(table[:, 0].astype(int), table[:, 1:5], table[:, 5].astype(int), table[:, 6])


def scenes(n_images=60, seed=0):
    """Given boxes without errors, and a model that sees all of them, a little off, and some things more."""
    rng = np.random.default_rng(seed)
    given, predicted = [], []
    for image in range(n_images):
        for cell in range(6):
            x, y, size = 100 * (cell % 3) + 10, 100 * (cell // 3) + 10, rng.uniform(40, 60)
            given.append((image, x, y, size, size, cell % 2, 1))
            off = rng.normal(0, 1, 4)
            predicted.append(
                (image, x + off[0], y + off[1], size + off[2], size + off[3], cell % 2, rng.beta(20, 4))
            )
        predicted.append((image, 310, rng.uniform(0, 200), 30, 30, rng.integers(2), rng.beta(2, 20)))
    return given, predicted


def spoilt(change):
    """The suspicions once `change` altered the list of given boxes; box 20 is of image 3 and class 0."""
    given, predicted = scenes()
    change(given)
    return boxes.suspect(made(given), made(predicted), n_classes=2), made(given), made(predicted)


def test_boxes_without_errors_raise_hardly_a_suspicion():
    found, _, _ = spoilt(lambda given: None)
    assert (found.score < 0.5).all()


def test_a_box_that_is_lacking_is_missing_and_suggested():
    found, _, predicted = spoilt(lambda given: given.pop(20))
    assert (found.kind[0], found.image[0], found.given[0], found.label[0]) == (boxes.MISSING, 3, -1, 0)
    assert predicted.bbox[found.predicted[0]] == pytest.approx([210, 10, 50, 50], abs=15)


def test_where_people_miss_more_a_box_that_they_lack_is_likelier_to_be_missing():
    def lose_many(given):
        del given[20::15]

    few, _, _ = spoilt(lambda given: given.pop(20))
    many, _, _ = spoilt(lose_many)
    n_lost = len(range(20, 360, 15))
    assert (many.kind[:n_lost] == boxes.MISSING).mean() > 0.9
    assert many.score[n_lost // 2] > 0.5 > few.score[0]


def test_a_box_of_the_wrong_class_is_suggested_with_the_other():
    def swap(given):
        given[20] = (*given[20][:5], 1, 1)

    found, _, _ = spoilt(swap)
    assert (found.kind[0], found.given[0], found.label[0]) == (boxes.WRONG_CLASS, 20, 0)
    assert found.predicted[0] == -1
    assert found.score[0] > 0.5


@pytest.mark.parametrize(
    "move",
    [
        lambda x, y, w, h: (x + 0.4 * w, y + 0.2 * h, w, h),
        lambda x, y, w, h: (x + 0.2 * w, y + 0.2 * h, 0.6 * w, 0.6 * h),
        lambda x, y, w, h: (x - 0.3 * w, y - 0.3 * h, 1.6 * w, 1.6 * h),
    ],
    ids=["shifted", "too tight", "too loose"],
)
def test_a_box_that_lies_badly_is_suggested_where_it_should_be(move):
    def spoil(given):
        given[20] = (3, *move(*given[20][1:5]), 0, 1)

    found, _, predicted = spoilt(spoil)
    assert (found.kind[0], found.given[0], found.label[0]) == (boxes.BAD_BOUNDARY, 20, 0)
    assert found.score[0] > 0.5
    assert predicted.bbox[found.predicted[0]][:2] == pytest.approx([210, 10], abs=5)


@pytest.mark.parametrize(
    ("given", "words"),
    [([12, 12, 6, 6], "too tight"), ([5, 5, 20, 20], "too loose"), ([14, 10, 10, 10], "shifted")],
)
def test_how_a_box_is_off_is_told_in_words(given, words):
    assert boxes.how_off(np.array(given, dtype=float), np.array([10.0, 10, 10, 10])) == words


def test_a_box_around_nothing_is_spurious():
    found, _, _ = spoilt(lambda given: given.insert(24, (3, 20, 210, 50, 50, 0, 1)))
    assert (found.kind[0], found.given[0], found.label[0]) == (boxes.SPURIOUS, 24, -1)


def test_of_two_boxes_on_one_object_the_worse_one_is_a_duplicate():
    def repeat(given):
        image, x, y, w, h, label, score = given[20]
        given.insert(21, (image, x + 2, y - 2, w, h, label, score))

    found, _, _ = spoilt(repeat)
    assert (found.kind[0], found.given[0]) == (boxes.DUPLICATE, 21)
    assert found.score[0] > 0.5


@pytest.mark.parametrize("scale", [lambda s: 0.3 * s**3, lambda s: 0.05 + 0.1 * s, lambda s: s / (2 - s)])
def test_the_scale_of_the_confidence_says_nothing(scale):
    given, predicted = scenes()
    given.pop(20)
    weak = [(*row[:6], scale(row[6])) for row in predicted]
    found = boxes.suspect(made(given), made(weak), n_classes=2)
    assert (found.kind[0], found.image[0]) == (boxes.MISSING, 3)


def test_people_who_agree_against_the_label_are_heard():
    given, _ = scenes()
    rng = np.random.default_rng(0)
    rows, source = [], []
    for row in given:
        for annotator in range(3):
            rows.append((row[0], row[1] + rng.normal(), row[2] + rng.normal(), *row[3:]))
            source.append(annotator)
    rows.append((0, 400, 400, 20, 20, 0, 1))
    source.append(1)
    order = np.argsort([row[0] for row in rows], kind="stable")
    pooled = boxes.pooled(made(rows), np.array(source)[order], 3)
    assert len(pooled.image) == len(given) + 1
    assert np.sort(pooled.score)[:2] == pytest.approx([1 / 3, 1.0])
    lacking = made(given[:20] + given[21:])
    found = boxes.suspect(lacking, pooled, n_classes=2)
    assert (found.kind[0], found.image[0]) == (boxes.MISSING, 3)


@pytest.mark.parametrize("n_given", [0, 1, 6])
@pytest.mark.parametrize("n_predicted", [0, 1, 7])
def test_few_boxes_or_none_are_no_trouble(n_given, n_predicted):
    given, predicted = scenes(1)
    found = boxes.suspect(made(given[:n_given]), made(predicted[:n_predicted]), n_classes=2, worth=0.0)
    assert np.isfinite(found.score).all()
    assert ((found.score >= 0) & (found.score <= 1)).all()
    assert boxes.image_scores(found, 1).shape == (1,)


def test_numbers_that_are_none_are_refused():
    given, predicted = scenes(2)
    predicted[0] = (*predicted[0][:6], float("nan"))
    with pytest.raises(ValueError, match="finite"):
        boxes.suspect(made(given), made(predicted), n_classes=2)


def test_boxes_that_do_not_come_picture_by_picture_are_refused():
    given, predicted = (made(rows) for rows in scenes(2))
    with pytest.raises(ValueError, match="picture by picture"):
        boxes.suspect(box_matching.take(given, np.arange(len(given.image))[::-1]), predicted, n_classes=2)


def test_the_order_of_the_pictures_says_nothing():
    given, predicted = scenes()
    del given[20::15]
    found = boxes.suspect(made(given), made(predicted), n_classes=2)
    turned = [[(59 - row[0], *row[1:]) for row in rows] for rows in (given, predicted)]
    other = boxes.suspect(made(turned[0]), made(turned[1]), n_classes=2)
    assert np.sort(found.score) == pytest.approx(np.sort(other.score))
    assert sorted(found.image) == sorted(59 - other.image)


def test_the_score_of_a_picture_is_that_of_any_error_in_it():
    none = np.zeros(0, dtype=int)
    empty = boxes.Suspects(none, none, none, none, none, np.zeros(0))
    assert boxes.image_scores(empty, 3).tolist() == [0, 0, 0]
    two = boxes.Suspects(*[np.zeros(2, dtype=int)] * 5, np.array([0.5, 0.5]))
    assert boxes.image_scores(two, 2) == pytest.approx([0.75, 0])


def test_overlap_is_common_ground_over_all_ground():
    a = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]], dtype=float)
    b = np.array([[5, 0, 10, 10], [10, 0, 5, 5], [0, 0, 10, 10]], dtype=float)
    assert box_matching.overlap(a, b) == pytest.approx([1 / 3, 0, 1])


def test_a_matching_is_one_to_one_and_takes_the_best_first():
    pairs = box_matching.Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert box_matching.mutual_best(pairs, pairs.iou).tolist() == [0, 3]


def test_pairs_are_the_same_however_they_are_cut(monkeypatch):
    given, predicted = scenes(5)
    whole = box_matching.overlapping(made(given), made(predicted), least=0.1)
    monkeypatch.setattr(box_matching, "PAIRS_AT_ONCE", 10)
    cut = box_matching.overlapping(made(given), made(predicted), least=0.1)
    assert all(np.array_equal(x, y) for x, y in zip(whole, cut, strict=True))


def test_trust_follows_how_often_boxes_meet_a_given_one():
    rng = np.random.default_rng(0)
    score = rng.random(4000)
    predicted = Boxes(np.arange(4000), np.ones((4000, 4)), np.zeros(4000, dtype=int), score)
    met = (rng.random(4000) < 1 / (1 + np.exp(-12 * (score - 0.4)))) & (rng.random(4000) > 0.05)
    trust = box_trust.learn(predicted, met, 1)
    assert trust.missed[0] == pytest.approx(0.05, abs=0.02)
    assert trust.real[score > 0.8].min() > 0.9
    assert trust.real[score < 0.1].max() < 0.1


def cells(name):
    if not real_parts.CELLS.is_dir():
        pytest.skip(f"needs the real set in {real_parts.CELLS.name}")
    return real_parts.read_cells(name)


def test_pictures_and_boxes_of_blood_cells_are_ranked():
    if not real_parts.CELLS.is_dir():
        pytest.skip(f"needs the real set in {real_parts.CELLS.name}")
    pictures = real_parts.cells()
    n_images, given, predicted, errors = pictures
    found = boxes.suspect(given, predicted, n_classes=3)
    wrong = np.isin(np.arange(n_images), [image for image, _, _ in errors])
    assert average_precision_score(wrong, boxes.image_scores(found, n_images)) >= 0.92
    right = real_parts.found_errors(found, pictures)
    assert (right[:50] >= 0).mean() >= 0.85
    for kind, least in ((boxes.WRONG_CLASS, 0.9), (boxes.MISSING, 0.7), (boxes.BAD_BOUNDARY, 0.65)):
        rows, n_errors = found.kind == kind, sum(one[1] == kind for one in errors)
        found_share = (right[rows] == kind).sum() / n_errors
        assert average_precision_score(right[rows] == kind, found.score[rows]) * found_share >= least


def test_ranking_takes_less_than_a_tenth_of_the_time_of_cleanlab():
    from cleanlab.object_detection.rank import get_label_quality_scores

    given, predicted = (made(rows) for rows in scenes(300))
    corners = [np.column_stack([b.bbox[:, :2], b.bbox[:, :2] + b.bbox[:, 2:]]) for b in (given, predicted)]
    labels = [
        {"bboxes": corners[0][given.image == i], "labels": given.label[given.image == i]} for i in range(300)
    ]
    scored = np.column_stack([corners[1], predicted.score])
    predictions = [
        [scored[(predicted.image == i) & (predicted.label == k)] for k in range(2)] for i in range(300)
    ]
    start = time.perf_counter()
    get_label_quality_scores(labels, predictions, verbose=False)
    theirs = (time.perf_counter() - start) * 5000 / 300
    given, predicted = (made(rows) for rows in scenes(5000))
    start = time.perf_counter()
    boxes.image_scores(boxes.suspect(given, predicted, n_classes=2), 5000)
    assert time.perf_counter() - start < theirs / 10
