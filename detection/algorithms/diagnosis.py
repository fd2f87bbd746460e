"""What kind of noise it is: random, class-dependent or structured, and what carries the errors.

Every slice (an annotator, a source, a month) and every pair of classes is asked whether it holds more
errors than it should if errors fell at random: a Poisson test of the surely wrong labels against those
expected, where a slice is expected to err as its classes do elsewhere (indirect standardisation), so that a
hard class is not blamed on the site that sends most of it. All tests together are controlled by Benjamini,
Hochberg: Controlling the False Discovery Rate. JRSS B 57 (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
The kinds of noise are those of Frénay, Verleysen: Classification in the Presence of Label Noise. IEEE TNNLS
25 (2014), doi:10.1109/TNNLS.2013.2292894.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import gammainc

from .detector import Floats, Ints
from .noise import Shape, Slice

Numbers = Floats | Ints

# Labels that are more likely right are no errors here: the doubts of a model lie where classes are alike,
# and would make any noise look class-dependent.
SURE = 0.5
DISCOVERIES = 0.05
# What is significant in a large set may still not matter: so many times the expected errors, and this share
# of all.
NOTABLE = 1.5
EXPLAINS = 0.05
FEWEST_ERRORS = 10
SHOWN = 20
OF_CLASSES = ("class", "true class", "class pair")


class Factor(NamedTuple):
    """One way to cut the items in slices.

    item   : int array, shape (n_rows,), an item may be in several slices, or in none
    level  : int array, shape (n_rows,), the place of its slice in `levels`
    wrong  : float array, shape (n_rows,), how likely what stands in each row is wrong; None: as likely as the
             label
    """

    name: str
    item: Ints
    level: Ints
    levels: Sequence[str]
    wrong: Floats | None = None


def of_parts(factor: Factor, item: Ints) -> Factor:
    """The factor that cuts the parts of items in slices as `factor` cuts these, into which each part's goes.

    item : int array, shape (n_parts,), the item of each part
    """
    order = np.argsort(factor.item, kind="stable")
    first, last = (np.searchsorted(factor.item[order], item, side=side) for side in ("left", "right"))
    count = last - first
    part = np.repeat(np.arange(len(item)), count)
    row = np.arange(len(part)) - np.repeat(np.cumsum(count) - count - first, count)
    return factor._replace(item=part, level=factor.level[order[row]])


class Diagnosis(NamedTuple):
    shape: Shape
    slices: list[Slice]
    classes: list[Slice]


def diagnose(
    labels: Ints,
    wrongness: Floats,
    suggested: Ints | None,
    classes: Sequence[str],
    factors: Sequence[Factor] = (),
) -> Diagnosis:
    """What carries the errors, most of them first.

    labels    : int array, shape (n_items,), -1 where there is none
    wrongness : float array, shape (n_items,), the probability that each label is wrong
    suggested : int array, shape (n_items,), what it should be instead; None where an error is not one class
                in place of another, as with parts that are missing or spurious
    """
    sure = np.where((wrongness >= SURE) & (labels >= 0), wrongness, 0.0)
    if sure.sum() < FEWEST_ERRORS:
        return Diagnosis("unknown", [], [])
    by_class = _by_class(labels, sure, suggested, classes)
    by_slice = [one for factor in factors for one in _by_slice(labels, sure, factor, len(classes))]
    found = [one for one in _controlled(by_class + by_slice) if one["ratio"] >= NOTABLE]
    ofclass = [one for one in found if one["factor"] in OF_CLASSES]
    slices = [one for one in found if one not in ofclass]
    return Diagnosis(_shape(slices, ofclass, float(sure.sum())), slices[:SHOWN], ofclass[:SHOWN])


def false_discovery_rates(p: Floats) -> Floats:
    """The smallest false-discovery rate at which each test passes, shape (n_tests,) (Benjamini-Hochberg)."""
    order = np.argsort(p, kind="stable")
    stepped = p[order] * len(p) / np.arange(1, len(p) + 1)
    rates = np.empty(len(p))
    rates[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return rates


def at_least(errors: Numbers, expected: Numbers) -> Floats:
    """The chance of so many errors or more where `expected` are, by Poisson, for fractions of errors, too."""
    return np.where(errors > 0, gammainc(np.maximum(errors, 1e-12), np.maximum(expected, 1e-12)), 1.0)


def _by_class(labels: Ints, sure: Floats, suggested: Ints | None, classes: Sequence[str]) -> list[Slice]:
    if len(classes) < 2:
        return []
    if suggested is None:
        return _of_each_class("class", labels, labels, sure, classes)
    true = np.where(sure > 0, suggested, labels)
    return _of_each_class("true class", true, labels, sure, classes) + _by_pair(
        labels, sure, suggested, classes
    )


def _of_each_class(name: str, cls: Ints, labels: Ints, sure: Floats, classes: Sequence[str]) -> list[Slice]:
    """Whether what is of some class is wrong more often than what is of others."""
    labelled = labels >= 0
    items = np.bincount(cls[labelled], minlength=len(classes))
    errors = np.bincount(cls[labelled], sure[labelled], minlength=len(classes))
    return _slices(name, classes, items, errors, items * errors.sum() / items.sum())


def _by_pair(labels: Ints, sure: Floats, suggested: Ints, classes: Sequence[str]) -> list[Slice]:
    """Whether items of one class are labelled as one certain other more often than as the rest.

    Errors may be expected to fall on all other classes evenly, or as often as these are given: the pair must
    stand out from both.
    """
    wrong, k = np.flatnonzero(sure > 0), len(classes)
    if k < 3:
        return []
    errors = np.bincount(suggested[wrong] * k + labels[wrong], sure[wrong], minlength=k * k).reshape(k, k)
    given = np.bincount(labels[labels >= 0], minlength=k) / max(int((labels >= 0).sum()), 1)
    shares = np.maximum(given[None] / np.maximum(1 - given[:, None], 1e-9), 1 / (k - 1))
    expected = errors.sum(axis=1, keepdims=True) * shares
    true, said = np.nonzero(errors)
    names = [f"{classes[i]} → {classes[j]}" for i, j in zip(true.tolist(), said.tolist(), strict=True)]
    items = np.bincount(np.where(sure > 0, suggested, labels)[labels >= 0], minlength=k)
    return _slices("class pair", names, items[true], errors[true, said], expected[true, said])


def _by_slice(labels: Ints, sure: Floats, factor: Factor, n_classes: int) -> list[Slice]:
    wrong = sure[factor.item] if factor.wrong is None else np.where(factor.wrong >= SURE, factor.wrong, 0.0)
    cls = labels[factor.item]
    kept = cls >= 0
    wrong, cls, level = wrong[kept], cls[kept], factor.level[kept]
    counts = np.maximum(np.bincount(cls, minlength=n_classes), 1)
    usual = np.bincount(cls, wrong, minlength=n_classes) / counts
    n = len(factor.levels)
    items = np.bincount(level, minlength=n)
    errors = np.bincount(level, wrong, minlength=n)
    expected = np.bincount(level, usual[cls], minlength=n)
    return _slices(factor.name, factor.levels, items, errors, expected)


def _slices(
    factor: str, levels: Sequence[str], items: Ints, errors: Numbers, expected: Numbers
) -> list[Slice]:
    """One row a slice that has items, with the bare chance for `q`."""
    chance = at_least(errors, expected)
    ratio = errors / np.maximum(expected, 1e-9)
    rows = zip(levels, items, errors, expected, ratio, chance, strict=True)
    return [
        Slice(
            factor=factor,
            level=level,
            items=int(n),
            errors=float(e),
            expected=float(x),
            ratio=float(r),
            q=float(p),
        )
        for level, n, e, x, r, p in rows
        if n
    ]


def _controlled(tests: list[Slice]) -> list[Slice]:
    """The tests that pass together, most errors above the expected first."""
    rates = false_discovery_rates(np.array([one["q"] for one in tests]))
    passed: list[Slice] = [
        {**one, "q": float(q)} for one, q in zip(tests, rates, strict=True) if q <= DISCOVERIES
    ]
    return sorted(passed, key=lambda one: one["expected"] - one["errors"])


def _shape(slices: list[Slice], classes: list[Slice], errors: float) -> Shape:
    for shape, found in (("structured", slices), ("class_dependent", classes)):
        by_factor: dict[str, float] = {}
        for one in found:
            above = one["errors"] - one["expected"]
            by_factor[one["factor"]] = by_factor.get(one["factor"], 0.0) + above
        if max(by_factor.values(), default=0.0) >= EXPLAINS * errors:
            return shape  # type: ignore[return-value]
    return "random"
