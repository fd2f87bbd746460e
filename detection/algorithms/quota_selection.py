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

# So many largest margins are kept in order while reading; more are sorted out afterwards.
FEW = 12
BUCKETS = 1024


def by_noise_rate(probs: Floats, seen: Scan, candidate: Bools, by_class: ByClass, quota: Counts) -> Bools:
    """For each pair of classes, the candidates in its quota, of the largest margins of the other class."""
    mask = np.zeros(len(probs), dtype=bool)
    tied = np.zeros(quota.shape, dtype=bool)
    choose = compiled.fast(_choose) if compiled.worth_it(probs.size) else _choose_by_numpy
    gap = seen.best - seen.given
    choose(probs, seen.given, gap, candidate, by_class.order, by_class.starts, quota, mask, tied)
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


def _choose_by_numpy(
    probs: Floats,
    given: Floats,
    gap: Floats,
    candidate: Bools,
    order: Ints,
    starts: Ints,
    quota: Counts,
    mask: Bools,
    tied: Bools,
) -> None:
    """Mark the candidates that the quotas take; note where equal margins straddle one."""
    for k in range(len(quota)):
        rows = order[starts[k] : starts[k + 1]]
        chosen = rows[candidate[rows]]
        if len(rows) < 2 or not len(chosen):
            continue
        # No item whose best margin is below that of every candidate for every class can outrank one.
        rivals = rows[gap[rows] >= -given[chosen].max()]
        for j in np.flatnonzero(quota[k]):
            if j == k:
                continue
            if quota[k, j] >= len(rivals):
                mask[chosen] = True
                break
            margin = probs[rivals, j] - given[rivals]
            last = np.partition(margin, -quota[k, j])[-quota[k, j]]
            tied[k, j] = np.count_nonzero(margin >= last) != quota[k, j]
            taken = rivals[margin > last if tied[k, j] else margin >= last]
            mask[taken[candidate[taken]]] = True


def _choose(
    probs: Floats,
    given: Floats,
    gap: Floats,
    candidate: Bools,
    order: Ints,
    starts: Ints,
    quota: Counts,
    mask: Bools,
    tied: Bools,
) -> None:
    """The same as `_choose_by_numpy`, in loops."""
    rivals = np.empty((starts[1:] - starts[:-1]).max(), dtype=np.int64)
    margins, top = np.empty(len(rivals), dtype=probs.dtype), np.empty(FEW, dtype=probs.dtype)
    tally = np.empty(BUCKETS, dtype=np.int64)
    for k in range(len(quota)):
        highest = given[0] * 0 - 1
        for at in range(starts[k], starts[k + 1]):
            if candidate[order[at]]:
                highest = max(highest, given[order[at]])
        if highest < 0 or starts[k + 1] - starts[k] < 2:
            continue
        n = 0
        for at in range(starts[k], starts[k + 1]):
            rivals[n] = order[at]
            n += gap[order[at]] >= -highest
        for j in range(len(quota)):
            wanted = quota[k, j]
            if j == k or wanted == 0:
                continue
            if wanted >= n:
                for r in range(n):
                    mask[rivals[r]] |= candidate[rivals[r]]
                break
            for r in range(n):
                margins[r] = probs[rivals[r], j] - given[rivals[r]]
            if wanted <= FEW:
                # The largest so far, the smallest of them first.
                top[:wanted] = -2
                for r in range(n):
                    if margins[r] > top[0]:
                        t = 1
                        while t < wanted and top[t] < margins[r]:
                            top[t - 1] = top[t]
                            t += 1
                        top[t - 1] = margins[r]
                last = top[0]
            else:
                # Count by size, then sort only where the last one wanted lies.
                tally[:] = 0
                for r in range(n):
                    tally[int((margins[r] + 1) * (BUCKETS // 2 - 1))] += 1
                bucket, left = BUCKETS - 1, wanted
                while tally[bucket] < left:
                    left -= tally[bucket]
                    bucket -= 1
                near = np.empty(tally[bucket], dtype=margins.dtype)
                t = 0
                for r in range(n):
                    if int((margins[r] + 1) * (BUCKETS // 2 - 1)) == bucket:
                        near[t] = margins[r]
                        t += 1
                near.sort()
                last = near[len(near) - left]
            reach = 0
            for r in range(n):
                reach += margins[r] >= last
            tied[k, j] = reach != wanted
            for r in range(n):
                if margins[r] > last or (margins[r] == last and reach == wanted):
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
