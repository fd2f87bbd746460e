"""Texts of tokens: how likely each token's label is wrong, from a model and from the same word elsewhere.

Wang, Mueller: Detecting Label Errors in Token Classification Data, arXiv:2210.03920, rank tokens by the
probability of their label and sentences by their worst token; `token_quality` and `sentence_quality` do
that. `judge` departs from it in three ways that each rank errors higher. What annotators do wrong is
estimated (Dawid, Skene 1979, doi:10.2307/2346806): overlooking is more common than inventing. Other
occurrences of a word vote, left one out, and weigh as much as makes the labels likeliest. And the tokens of
one given span share their doubt, since people label spans and not tokens.

Everything is flat: the tokens of all sentences behind each other, class 0 for "in no span", sentence i from
offsets[i] to offsets[i + 1].
"""

from typing import NamedTuple

import numpy as np

from .detector import Bools, Floats, Ints

OUTSIDE = 0
FLOOR = 1e-6
# A token that the model doubts no more than this, and whose word is labelled as it is elsewhere, is right.
CLEAR = 1e-3
SETTLED_WORD = 0.05
# The noise is estimated on so many doubtful and so many clear tokens, each weighed by how many it stands for.
SAMPLE = 5_000
VOTE_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
POWERS = (0.35, 0.5, 0.7, 0.85, 1.0, 1.4)
ITERATIONS = 10
# So many imagined tokens pull each class's errors towards the rate of all classes.
SHRINKAGE = 20.0
FIRST_ERROR_RATE = 0.05


class Judgement(NamedTuple):
    """
    wrong   : float array, shape (n_tokens,), the probability that the label of each token is wrong
    probs   : float array, shape (n_tokens, n_classes), of each true class, all evidence weighed
    """

    wrong: Floats
    probs: Floats


def token_quality(labels: Ints, probs: Floats) -> Floats:
    """The probability that the model gives each token's label, shape (n_tokens,); low is suspicious.

    labels : int array, shape (n_tokens,), values in [0, n_classes)
    probs  : float array, shape (n_tokens, n_classes), rows sum to 1, out-of-sample
    """
    return probs[np.arange(len(labels)), labels]


def sentence_quality(quality: Floats, offsets: Ints) -> Floats:
    """The lowest quality of each sentence's tokens, shape (n_sentences,); 1 for a sentence without tokens."""
    filled = np.flatnonzero(np.diff(offsets))
    lowest = np.ones(len(offsets) - 1)
    if len(filled):
        lowest[filled] = np.minimum.reduceat(quality, offsets[filled])
    return lowest


def judge(
    labels: Ints, probs: Floats, *, starts: Bools | None = None, words: Ints | None = None
) -> Judgement:
    """How likely each token's label is wrong, and what it should be.

    labels : int array, shape (n_tokens,), values in [0, n_classes), 0 where the token is in no span
    probs  : float array, shape (n_tokens, n_classes), rows sum to 1, out-of-sample; NaN raises ValueError
    starts : bool array, shape (n_tokens,), whether a given span starts here; None: each token on its own
    words  : int array, shape (n_tokens,), from 0, equal where the tokens are the same word; None: no votes
    """
    if np.isnan(probs).any():
        raise ValueError("probabilities must not be NaN")
    n_classes = probs.shape[1]
    posterior = np.zeros(probs.shape)
    posterior[np.arange(len(labels)), labels] = 1
    tallies = None if words is None or not len(words) else _tallies(labels, words, n_classes)
    doubtful = _doubtful(labels, probs, words, tallies)
    chosen = np.flatnonzero(doubtful)
    if len(chosen) and n_classes > 1:
        fit = _fitted(labels, probs, words, tallies, doubtful)
        prior = _prior(labels, probs, words, tallies, chosen, fit.weight, fit.power)
        posterior[chosen] = _normalised(prior * fit.noise[:, labels[chosen]].T)
    wrong = 1 - posterior[np.arange(len(labels)), labels]
    return Judgement(wrong if starts is None else _shared(wrong, labels, starts), posterior)


def worst_of_sentence(wrong: Floats, offsets: Ints) -> Floats:
    """The highest value of each sentence's tokens, shape (n_sentences,); 0 for a sentence without tokens."""
    return 1 - sentence_quality(1 - wrong, offsets)


def spans_of(labels: Ints, starts: Bools) -> Ints:
    """The span that each token is in, counted from 0, shape (n_tokens,); -1 outside."""
    return np.where(labels != OUTSIDE, np.cumsum(starts) - 1, -1)


class _Fit(NamedTuple):
    """`noise` : float array, shape (n_classes true, n_classes given), rows sum to 1."""

    likelihood: float
    noise: Floats
    weight: float
    power: float


def _shared(wrong: Floats, labels: Ints, starts: Bools) -> Floats:
    """The doubt with that of each given span spread evenly over its tokens."""
    inside = np.flatnonzero(labels != OUTSIDE)
    span = spans_of(labels, starts)[inside]
    shared = wrong.copy()
    if len(inside):
        shared[inside] = (np.bincount(span, wrong[inside]) / np.maximum(np.bincount(span), 1))[span]
    return shared


