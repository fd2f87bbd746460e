"""What the true classes probably are, from everything that spoke: a model, the official label, annotators,
duplicates.

Dawid, Skene: Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm. Applied
Statistics 28 (1979), doi:10.2307/2346806, where every item starts from the model's probabilities instead
of the class frequencies (as in Goh, Tkachenko, Mueller: CROWDLAB, arXiv:2210.06812, and Raykar et al.,
JMLR 11 (2010)), and the official label is one more observer. Departures: each observer's confusion
matrix is shrunk towards that observer's one error rate, so that rare classes and quiet annotators get no
invented habits, and of several annotators the crowd says how far (see `confusions`); the sharpness of the
model is fitted in the same likelihood, which makes the answers calibrated; beside several annotators the
model's class frequencies give way to theirs (Saerens, Latinne, Decaestecker: Neural Computation 14 (2002),
doi:10.1162/089976602753284446); duplicates share one true class; and the official labels are not taken to
be cleaner than the model shows (see `label_noise`).
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from . import confusions
from .detector import Floats, Inputs, Ints, Votes
from .label_noise import least_noise, one_rate
from .temperature import softmax

ITERATIONS = 40
REFIT_EVERY = 5
SETTLED = 1e-4
# So many imagined items pull each row of a confusion matrix towards the observer's single error rate.
SHRINKAGE = 5.0
FLOOR = 1e-6
FIRST_ERROR_RATE = 0.05
# How far the model may be dulled and sharpened; beside annotators less, or it might outvote them all, find
# them careless for it, and itself confirmed.
SHARPNESS = (0.3, 5.0)
SHARPNESS_BESIDE_VOTES = (0.1, 3.0)
# So many imagined items of the model's own class frequencies stand against those that the votes call for.
FREQUENCIES_WORTH = 30.0


class Posterior(NamedTuple):
    """
    probs     : float array, shape (n_items, n_classes), the probability of each true class
    noise     : float array, shape (n_classes, n_classes), P(official label | true class), rows sum to 1
    annotator_accuracy : float array, shape (n_annotators,), the estimated share of right answers of each
    """

    probs: Floats
    noise: Floats
    annotator_accuracy: Floats


class _Official(Votes):
    """The official labels, as an observer beside the annotators."""


def estimate(inputs: Inputs, *, group: Ints | None = None, use_official: bool = True) -> Posterior:
    """The probabilities of the true classes; without `use_official` from model and annotators only.

    group : int array, shape (n_items,): items of equal number are duplicates and share their true class
    """
    n, n_classes = len(inputs.labels), inputs.n_classes
    log_prior, least = _log_prior(inputs), _least_noise(inputs)
    sources = _sources(inputs, use_official=use_official)
    probs = softmax(log_prior)
    if n == 0 or n_classes < 2:
        return Posterior(probs, np.eye(n_classes), _accuracies(sources, probs, inputs.votes))
    group = np.arange(n) if group is None else group
    several = _several(inputs.votes)
    observers = [_first_guess(probs, source, least) for source in sources]
    sharpness, strengths = 1.0, confusions.Strengths(SHRINKAGE, SHRINKAGE)
    shift: Floats = np.zeros(n_classes)
    for step in range(ITERATIONS):
        heard, refit = _log_heard(sources, observers, n, n_classes), step % REFIT_EVERY == 0
        if refit and inputs.probs is not None:
            sharpness = _sharpest(log_prior, shift, heard, SHARPNESS_BESIDE_VOTES if several else SHARPNESS)
        prior = log_prior * sharpness
        before, probs = probs, _shared(prior + shift, heard, group)
        if several:
            shift = _shifted(shift, prior, probs)
        if refit and several:
            strengths = confusions.strengths(probs, sources[0])
        observers = [_learnt(probs, source, least, strengths) for source in sources]
        if step % REFIT_EVERY == REFIT_EVERY - 1 and np.abs(probs - before).max() < SETTLED:
            break
    official = _official(inputs)
    seen = _confusion(probs, official, _error_rate(probs, official), None)
    return Posterior(probs, seen[0], _accuracies(sources, probs, inputs.votes))


def wrongness(labels: Ints, posterior: Posterior) -> Floats:
    """The probability that each given label is wrong, shape (n_items,); 0 where there is none."""
    labelled = labels >= 0
    given = posterior.probs[np.arange(len(labels)), np.maximum(labels, 0)]
    return np.where(labelled, 1 - given, 0.0)


def _least_noise(inputs: Inputs) -> Floats | None:
    """How far official labels stray from true classes at least, as the model sees it; None without one."""
    if inputs.probs is None or inputs.n_classes < 2:
        return None
    known = np.flatnonzero(~np.isnan(inputs.probs).any(axis=1) & (inputs.labels >= 0))
    return least_noise(inputs.labels[known], inputs.probs[known]) if len(known) else None


def _log_prior(inputs: Inputs) -> Floats:
    """Log probabilities before anybody answered: the model's, or the class frequencies where it is silent."""
    n, n_classes = len(inputs.labels), inputs.n_classes
    given = np.bincount(inputs.labels[inputs.labels >= 0], minlength=n_classes) + 1.0
    prior = np.tile(given / given.sum(), (n, 1)) if n_classes else np.zeros((n, 0))
    if inputs.probs is not None:
        known = ~np.isnan(inputs.probs).any(axis=1)
        prior[known] = inputs.probs[known]
    return np.log(np.maximum(prior, FLOOR))


