"""What the true classes probably are, from everything that spoke: a model, the official label, annotators,
duplicates.

Dawid and Skene's model (see `observers`), where every item starts from the model's probabilities instead
of the class frequencies (as in Goh, Tkachenko, Mueller: CROWDLAB, arXiv:2210.06812, and Raykar et al.,
JMLR 11 (2010)), and the official label is one more observer. Departures: the sharpness of the model is
fitted in the same likelihood, which makes the answers calibrated; beside several annotators the model's class
frequencies give way to theirs (Saerens, Latinne, Decaestecker: Neural Computation 14 (2002),
doi:10.1162/089976602753284446); duplicates share one true class; and the official labels are not taken to be
cleaner than the model shows (see `label_noise`).

A large dataset is gone through a chunk of rows at a time, and what is fitted is fitted on a sample in which
no class is too rare to be seen.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from . import crowd_confusions, observers
from .crowd_confusions import Strengths
from .detector import Floats, Inputs, Ints, spoken
from .label_noise import least_noise
from .observers import Source
from .temperature import softmax

ITERATIONS = 40
REFIT_EVERY = 5
SETTLED = 1e-4
FLOOR = 1e-6
# How far the model may be dulled and sharpened; beside annotators less, or it might outvote them all, find
# them careless for it, and itself confirmed.
SHARPNESS = (0.3, 5.0)
SHARPNESS_BESIDE_VOTES = (0.1, 3.0)
# So many imagined items of the model's own class frequencies stand against those that the votes call for.
FREQUENCIES_WORTH = 30.0
# So many elements of the matrix of probabilities are worked on at once, and so many are fitted on.
CHUNK = 2**20
FITTED = 2**21
# So many items, evenly spread, tell one number as well as all of them do.
ASKED = 20_000


class Posterior(NamedTuple):
    """
    probs     : float array, shape (n_items, n_classes), the probability of each true class
    noise     : float array, shape (n_classes, n_classes), P(official label | true class), rows sum to 1
    annotator_accuracy : float array, shape (n_annotators,), the estimated share of right answers of each
    """

    probs: Floats
    noise: Floats
    annotator_accuracy: Floats


class Part(NamedTuple):
    """The items `rows`, the probabilities of their true classes, and who answered on them."""

    rows: Ints
    probs: Floats
    sources: list[Source]


def estimate(inputs: Inputs, *, group: Ints | None = None, use_official: bool = True) -> Posterior:
    """The probabilities of the true classes; without `use_official` from model and annotators only.

    group : int array, shape (n_items,): items of equal number are duplicates and share their true class
    """
    weighed = Weighed(inputs, group=group, use_official=use_official)
    probs = np.empty((len(inputs.labels), inputs.n_classes))
    for part in weighed.parts():
        probs[part.rows] = part.probs
    return Posterior(probs, weighed.noise, weighed.annotator_accuracy)


def wrongness(labels: Ints, posterior: Posterior) -> Floats:
    """The probability that each given label is wrong, shape (n_items,); 0 where there is none."""
    labelled = labels >= 0
    given = posterior.probs[np.arange(len(labels)), np.maximum(labels, 0)]
    return np.where(labelled, 1 - given, 0.0)


class Weighed:
    """What was learned of model and observers; `parts` say what it makes of the items, a chunk at a time.

    Once all parts have been gone through, `noise` and `annotator_accuracy` are those of a `Posterior`.
    """

    def __init__(self, inputs: Inputs, *, group: Ints | None = None, use_official: bool = True) -> None:
        self.inputs, self.use_official = inputs, use_official
        n, n_classes = len(inputs.labels), inputs.n_classes
        self.group = None if group is None or len(np.unique(group)) == n else group
        self.order = np.arange(n) if self.group is None else np.argsort(self.group, kind="stable")
        given = np.bincount(inputs.labels[inputs.labels >= 0], minlength=n_classes) + 1.0
        self.usual = np.log(np.maximum(given / given.sum(), FLOOR)) if n_classes else np.zeros(0)
        self.noise: Floats = np.eye(n_classes)
        self.annotator_accuracy: Floats = np.zeros(0)
        self.sharpness = 1.0
        # What the model's log probabilities are moved by, a number a class.
        self.shift: Floats = np.zeros(n_classes)
        self.strengths = Strengths(observers.SHRINKAGE, observers.SHRINKAGE)
        self.confusions: list[Floats] = []
        if n and n_classes > 1:
            self._fit()

    def parts(self) -> Iterator[Part]:
        """All items, duplicates together."""
        sources, labelled = self._sources(self.order), observers.official(self.inputs, self.order)
        people = sum(source.votes.n_annotators for source in sources if not source.official)
        noise, crowd = (np.zeros((observed, *self.noise.shape)) for observed in (1, people))
        for start, stop in self._chunks():
            rows, near = self.order[start:stop], [source.between(start, stop) for source in sources]
            probs = self._posterior(rows, near)
            noise += observers.counted(probs, labelled.between(start, stop).votes)
            for source in near:
                if not source.official:
                    crowd += observers.counted(probs, source.votes)
            yield Part(rows, probs, near)
        if self.confusions:
            rate = observers.error_rates(noise)
            self.noise = observers.confusions(noise, rate)[0]
            self.annotator_accuracy = 1 - observers.error_rates(crowd)

    def _fit(self) -> None:
        """Learn confusions and sharpness by expectation and maximisation, on a sample where there is much."""
        inputs = self.inputs
        least = _least_noise(inputs)
        rows, weights = self._sample()
        sources = self._sources(rows)
        log_prior = self._log_prior(rows)
        group = np.arange(len(rows)) if self.group is None else self.group[rows]
        probs = softmax(log_prior)
        self.confusions = [
            observers.first_guess(probs, source, weights, least if source.official else None)
            for source in sources
        ]
        several = _several(inputs)
        within = SHARPNESS_BESIDE_VOTES if several else SHARPNESS
        for step in range(ITERATIONS):
            heard, refit = self._heard(sources, len(rows)), step % REFIT_EVERY == 0
            if refit and inputs.probs is not None:
                self.sharpness = _sharpest(log_prior, self.shift, heard, weights, within)
            prior = log_prior * self.sharpness
            before, probs = probs, _shared(prior + self.shift, heard, group)
            if several:
                self.shift = _shifted(self.shift, prior, probs, weights)
            counts = [observers.counted(probs, source.votes, weights) for source in sources]
            if refit and several:
                self.strengths = crowd_confusions.strengths(counts[0])
            self._learn(sources, counts, least)
            if step % REFIT_EVERY == REFIT_EVERY - 1 and np.abs(probs - before).max() < SETTLED:
                break
        if weights is not None:
            self._learn(sources, self._counted(), least)

    def _learn(self, sources: list[Source], counts: list[Floats], least: Floats | None) -> None:
        self.confusions = [
            crowd_confusions.learn(count, self.strengths)
            if len(count) > 1
            else observers.confusions(count, observers.error_rates(count), least if source.official else None)
            for source, count in zip(sources, counts, strict=True)
        ]

    def _counted(self) -> list[Floats]:
        """What each source is found to have answered to what, over all items."""
        sources, sums = self._sources(self.order), [np.zeros_like(c) for c in self.confusions]
        for start, stop in self._chunks():
            near = [source.between(start, stop) for source in sources]
            probs = self._posterior(self.order[start:stop], near)
            for total, source in zip(sums, near, strict=True):
                total += observers.counted(probs, source.votes)
        return sums

    def _sources(self, order: Ints) -> list[Source]:
        """Who spoke on the items `order`."""
        votes = self.inputs.votes
        spoke = votes is not None and len(votes.item) > 0
        sources = [observers.annotators(votes, order, len(self.order))] if votes is not None and spoke else []
        if self.use_official:
            sources.append(observers.official(self.inputs, order, fresh_only=True))
        return sources

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Where chunks of `order` begin and end; duplicates stay together."""
        n, step = len(self.order), max(1, CHUNK // max(self.inputs.n_classes, 1))
        stops = np.arange(step, n, step)
        if self.group is not None:
            ordered = self.group[self.order]
            stops = np.unique(np.searchsorted(ordered, ordered[stops], side="right"))
        edges = [0, *stops[stops < n].tolist(), n]
        yield from zip(edges[:-1], edges[1:], strict=True)

    def _posterior(self, rows: Ints, sources: list[Source]) -> Floats:
        """The probabilities of the true classes of the items `rows`."""
        group = np.arange(len(rows)) if self.group is None else self.group[rows]
        prior = self._log_prior(rows) * self.sharpness + self.shift
        return _shared(prior, self._heard(sources, len(rows)), group)

    def _heard(self, sources: list[Source], n: int) -> Floats:
        """The log-likelihood of all answers on each item, were each class true; (n_items, n_classes)."""
        heard = np.zeros((n, self.inputs.n_classes))
        for source, confusion in zip(sources, self.confusions, strict=False):
            observers.add_heard(heard, source.votes, confusion)
        return heard

    def _log_prior(self, rows: Ints) -> Floats:
        """Log probabilities before anybody answered: the model's, or class frequencies where it is silent."""
        if self.inputs.probs is None:
            return np.tile(self.usual, (len(rows), 1))
        prior = self.inputs.probs[rows].astype(np.float64)
        silent = ~spoken(prior)
        np.log(np.maximum(prior, FLOOR, out=prior), out=prior)
        prior[silent] = self.usual
        return prior

    def _sample(self) -> tuple[Ints, Floats | None]:
        """The items to fit on, and how many each stands for: all, or of each class what there is room for."""
        labels, n_classes = self.inputs.labels, self.inputs.n_classes
        room = max(FITTED // n_classes, n_classes)
        if len(labels) <= room:
            return self.order, None
        order = np.argsort(labels, kind="stable")
        present, counts = np.unique(labels, return_counts=True)
        ascending = np.sort(counts)
        left = room - np.concatenate([[0], np.cumsum(ascending)[:-1]])
        each = int(max((left // np.arange(len(counts), 0, -1)).max(), 1))
        starts = np.cumsum(counts) - counts
        kept = [
            order[start + np.linspace(0, count - 1, min(count, each)).astype(int)]
            for start, count in zip(starts, counts, strict=True)
        ]
        weights = np.repeat(counts / np.minimum(counts, each), [len(one) for one in kept])
        rows = np.concatenate(kept)
        back = np.argsort(rows)
        return rows[back], weights[back]


def _least_noise(inputs: Inputs) -> Floats | None:
    """How far official labels stray from true classes at least, as the model sees it; None without one."""
    return None if inputs.probs is None else least_noise(inputs.labels, inputs.probs)


def _several(inputs: Inputs) -> bool:
    """Whether more than one annotator answered."""
    return inputs.votes is not None and len(inputs.votes.item) > 0 and inputs.votes.n_annotators > 1


def _sharpest(
    log_prior: Floats, shift: Floats, heard: Floats, weights: Floats | None, within: tuple[float, float]
) -> float:
    """The power to which the model's probabilities best explain the answers, within two bounds."""
    some = slice(None, None, max(1, len(heard) // ASKED))
    log_prior, heard = log_prior[some], heard[some]
    likelihood = np.exp(heard - heard.max(axis=1, keepdims=True))
    counts = None if weights is None else weights[some]

    def cost(log_power: float) -> float:
        explained = (softmax(log_prior * np.exp(log_power) + shift) * likelihood).sum(axis=1)
        return float(-np.average(np.log(explained + 1e-300), weights=counts))

    best = minimize_scalar(cost, bounds=np.log(within), method="bounded", options={"xatol": 0.02})
    return float(np.exp(best.x))


def _shifted(shift: Floats, log_prior: Floats, probs: Floats, weights: Floats | None) -> Floats:
    """The shift one step nearer to where the prior expects what the posterior finds.

    Where the answers say little, the posterior repeats the prior, and a model's own frequencies hold.
    """
    counts = np.ones(len(probs)) if weights is None else weights
    share = counts.sum() / (counts.sum() + FREQUENCIES_WORTH)
    wanted = share * (counts @ probs) + (1 - share) * (counts @ softmax(log_prior))
    better = shift + np.log((wanted + 0.01) / (counts @ softmax(log_prior + shift) + 0.01))
    return better - better.mean()


def _shared(log_prior: Floats, heard: Floats, group: Ints) -> Floats:
    """The posterior of each item; what was heard of one duplicate counts for its whole group."""
    _, first, of_item, size = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    if len(first) == len(group):
        return softmax(log_prior + heard)
    total, mean = np.zeros((len(first), heard.shape[1])), np.zeros((len(first), heard.shape[1]))
    np.add.at(total, of_item, heard)
    np.add.at(mean, of_item, log_prior)
    return softmax(total + mean / size[:, None])[of_item]
