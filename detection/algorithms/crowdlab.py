"""CROWDLAB: several annotators and a model, each weighed by how often it agrees with the others.

Goh, Tkachenko, Mueller: CROWDLAB: Supervised learning to infer consensus labels and quality scores for data
with multiple annotators. arXiv:2210.06812. ActiveLab: Goh, Mueller, arXiv:2301.11856. The answers of
cleanlab 2.9's `multiannotator`, with two departures: where a majority is still tied after model and class
frequencies were asked, the lower class wins, and not chance; and the model's temperature comes from the
answers' shares of their own classes, where 2.9 puts the counts of floats into the first places whatever
their class.
"""

from typing import NamedTuple

import numpy as np

from .detector import Floats, Ints, Votes
from .temperature import softmax

LEAST = 1e-6
TEMPERATURES = (0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8)
BETWEEN = 4


class Consensus(NamedTuple):
    """
    label   : int array, shape (n_items,)
    quality : float array, shape (n_items,), the probability of that label; low is doubtful
    probs   : float array, shape (n_items, n_classes)
    annotator_quality : float array, shape (n_annotators,), NaN for one who shares no item with others
    annotator_weight  : float array, shape (n_annotators,)
    """

    label: Ints
    quality: Floats
    probs: Floats
    annotator_quality: Floats
    annotator_weight: Floats
    model_weight: float


class _Said(NamedTuple):
    """What was said, and what is counted of it once.

    guess     : int array, shape (n_items,), the model's
    tally     : int array, shape (n_items, n_classes)
    asked     : int array, shape (n_items,), how many answered
    agreement : float array, shape (n_annotators,), the share of others' opinions that each agrees with
    """

    votes: Votes
    probs: Floats
    guess: Ints
    tally: Ints
    asked: Ints
    agreement: Floats


def consensus(votes: Votes, probs: Floats) -> Consensus:
    """The likeliest label of each item, and how good items, labels and annotators are.

    votes : at most one of each annotator on each item, at least one on every item, several on some
    probs : float array, shape (n_items, n_classes), out-of-sample
    """
    tally = count(votes, *probs.shape)
    asked = tally.sum(axis=1)
    if not (asked > 1).any():
        raise ValueError("no item has two opinions to compare")
    said = _Said(
        votes, probs, probs.argmax(axis=1), tally, asked, _agreement_with_others(votes, tally, asked)
    )
    first = majority(tally, probs)
    blended = _blend(said, first)[0]
    highest = blended == blended.max(axis=1, keepdims=True)
    label = np.where(np.count_nonzero(highest, axis=1) == 1, highest.argmax(axis=1), first)
    blended, annotator_weight, model_weight = _blend(said, label)
    trust = _annotator_quality(votes, tally, label, blended, annotator_weight, model_weight)
    quality = blended[np.arange(len(label)), label]
    return Consensus(label, quality, blended, trust, annotator_weight, model_weight)


def count(votes: Votes, n_items: int, n_classes: int) -> Ints:
    """How many gave each class to each item, shape (n_items, n_classes)."""
    cell = votes.item.astype(np.int64) * n_classes + votes.value
    return np.bincount(cell, minlength=n_items * n_classes).reshape(n_items, n_classes)


def majority(tally: Ints, probs: Floats | None = None) -> Ints:
    """The class with most votes; of equals the model's favourite, then the one that is rarer elsewhere."""
    tied = tally == tally.max(axis=1, keepdims=True)
    if probs is not None:
        likelihood = np.where(tied, probs, -1)
        tied &= likelihood == likelihood.max(axis=1, keepdims=True)
    rarity = np.where(tied, -tally.sum(axis=0), np.iinfo(np.int64).min)
    return rarity.argmax(axis=1)


