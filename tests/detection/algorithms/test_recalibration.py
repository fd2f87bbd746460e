import numpy as np
import pytest

from detection.algorithms.recalibration import Recalibration, fit


def error(stated: np.ndarray, wrong: np.ndarray) -> float:
    """The expected calibration error in ten bins."""
    bins = np.minimum((stated * 10).astype(int), 9)
    gaps = [
        abs(stated[bins == b].mean() - wrong[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)
    ]
    return float(sum(gaps))


def overconfident(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Stated probabilities whose log-odds are 1.2 too high, and what turned out."""
    rng = np.random.default_rng(seed)
    stated = rng.uniform(0.1, 0.99, n)
    truly = 1 / (1 + np.exp(-(np.log(stated / (1 - stated)) - 1.2)))
    return stated, rng.random(n) < truly


def test_without_decisions_nothing_changes() -> None:
    stated = np.array([0.0, 0.3, 1.0])
    np.testing.assert_array_equal(fit(np.zeros(0), np.zeros(0, dtype=bool)).of(stated), stated)


def test_decisions_improve_the_calibration_of_what_is_still_to_be_decided() -> None:
    learned = fit(*overconfident(200))
    stated, wrong = overconfident(5000, seed=1)
    assert error(stated, wrong) > 0.15
    assert error(learned.of(stated), wrong) < 0.06


@pytest.mark.parametrize(("n", "least"), [(1, 0.84), (3, 0.7)])
def test_a_few_decisions_change_little(n: int, least: float) -> None:
    learned = fit(np.full(n, 0.9), np.zeros(n, dtype=bool))
    assert least < learned.of(np.array([0.9]))[0] < 0.9


def test_decisions_that_agree_with_what_was_stated_leave_it() -> None:
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.1, 0.99, 500)
    learned = fit(stated, rng.random(500) < stated)
    np.testing.assert_allclose(learned.of(stated), stated, atol=0.06)


def test_the_order_stays_and_no_label_stays_no_doubt() -> None:
    learned = fit(np.array([0.9, 0.95, 0.3] * 20), np.array([False, False, True] * 20))
    moved = learned.of(np.linspace(0, 1, 50))
    assert moved[0] == 0
    assert (np.diff(moved) > 0).all()


def test_one_step_by_hand() -> None:
    # At even odds the slope is idle, and the offset solves (wrong - p) = offset / 0.4², for one kept label.
    learned = fit(np.array([0.5]), np.array([False]))
    assert learned.offset / 0.16 == pytest.approx(-1 / (1 + np.exp(-learned.offset)))
    assert learned == Recalibration(pytest.approx(1.0), learned.offset, 1)