def _tallies(labels: Ints, words: Ints, n_classes: int) -> Ints:
    """How often each word has each label, shape (n_words, n_classes)."""
    cells = np.bincount(words * n_classes + labels, minlength=(int(words.max()) + 1) * n_classes)
    return cells.reshape(-1, n_classes)


def _doubtful(labels: Ints, probs: Floats, words: Ints | None, tallies: Ints | None) -> Bools:
    """The tokens that something speaks against. Most are clear, and cost nothing more."""
    doubtful = token_quality(labels, probs) < 1 - CLEAR
    if words is not None and tallies is not None:
        disputed = tallies < (1 - SETTLED_WORD) * tallies.sum(axis=1, keepdims=True)
        doubtful |= disputed.ravel()[words * tallies.shape[1] + labels]
    return doubtful


def _disputed(labels: Ints, probs: Floats, words: Ints | None, tallies: Ints | None) -> Bools:
    """The tokens that the model, or most other places with the word, label otherwise."""
    disputed = token_quality(labels, probs) < 0.5
    if words is not None and tallies is not None:
        minority = 2 * tallies < tallies.sum(axis=1, keepdims=True)
        disputed |= minority.ravel()[words * tallies.shape[1] + labels]
    return disputed


def _fitted(labels: Ints, probs: Floats, words: Ints | None, tallies: Ints | None, doubtful: Bools) -> _Fit:
    """How annotators err, and the weight of the votes and the power of both that explain them best."""
    # Errors are rare: a sample of all doubtful tokens would miss them, and with them that there are any.
    disputed = _disputed(labels, probs, words, tallies)
    groups = [np.flatnonzero(g) for g in (disputed, doubtful & ~disputed, ~doubtful & ~disputed)]
    strides = [max(len(group) // SAMPLE, 1) for group in groups]
    parts = [group[::stride] for group, stride in zip(groups, strides, strict=True)]
    stands_for = np.concatenate([np.full(len(p), float(s)) for p, s in zip(parts, strides, strict=True)])
    sample = np.concatenate(parts)

    def fit(weight: float, power: float) -> _Fit:
        prior = _prior(labels, probs, words, tallies, sample, weight, power)
        return _noise(labels[sample], prior, stands_for)._replace(weight=weight, power=power)

    best = max((fit(weight, 1.0) for weight in VOTE_WEIGHTS[: 1 if words is None else None]), key=_likelihood)
    return max((fit(best.weight, power) for power in POWERS), key=_likelihood)


def _likelihood(fit: _Fit) -> float:
    return fit.likelihood


def _prior(
    labels: Ints,
    probs: Floats,
    words: Ints | None,
    tallies: Ints | None,
    chosen: Ints,
    weight: float,
    power: float,
) -> Floats:
    """The probability of each class before the label is heard, shape (n_chosen, n_classes)."""
    logs = np.log(np.maximum(probs[chosen], FLOOR))
    if words is not None and tallies is not None and weight:
        usual = (tallies.sum(axis=0) + 1.0) / (tallies.sum() + tallies.shape[1])
        votes = tallies[words[chosen]].astype(float)
        votes[np.arange(len(chosen)), labels[chosen]] -= 1  # its own
        logs += weight * np.log((votes + usual) / (votes.sum(axis=1, keepdims=True) + 1) / usual)
    logs *= power
    return _normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _noise(labels: Ints, prior: Floats, stands_for: Floats) -> _Fit:
    """P(given | true) under which the labels are likeliest, by expectation and maximisation."""
    n_classes = prior.shape[1]
    answers = np.bincount(labels, stands_for, minlength=n_classes).astype(float)
    noise, likelihood = _one_rate(answers, FIRST_ERROR_RATE), 0.0
    by_true = np.ascontiguousarray(prior.T)
    for _ in range(ITERATIONS):
        joint = by_true * noise[:, labels]
        heard = joint.sum(axis=0)
        likelihood = float((stands_for * np.log(heard)).sum())
        joint *= stands_for / heard
        counts = np.array([np.bincount(labels, row, minlength=n_classes) for row in joint], dtype=float)
        rate = 1 - np.trace(counts) / counts.sum()
        counts += SHRINKAGE * _one_rate(answers, rate)
        noise = counts / counts.sum(axis=1, keepdims=True)
    return _Fit(likelihood, noise, 0.0, 1.0)


def _one_rate(answers: Floats, rate: float) -> Floats:
    """Errors at one rate for all classes, towards the classes that are given often."""
    wrong = np.tile(answers + 1.0, (len(answers), 1))
    np.fill_diagonal(wrong, 0)
    wrong /= wrong.sum(axis=1, keepdims=True)
    return rate * wrong + (1 - rate) * np.eye(len(answers))


def _normalised(rows: Floats) -> Floats:
    return rows / rows.sum(axis=1, keepdims=True)
