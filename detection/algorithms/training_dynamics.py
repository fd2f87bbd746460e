"""Training dynamics: labels that a model is slow to learn, and learns against its own judgement.

Area under the margin: Pleiss, Zhang, Elenberg, Weinberger: Identifying Mislabeled Data using the Area Under
the Margin Ranking. NeurIPS 2020, arXiv:2001.10528. Small loss: Li, Socher, Hoi: DivideMix. ICLR 2020,
arXiv:2002.07394, who split the losses into two normal distributions. An item is suspect where both agree.
Departures: no class is made up to find a threshold, since whoever lies below zero has had another class ahead
of its label on the average of all epochs. Unless an imported model told the course of its own training, the
network is softmax regression on random Fourier features (Rahimi, Recht, NIPS 2007), trained on all items.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import temperature
from .detector import Course, Detector, Evidence, Findings, Floats, Inputs, Ints, Names, needed, nothing

EPOCHS = 20
STEP = 20.0
MOMENTUM = 0.8
LIFTED = 128
# In units of the typical distance between items.
BANDWIDTH = 0.5
# The weights are learned from so many items at the most, evenly spread; every item is watched.
TAUGHT = 10_000
ROWS = 16_384
# Of more scores than this, every fifth epoch is watched.
WATCHED = 1_000_000
FEWEST = 10
SPLITS = 30


def watch(space: Floats, labels: Ints, n_classes: int, *, seed: int = 0) -> Course:
    """How each label fared over the epochs of gradient descent from zero.

    space  : float array, shape (n, n_dimensions)
    labels : int array, shape (n,), values in [0, n_classes)
    """
    lift = _lifting(space, seed, np.float64 if len(labels) <= TAUGHT else np.float32)
    few = np.linspace(0, len(labels) - 1, min(TAUGHT, len(labels))).astype(np.int64)
    weights = _epochs(lift(space[few]), labels[few], n_classes)
    weights = weights[4::5] if len(labels) * n_classes > WATCHED else weights
    margin, loss, rival = np.empty(len(labels)), np.empty(len(labels)), np.empty(len(labels), dtype=np.int64)
    for start in range(0, len(labels), ROWS):
        rows = slice(start, start + ROWS)
        margin[rows], loss[rows], rival[rows] = _course(lift(space[rows]), labels[rows], weights)
    return Course(margin, loss, rival)


def high_loss(loss: Floats) -> Floats:
    """The probability that each item is one of those with high loss: a mixture of two normal distributions.

    loss : float array, shape (n,)
    """
    spread = max(float(np.ptp(loss)), 1e-12)
    scaled = (loss - loss.min()) / spread
    belongs = np.clip(scaled, 0.01, 0.99)
    for _ in range(SPLITS):
        logs = []
        for share in (1 - belongs, belongs):
            mean = float((share * scaled).sum() / share.sum())
            variance = float((share * (scaled - mean) ** 2).sum() / share.sum()) + 1e-4
            logs.append(np.log(share.mean()) - (scaled - mean) ** 2 / (2 * variance) - 0.5 * np.log(variance))
        belongs = 1 / (1 + np.exp(np.clip(logs[0] - logs[1], -50, 50)))
    return belongs


def run(inputs: Inputs) -> Findings:
    told = inputs.course
    known = np.flatnonzero((inputs.labels >= 0) & (True if told is None else ~np.isnan(told.margin)))
    if len(known) < FEWEST or len(np.unique(inputs.labels[known])) < 2:
        return nothing(inputs)
    if told is not None:
        course = Course(told.margin[known], told.loss[known], told.rival[known])
    else:
        course = watch(needed(inputs.space)[known], inputs.labels[known], inputs.n_classes, seed=inputs.seed)
    scores = np.zeros(len(inputs.labels))
    scores[known] = high_loss(course.loss)
    found = (course.margin < 0) & (scores[known] >= 0.5) & (course.rival != inputs.labels[known])
    return Findings(
        scores=scores,
        index=known[found],
        suggested=course.rival[found],
        data={"margin": course.margin[found], "loss": course.loss[found]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    given, suggested = inputs.labels[findings.index[j]], findings.suggested[j]
    text = (
        f"A model in training kept preferring “{names.classes[suggested]}” to “{names.classes[given]}”, "
        "as it does where labels are wrong."
    )
    margin, loss = (round(float(findings.data[name][j]), 4) for name in ("margin", "loss"))
    return Evidence(text, {"area_under_margin": margin, "loss": loss})


DETECTOR = Detector(
    name="training_dynamics",
    version=1,
    kind="wrong_class",
    needs=frozenset({"labels", "space"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def _lifting(space: Floats, seed: int, precision: type[np.floating[Any]]) -> Callable[[Floats], Floats]:
    """Random Fourier features of rows: smooth in space, for what no straight line separates."""
    spread = np.sqrt(max(2 * float(space.var(axis=0, dtype=float).sum()), 1e-12))
    projection = np.random.default_rng(seed).standard_normal((space.shape[1], LIFTED)) / (BANDWIDTH * spread)

    def lift(rows: Floats) -> Floats:
        angles = rows.astype(precision) @ projection.astype(precision)
        return np.hstack([np.cos(angles), np.sin(angles)]) / precision(np.sqrt(LIFTED))

    return lift


def _epochs(lifted: Floats, labels: Ints, n_classes: int) -> list[Floats]:
    """The weights after each epoch, each of shape (n_features, n_classes)."""
    weights = np.zeros((lifted.shape[1], n_classes), dtype=lifted.dtype)
    targets = np.eye(n_classes, dtype=lifted.dtype)[labels]
    velocity = np.zeros_like(weights)
    course: list[Floats] = []
    for _ in range(EPOCHS):
        slope = lifted.T @ (temperature.softmax(lifted @ weights) - targets) / len(labels)
        velocity = MOMENTUM * velocity - STEP * slope
        weights = weights + velocity
        course.append(weights)
    return course


def _course(lifted: Floats, labels: Ints, course: list[Floats]) -> tuple[Floats, Floats, Ints]:
    at = np.arange(len(labels))
    margin, loss = np.zeros(len(labels)), np.zeros(len(labels))
    for weights in course:
        scores = lifted @ weights
        loss -= np.log(np.maximum(temperature.softmax(scores)[at, labels], 1e-12)) / len(course)
        given = scores[at, labels]
        scores[at, labels] = -np.inf
        margin += (given - scores.max(axis=1)) / len(course)
    return margin, loss, scores.argmax(axis=1)
