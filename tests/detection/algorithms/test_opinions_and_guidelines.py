import numpy as np
import pytest

from detection.algorithms import need_opinion, stale_guideline
from detection.algorithms.detector import Votes

from .making import a_few, called, near

multiannotator = pytest.importorskip("cleanlab.multiannotator")


def crowd() -> tuple[Votes, np.ndarray, np.ndarray]:
    """Three careful annotators on forty items, of which two divide them while the model cannot tell."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 40)
    value = np.tile(true[:, None], (1, 3))
    value[::4, 0] = 1 - value[::4, 0]
    value[[6, 9], :2] = [0, 1]
    kept = np.ones((40, 3), dtype=bool)
    kept[[6, 9], 2] = False
    probs = np.where(np.eye(2)[true] > 0, 0.9, 0.1)
    probs[[6, 9]] = 0.5
    item, annotator = (axis[kept] for axis in np.indices((40, 3)))
    return Votes(item, annotator, value[kept], 3), probs, true


def test_items_that_divide_annotators_and_model_need_another_opinion() -> None:
    votes, probs, true = crowd()
    inputs = a_few(true.tolist(), votes=votes, probs=probs)
    found = need_opinion.run(inputs)
    assert set(np.argsort(-found.scores)[:2]) == {6, 9}
    assert set(found.index) <= {6, 9}


def test_the_order_of_need_is_that_of_activelab() -> None:
    votes, probs, true = crowd()
    table = np.full((40, 3), np.nan)
    table[votes.item, votes.annotator] = votes.value
    theirs, _ = multiannotator.get_active_learning_scores(table, probs)
    ours = need_opinion.run(a_few(true.tolist(), votes=votes, probs=probs)).scores
    # The model's temperature differs on purpose (see crowdlab), and with it the scores, but not the order.
    np.testing.assert_array_equal(
        *(np.argsort(np.round(one, 9), kind="stable") for one in (theirs, 1 - ours))
    )


def test_an_old_label_that_its_newly_labelled_neighbours_contradict_is_stale() -> None:
    # Items 0 and 1 are old; both have the new neighbours 2, 3 and 4, of which two carry class 1.
    neighbours = near([2, 3, 4], [2, 3, 4], *[[0, 1, 2]] * 3)
    inputs = a_few([0, 1, 1, 1, 0], neighbours=neighbours, guideline=np.array([0, 0, 1, 1, 1]))
    found = stale_guideline.run(inputs)
    assert found.index.tolist() == [0]
    np.testing.assert_allclose(found.scores, [2 / 3, 1 / 3, 0, 0, 0])
    text = stale_guideline.tell(inputs, found, 0, called("cat", "dog")).text
    assert "2 of 3 similar items" in text


def test_where_all_labels_were_made_under_one_version_none_is_stale() -> None:
    inputs = a_few([0, 1], neighbours=near([1], [0]), guideline=np.array([0, 0]))
    assert len(stale_guideline.run(inputs).index) == 0
