"""Which items a quota takes: those with the smallest keys of their class, as far as the quota goes.

Only candidates can be taken, but all items of a class take part in its ranking; most of them are so far from
any candidate that they need not be looked at. Where equal keys straddle a quota, the choice among them is
NumPy's `argsort`, as it is in cleanlab.
"""

import numpy as np

from . import compiled
from .confident_joint import ByClass, Counts
from .detector import Bools, Floats, Ints
from .row_scan import Scan

# Margins are counted by size in at most so many buckets.
BUCKETS = 1024


def by_noise_rate(probs: Floats, seen: Scan, candidate: Bools, by_class: ByClass, quota: Counts) -> Bools:
    """For each pair of classes, the candidates in its quota, of the largest margins of the other class."""
    mask, tied = np.zeros(len(probs), dtype=bool), np.zeros(quota.shape, dtype=bool)
    take = compiled.fast(_take) if compiled.worth_it(probs.size) else _take_by_numpy
    gap = seen.best - seen.given
    for k in _contested(candidate, by_class):
        rows = by_class.rows(k)
        chosen = rows[candidate[rows]]
        # No item whose best margin is below that of every candidate for every class can outrank one.
        rivals = rows[gap[rows] >= -seen.given[chosen].max()]
        wanted = quota[k].copy()
        wanted[k] = 0
        if wanted.max() >= len(rivals):
            mask[chosen] = True
        else:
            take(probs, seen.given, rivals, candidate, wanted, mask, tied[k])
    for k, j in np.argwhere(tied):
        rows = by_class.rows(k)
        _settle(probs[rows, k] - probs[rows, j], rows, candidate, quota[k, j], mask)
    return mask


def by_self_confidence(seen: Scan, candidate: Bools, by_class: ByClass, quota: Counts) -> Bools:
    """For each class, as many of the least self-confident items as are estimated to be wrong."""
    mask = np.zeros(len(candidate), dtype=bool)
    for k in _contested(candidate, by_class):
        rows = by_class.rows(k)
        count = len(rows) - quota[k, k]
        if count > 0:
            _settle(seen.given[rows], rows, candidate, count, mask)
    return mask


def _contested(candidate: Bools, by_class: ByClass) -> Ints:
    """The classes that have a candidate and more than the one item that must stay."""
    if not candidate.any():
        return np.zeros(0, dtype=np.int64)
    sums = np.add.reduceat(candidate[by_class.order], np.minimum(by_class.starts[:-1], len(candidate) - 1))
    return np.flatnonzero((by_class.counts > 1) & (sums > 0))


def _take_by_numpy(
    probs: Floats, given: Floats, rivals: Ints, candidate: Bools, wanted: Ints, mask: Bools, tied: Bools
) -> None:
    """Mark the candidates that the quotas of one class take; note where equal margins straddle one."""
    for j in np.flatnonzero(wanted):
        margin = probs[rivals, j] - given[rivals]
        last = np.partition(margin, -wanted[j])[-wanted[j]]
        tied[j] = np.count_nonzero(margin >= last) != wanted[j]
        taken = rivals[margin > last if tied[j] else margin >= last]
        mask[taken[candidate[taken]]] = True


def _take(
    probs: Floats, given: Floats, rivals: Ints, candidate: Bools, wanted: Ints, mask: Bools, tied: Bools
) -> None:
    """The same as `_take_by_numpy`, in loops."""
    margins, bucket = np.empty(len(rivals), dtype=probs.dtype), np.empty(len(rivals), dtype=np.int16)
    tally = np.empty(min(BUCKETS, len(rivals)) + 1, dtype=np.int64)
    near, half = np.empty(len(rivals) + 1, dtype=probs.dtype), (len(tally) - 1) / 2
    for j in range(len(wanted)):
        if wanted[j] == 0:
            continue
        tally[:] = 0
        for r in range(len(rivals)):
            margins[r] = probs[rivals[r], j] - given[rivals[r]]
            bucket[r] = (margins[r] + 1) * half
            tally[bucket[r]] += 1
        # Only where the last one wanted lies need margins be sorted.
        edge, left = len(tally) - 1, wanted[j]
        while tally[edge] < left:
            left -= tally[edge]
            edge -= 1
        n_near = 0
        for r in range(len(rivals)):
            near[n_near] = margins[r]
            n_near += bucket[r] == edge
        near[:n_near].sort()
        last = near[n_near - left]
        tied[j] = left < n_near and near[n_near - left - 1] == last
        for r in range(len(rivals)):
            if margins[r] > last or (margins[r] == last and not tied[j]):
                mask[rivals[r]] |= candidate[rivals[r]]


def _settle(keys: Floats, rows: Ints, candidate: Bools, count: int, mask: Bools) -> None:
    """Mark the candidates among the `count` rows with the smallest keys."""
    if count < len(keys):
        last = np.partition(keys, count - 1)[count - 1]
        below = keys <= last
        if below.sum() > count:
            below[:] = False
            below[np.argsort(keys)[:count]] = True
        rows = rows[below]
    mask[rows[candidate[rows]]] = True
