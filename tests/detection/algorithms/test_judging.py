"""What is judged of many items a block at a time, beside the same at once."""

import numpy as np
import pytest

from detection.algorithms import suspicions
from detection.algorithms.detector import Inputs


@pytest.fixture
def inputs() -> Inputs:
    """A model of middling skill, wrong labels, some of them missing, duplicates, silence and some gold."""
    rng = np.random.default_rng(0)
    n, k = 4000, 5
    true = np.repeat(rng.integers(0, k, n // 4), 4)
    scores = np.exp(rng.normal(size=(n, k)) + 2.5 * np.eye(k)[true])
    probs = scores / scores.sum(axis=1, keepdims=True)
    probs[7::50] = np.nan
    labels = np.where(rng.random(n) < 0.08, rng.integers(0, k, n), true)
    labels[::40] = -1
    gold = np.where(np.arange(n) % 97 == 0, true, -1)
    return Inputs(labels=labels, n_classes=k, probs=probs, gold=gold)


@pytest.mark.parametrize("twins", [False, True])
def test_blocks_say_what_all_say_at_once(
    inputs: Inputs, twins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some duplicates lie apart, and those of one label are a crowd that is larger than a block.
    group = np.where(inputs.labels == 3, 0, 1 + np.arange(len(inputs.labels)) // 2) if twins else None
    at_once = suspicions.judge(inputs, group=group)
    monkeypatch.setattr(suspicions, "MOST_CELLS", 10_000)
    by_blocks = suspicions.judge(inputs, group=group)
    # The observers are judged by 2,000 items instead of 4,000.
    apart = np.abs(at_once.wrongness - by_blocks.wrongness)
    assert apart.mean() < 0.01
    assert ((at_once.wrongness > 0.5) != (by_blocks.wrongness > 0.5)).mean() < 0.01
    sure = at_once.wrongness > 0.5
    assert (at_once.suggested[sure] == by_blocks.suggested[sure]).mean() > 0.95
    assert (by_blocks.wrongness[inputs.labels < 0] == 0).all()


def test_blocks_change_nothing_where_all_items_are_asked_about_the_observers(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = suspicions.judge(inputs)
    monkeypatch.setattr(suspicions, "MOST_CELLS", 5 * 4000 - 1)
    by_blocks = suspicions.judge(inputs)
    np.testing.assert_allclose(by_blocks.wrongness, at_once.wrongness, atol=0.001)


def test_duplicates_are_in_one_block() -> None:
    group = np.random.default_rng(0).integers(0, 60, 500)
    blocks = list(suspicions._blocks(group, 40))
    assert sorted(np.concatenate(blocks).tolist()) == list(range(500))
    assert len(blocks) > 5
    held = [set(group[rows].tolist()) for rows in blocks]
    assert sum(map(len, held)) == len(set().union(*held))