def _official(inputs: Inputs) -> "_Official":
    item = np.flatnonzero(inputs.labels >= 0)
    return _Official(item, np.zeros(len(item), dtype=np.int64), inputs.labels[item], 1)


def _sources(inputs: Inputs, *, use_official: bool) -> list[Votes]:
    """Who spoke. An official label that merely repeats a vote on the same item is no further evidence."""
    votes = inputs.votes
    sources = [] if votes is None or not len(votes.item) else [votes]
    if use_official:
        official = _official(inputs)
        fresh = np.ones(len(official.item), dtype=bool)
        if votes is not None:
            said = np.zeros(len(inputs.labels), dtype=bool)
            said[votes.item[votes.value == inputs.labels[votes.item]]] = True
            fresh = ~said[official.item]
        item, nobody, value = (part[fresh] for part in official[:3])
        sources.append(_Official(item, nobody, value, 1))
    return sources


def _first_guess(probs: Floats, votes: Votes, least: Floats | None) -> Floats:
    """Confusion matrices to begin with: a single observer's by the model, several ones' by how they agree.

    Several compare with each other; a weak model that judged them first would find itself confirmed.
    """
    if votes.n_annotators == 1:
        return _confusion(probs, votes, FIRST_ERROR_RATE, least)
    return confusions.first(votes, *probs.shape)


def _learnt(probs: Floats, votes: Votes, least: Floats | None, strengths: confusions.Strengths) -> Floats:
    if votes.n_annotators == 1:
        return _confusion(probs, votes, _error_rate(probs, votes), least)
    return confusions.learn(probs, votes, strengths)


def _confusion(probs: Floats, votes: Votes, error_rate: Floats | float, least: Floats | None) -> Floats:
    """P(answer | true class) of each observer, shape (n_annotators, n_classes true, n_classes answer).

    That of the official labels is not taken to be without noise where the model shows that there is some.
    """
    counts = confusions.count(probs, votes)
    answers = np.bincount(votes.value, minlength=probs.shape[1])
    rates = np.broadcast_to(error_rate, (votes.n_annotators,))
    counts += SHRINKAGE * np.stack([one_rate(answers, float(rate)) for rate in rates])
    confusion = counts / counts.sum(axis=2, keepdims=True)
    if isinstance(votes, _Official) and least is not None:
        confusion = np.maximum(confusion, least)
        confusion /= confusion.sum(axis=2, keepdims=True)
    return confusion


def _error_rate(probs: Floats, votes: Votes) -> Floats:
    """The share of wrong answers of each observer, shape (n_annotators,), shrunk towards everybody's."""
    right = probs[votes.item, votes.value]
    answered = np.bincount(votes.annotator, minlength=votes.n_annotators)
    wrong = np.bincount(votes.annotator, 1 - right, minlength=votes.n_annotators)
    everybody = (wrong.sum() + SHRINKAGE * FIRST_ERROR_RATE) / (answered.sum() + SHRINKAGE)
    return np.clip((wrong + SHRINKAGE * everybody) / (answered + SHRINKAGE), FLOOR, 1 - FLOOR)


def _log_heard(sources: list[Votes], observers: list[Floats], n: int, n_classes: int) -> Floats:
    """The log-likelihood of all answers on each item, were each class true; (n_items, n_classes)."""
    heard = np.zeros((n, n_classes))
    for votes, confusion in zip(sources, observers, strict=True):
        logs = np.log(confusion)
        for true in range(n_classes):
            heard[:, true] += np.bincount(votes.item, logs[votes.annotator, true, votes.value], minlength=n)
    return heard


def _several(votes: Votes | None) -> bool:
    """Whether more than one annotator answered."""
    return votes is not None and len(votes.item) > 0 and votes.n_annotators > 1


def _sharpest(log_prior: Floats, shift: Floats, heard: Floats, within: tuple[float, float]) -> float:
    """The power to which the model's probabilities best explain the answers, within two bounds."""
    likelihood = np.exp(heard - heard.max(axis=1, keepdims=True))

    def cost(log_power: float) -> float:
        prior = softmax(log_prior * np.exp(log_power) + shift)
        return -np.log((prior * likelihood).sum(axis=1) + 1e-300).mean()

    best = minimize_scalar(cost, bounds=np.log(within), method="bounded", options={"xatol": 0.02})
    return float(np.exp(best.x))


def _shifted(shift: Floats, log_prior: Floats, probs: Floats) -> Floats:
    """The shift, one number a class, one step nearer to where the prior expects what the posterior finds.

    Where the answers say little, the posterior repeats the prior, and a model's own frequencies hold.
    """
    share = len(probs) / (len(probs) + FREQUENCIES_WORTH)
    wanted = share * probs.sum(axis=0) + (1 - share) * softmax(log_prior).sum(axis=0)
    better = shift + np.log((wanted + 0.01) / (softmax(log_prior + shift).sum(axis=0) + 0.01))
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


def _accuracies(sources: list[Votes], probs: Floats, votes: Votes | None) -> Floats:
    if votes is None or not sources or sources[0] is not votes:
        return np.zeros(0)
    return 1 - _error_rate(probs, votes)