def need_of_opinions(votes: Votes, probs: Floats, *, temperature: float | None = None) -> Floats:
    """ActiveLab: how settled each item is, shape (n_items,); the lowest gains most from another annotator."""
    n, n_classes = probs.shape
    if temperature is None:
        temperature = _best_temperature(probs, count(votes, n, n_classes))
    found = consensus(votes, _temper(probs, temperature))
    weight = (
        np.bincount(votes.item, found.annotator_weight[votes.annotator], minlength=n) + found.model_weight
    )
    typical = found.annotator_weight.mean()
    return (found.quality * weight + typical / n_classes) / (weight + typical)


def _blend(said: _Said, label: Ints) -> tuple[Floats, Floats, float]:
    """Probabilities from all opinions; the annotators' and the model's weights."""
    votes, asked, (n, n_classes) = said.votes, said.asked, said.probs.shape
    several = asked != 1
    agreement = said.tally[np.arange(n), label] / np.maximum(asked, 1)
    right = agreement[several].mean()
    wrong = (1 - right) / (n_classes - 1)
    # How wrong one would be who always gave the most frequent class: what any opinion has to beat.
    blind = max(1 - np.bincount(label[several]).max() / several.sum(), LEAST)
    annotator = np.maximum(1 - (1 - said.agreement) / blind, LEAST)
    mistaken = (said.guess != label)[several].mean()
    model = max(1 - mistaken / blind, LEAST) * np.sqrt(asked.mean())
    heard = annotator[votes.annotator]
    cell = votes.item.astype(np.int64) * n_classes + votes.value
    named = np.bincount(cell, heard, minlength=n * n_classes).reshape(n, n_classes)
    total = np.bincount(votes.item, heard, minlength=n)[:, None]
    blended = named * (right - wrong)
    blended += said.probs * model
    blended += total * wrong
    blended /= total + model
    return blended, annotator, float(model)


def _agreement_with_others(votes: Votes, tally: Ints, asked: Ints) -> Floats:
    """The share of others' opinions that each annotator agrees with; the mean where there are no others."""
    same = np.bincount(votes.annotator, tally[votes.item, votes.value] - 1, minlength=votes.n_annotators)
    others = np.bincount(votes.annotator, asked[votes.item] - 1, minlength=votes.n_annotators)
    share = same / np.maximum(others, 1)
    return np.where(others > 0, share, share[others > 0].mean())


def _annotator_quality(
    votes: Votes, tally: Ints, label: Ints, probs: Floats, weight: Floats, model_weight: float
) -> Floats:
    asked = tally.sum(axis=1)
    answers = np.bincount(votes.annotator, minlength=votes.n_annotators)
    believed = np.bincount(votes.annotator, probs[votes.item, votes.value], minlength=votes.n_annotators)
    shared = asked[votes.item] != 1
    agreed = shared & (votes.value == label[votes.item])
    with np.errstate(invalid="ignore"):
        agreement = np.bincount(votes.annotator[agreed], minlength=votes.n_annotators) / np.bincount(
            votes.annotator[shared], minlength=votes.n_annotators
        )
    share = model_weight / (model_weight + weight.sum() * asked.mean() / votes.n_annotators)
    return share * believed / np.maximum(answers, 1) + (1 - share) * agreement


def _best_temperature(probs: Floats, tally: Ints) -> float:
    """The temperature at which the model comes closest to the shares of the annotators' answers."""
    shares = tally / np.maximum(tally.sum(axis=1, keepdims=True), 1)

    def distance(temperature: float) -> float:
        return float(-(shares * np.log(np.maximum(_temper(probs, temperature), 1e-100))).sum())

    best = int(np.argmin([distance(temperature) for temperature in TEMPERATURES]))
    below, above = TEMPERATURES[max(best - 1, 0)], TEMPERATURES[min(best + 1, len(TEMPERATURES) - 1)]
    fine = {
        *np.linspace(below, TEMPERATURES[best], BETWEEN, endpoint=False),
        *np.linspace(TEMPERATURES[best], above, BETWEEN + 1),
    }
    return float(min(sorted(fine), key=distance))


def _temper(probs: Floats, temperature: float) -> Floats:
    return softmax(np.log(np.maximum(probs, 1e-100)) / temperature)
