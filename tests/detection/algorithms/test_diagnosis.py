import numpy as np
import pytest
from scipy.stats import poisson

from detection.algorithms.diagnosis import (
    Diagnosis,
    Factor,
    at_least,
    diagnose,
    false_discovery_rates,
    of_parts,
)

N, K = 4000, 4
CLASSES = ["ant", "bee", "cow", "dog"]


def noisy(rates: np.ndarray, shift: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, wrongness, suggestions: each item errs at its own rate, towards a class so much higher."""
    rng = np.random.default_rng(seed)
    true = np.arange(N) % K
    wrong = rng.random(N) < rates
    labels = np.where(wrong, (true + shift) % K, true)
    return labels, np.where(wrong, 0.9, 0.02), np.where(wrong, true, (labels + 1) % K)


def sites(seed: int = 1) -> Factor:
    return Factor("meta.site", np.arange(N), np.random.default_rng(seed).integers(0, 5, N), list("ABCDE"))


def anywhere(seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, K, N)


def found(rates: np.ndarray, shift: np.ndarray, *factors: Factor) -> Diagnosis:
    return diagnose(*noisy(rates, shift), CLASSES, factors)


def test_the_false_discovery_rates_of_a_hand_worked_example() -> None:
    # 0.01·4/1, 0.02·4/2, 0.03·4/3 and 0.8·4/4, none above a later one.
    rates = false_discovery_rates(np.array([0.03, 0.01, 0.8, 0.02]))
    np.testing.assert_allclose(rates, [0.04, 0.04, 0.8, 0.04])
    assert false_discovery_rates(np.zeros(0)).shape == (0,)


def test_the_chance_of_so_many_errors_is_that_of_poisson() -> None:
    errors = np.array([1, 5, 20])
    np.testing.assert_allclose(at_least(errors, np.array([2.0, 2, 10])), poisson.sf(errors - 1, [2, 2, 10]))


def test_errors_at_random_are_called_random_whatever_the_seed() -> None:
    shapes = [
        diagnose(*noisy(np.full(N, 0.06), anywhere(seed), seed), CLASSES, [sites(seed)]).shape
        for seed in range(20)
    ]
    assert shapes.count("random") >= 19


def test_errors_of_one_pair_are_class_dependent_and_named() -> None:
    rates = np.where(np.arange(N) % K == 1, 0.15, 0.01)
    diagnosis = found(rates, np.ones(N, dtype=int), sites())
    assert diagnosis.shape == "class_dependent"
    assert {(one["factor"], one["level"]) for one in diagnosis.classes[:2]} == {
        ("true class", "bee"),
        ("class pair", "bee → cow"),
    }


def test_errors_of_one_site_are_structured_and_measured() -> None:
    site = sites()
    rates = np.where(site.level == 2, 0.2, 0.02)
    diagnosis = found(rates, anywhere(), site)
    assert diagnosis.shape == "structured"
    [worst] = diagnosis.slices
    assert (worst["factor"], worst["level"], worst["items"]) == (
        "meta.site",
        "C",
        int((site.level == 2).sum()),
    )
    assert worst["errors"] / worst["items"] == pytest.approx(0.9 * 0.2, abs=0.03)
    assert worst["ratio"] > 2
    assert worst["q"] < 1e-6


def test_a_site_is_not_blamed_for_the_class_that_it_sends() -> None:
    rates = np.where(np.arange(N) % K == 1, 0.2, 0.01)
    site = Factor("meta.site", np.arange(N), (np.arange(N) % K == 1).astype(int), ["rest", "bees"])
    labels, wrongness, suggested = noisy(rates, np.full(N, 2))
    blamed = diagnose(labels, wrongness, suggested, CLASSES, [site])
    # Its items that are called "dog" are wrong, as those of no other site: only a cross of both would tell.
    assert blamed.classes[0]["level"] in ("bee", "bee → dog")


def test_an_annotators_own_answers_are_what_counts() -> None:
    who = np.arange(N) % 3
    labels = np.arange(N) % K
    wrong = np.where((who == 0) & (np.arange(N) % 5 == 0), 0.95, 0.01)
    wrongness = np.where(wrong > 0.5, 0.9, 0.0)
    factor = Factor("annotator", np.arange(N), who, ["ann", "bo", "cy"], wrong)
    diagnosis = diagnose(labels, wrongness, (labels + 1) % K, CLASSES, [factor])
    assert [one["level"] for one in diagnosis.slices] == ["ann"]


def test_a_handful_of_errors_says_nothing() -> None:
    assert found(np.full(N, 0.001), anywhere()).shape == "unknown"
    assert diagnose(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=int), CLASSES).shape == "unknown"


def test_parts_are_cut_as_their_items_are() -> None:
    factor = Factor("meta.site", np.array([2, 0, 2, 3]), np.array([1, 0, 0, 1]), ["A", "B"])
    cut = of_parts(factor, np.array([0, 1, 2, 2, 3]))
    assert sorted(zip(cut.item.tolist(), cut.level.tolist(), strict=True)) == [
        (0, 0),
        (2, 0),
        (2, 1),
        (3, 0),
        (3, 1),
        (4, 1),
    ]


def test_parts_of_one_class_that_are_wrong_more_often_are_named_without_any_pair() -> None:
    labels = np.arange(N) % K
    wrong = np.random.default_rng(0).random(N) < np.where(labels == 2, 0.12, 0.01)
    told = diagnose(labels, np.where(wrong, 0.9, 0.0), None, CLASSES, [sites()])
    assert told.shape == "class_dependent"
    assert [(one["factor"], one["level"]) for one in told.classes] == [("class", "cow")]
