"""Simulated crowds of every kind: dense and sparse, careful and careless, with good and bad models."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detection.algorithms.detector import Floats, Ints, Votes


class Crowd(NamedTuple):
    """`probs` are a model's, None where there is none; `truth` is what nobody but the judge may see."""

    name: str
    votes: Votes
    probs: Floats | None
    truth: Ints
    n_classes: int


@dataclass(frozen=True)
class Recipe:
    """
    each      : answers an item
    accuracy  : how often annotators are right, each of them evenly between the two
    habits    : "none": errors go anywhere; "own": each annotator has some; "shared": most take class 0 for 1
    model     : how far the model tells classes apart, in deviations of its noise; 0: there is no model
    boast     : how many times the model's log odds are too large
    frequency : of the classes, where they are not all as frequent
    hard      : the mean share of answers that are mere guesses, more on some items than on others
    """

    name: str
    n: int
    n_classes: int
    people: int
    each: int
    accuracy: tuple[float, float]
    habits: str = "none"
    model: float = 1.5
    boast: float = 1.0
    frequency: tuple[float, ...] = ()
    hard: float = 0.0


RECIPES = (
    Recipe("dense, good model", 1000, 5, 10, 5, (0.6, 0.9), model=2.5),
    Recipe("dense, weak model", 1000, 5, 10, 5, (0.5, 0.85), model=0.8),
    Recipe("dense, boasting model", 1000, 5, 10, 5, (0.5, 0.85), model=1.0, boast=5.0),
    Recipe("dense, own habits", 1500, 8, 10, 5, (0.3, 0.8), habits="own", model=1.2),
    Recipe("dense, no model", 1500, 8, 10, 5, (0.3, 0.8), habits="own", model=0.0),
    Recipe("sparse, good model", 300, 10, 100, 2, (0.3, 0.95), model=3.0),
    Recipe("sparse, weak model", 300, 10, 100, 2, (0.3, 0.95), model=1.0),
    Recipe("sparse, boasting model", 600, 5, 150, 3, (0.4, 0.9), model=1.2, boast=4.0),
    Recipe("sparse, shy model", 600, 5, 150, 3, (0.4, 0.9), model=2.0, boast=0.4),
    Recipe("sparse, own habits", 600, 4, 150, 3, (0.4, 0.9), habits="own", model=0.7),
    Recipe("sparse, no model", 600, 4, 150, 3, (0.4, 0.9), habits="own", model=0.0),
    Recipe("all alike, weak model", 1000, 5, 20, 3, (0.7, 0.7), model=0.6),
    Recipe("three annotators", 1000, 4, 3, 3, (0.5, 0.9), habits="own", model=1.2),
    Recipe("half of them careless", 1000, 5, 20, 5, (0.2, 0.9), model=1.0),
    Recipe("a shared habit", 1000, 5, 20, 4, (0.6, 0.9), habits="shared"),
    Recipe("a shared habit, sparse", 800, 5, 100, 3, (0.6, 0.9), habits="shared"),
    Recipe("a rare class", 1500, 3, 25, 4, (0.5, 0.9), habits="own", frequency=(0.9, 0.07, 0.03)),
    Recipe("a rare class, sparse", 800, 2, 120, 3, (0.6, 0.95), frequency=(0.92, 0.08)),
    Recipe("hard items", 1000, 4, 20, 4, (0.6, 0.95), model=1.8, hard=0.33),
)


def made(recipe: Recipe, seed: int) -> Crowd:
    rng = np.random.default_rng(seed)
    n, k = recipe.n, recipe.n_classes
    truth = rng.choice(k, n, p=recipe.frequency or None)
    hard = rng.beta(0.6, 0.6 / recipe.hard - 0.6, n) if recipe.hard else np.zeros(n)
    item = np.repeat(np.arange(n), recipe.each)
    annotator = np.concatenate([rng.choice(recipe.people, recipe.each, replace=False) for _ in range(n)])
    chances = _confusions(recipe, rng)[annotator, truth[item]]
    guessing = hard[item, None]
    ends = ((1 - guessing) * chances + guessing / k).cumsum(axis=1)
    value = np.minimum((rng.random((len(item), 1)) > ends).sum(axis=1), k - 1)
    return Crowd(
        recipe.name, Votes(item, annotator, value, recipe.people), _model(recipe, truth, hard, rng), truth, k
    )


def _confusions(recipe: Recipe, rng: np.random.Generator) -> Floats:
    """P(answer | true class) of each annotator."""
    k = recipe.n_classes
    right = rng.uniform(*recipe.accuracy, recipe.people)[:, None, None]
    if recipe.habits == "own":
        return right * np.eye(k) + (1 - right) * rng.dirichlet(np.full(k, 0.7), (recipe.people, k))
    confusions = right * np.eye(k) + (1 - right) * (1 - np.eye(k)) / (k - 1)
    if recipe.habits == "shared":
        confusions[: round(0.65 * recipe.people), 0] = 0.4 * np.eye(k)[0] + 0.6 * np.eye(k)[1]
    return confusions


def _model(recipe: Recipe, truth: Ints, hard: Floats, rng: np.random.Generator) -> Floats | None:
    """Probabilities that mean what they say, but for its boasting and for how frequent the classes are."""
    if not recipe.model:
        return None
    seen = recipe.model * (1 - 0.7 * hard[:, None]) * np.eye(recipe.n_classes)[truth]
    scores = np.exp((seen + rng.normal(size=seen.shape)) * recipe.model * recipe.boast)
    return scores / scores.sum(axis=1, keepdims=True)
