import numpy as np

from detection.algorithms import nearest
from detection.algorithms.held_out import learnt_by_heart

from .making import a_few


def dataset(share_wrong: float) -> tuple[np.ndarray, np.ndarray, object]:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 400)
    labels = np.where(rng.random(400) < share_wrong, (true + 1) % 3, true)
    points = (np.eye(3)[true] * 5 + rng.normal(size=(400, 3))).astype(np.float32)
    return true, labels, nearest.search(points, k=5)


def test_a_model_that_gives_back_every_wrong_label_was_trained_on_them() -> None:
    _, labels, neighbours = dataset(0.08)
    heard = learnt_by_heart(
        a_few(labels.tolist(), 3, probs=np.eye(3)[labels], neighbours=neighbours, imported=True)
    )
    assert heard is not None
    assert heard.agreement == 1
    assert heard.neighbours < 0.95


def test_an_honest_model_and_our_own_are_not_called_out() -> None:
    true, labels, neighbours = dataset(0.08)
    honest = a_few(labels.tolist(), 3, probs=np.eye(3)[true], neighbours=neighbours, imported=True)
    assert learnt_by_heart(honest) is None
    ours = a_few(labels.tolist(), 3, probs=np.eye(3)[labels], neighbours=neighbours)
    assert learnt_by_heart(ours) is None


def test_an_easy_task_without_errors_is_no_suspicion() -> None:
    true, _, neighbours = dataset(0.0)
    easy = a_few(true.tolist(), 3, probs=np.eye(3)[true], neighbours=neighbours, imported=True)
    assert learnt_by_heart(easy) is None


def test_a_nearest_item_without_a_label_is_no_disagreement() -> None:
    true, _, neighbours = dataset(0.0)
    labels = np.where(np.arange(400) % 2, -1, true)
    half = a_few(labels.tolist(), 3, probs=np.eye(3)[true], neighbours=neighbours, imported=True)
    assert learnt_by_heart(half) is None
