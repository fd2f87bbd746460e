"""Which parts of two values belong together: one to one, with the largest total credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TypeAlias

from reviews.tasktypes.base import Value

Interval: TypeAlias = tuple[float, float]
Pair: TypeAlias = tuple[int, int]


def overlapping(a: Sequence[Interval], b: Sequence[Interval]) -> Iterator[Pair]:
    """(i, j) of each interval of `a` and each of `b` that share more than a point."""
    sides, active = (a, b), ([], [])  # type: tuple[Sequence[Interval], ...], tuple[list[int], ...]
    for low, side, index in sorted((one[0], s, k) for s in (0, 1) for k, one in enumerate(sides[s])):
        other = 1 - side
        active[other][:] = [k for k in active[other] if sides[other][k][1] > low]
        active[side].append(index)
        yield from ((index, k) if side == 0 else (k, index) for k in active[other])


def best_pairs(credits: Mapping[Pair, float]) -> list[Pair]:
    """The one-to-one pairs whose credits sum to the most, ascending; only pairs with credit take part.

    Kuhn: The Hungarian Method for the Assignment Problem (1955), doi:10.1002/nav.3800020109, on each group
    of parts that touch each other: there are few in a group, so that no numerical library is needed.
    """
    positive = {pair: credit for pair, credit in credits.items() if credit > 0}
    found: list[Pair] = []
    for group in _groups(positive):
        rows, columns = sorted({i for i, _ in group}), sorted({j for _, j in group})
        if len(group) == 1:
            found += group
        elif len(rows) <= len(columns):
            costs = [[-positive.get((i, j), 0.0) for j in columns] for i in rows]
            found += ((rows[k], columns[c]) for k, c in enumerate(_assigned(costs)))
        else:
            costs = [[-positive.get((i, j), 0.0) for i in rows] for j in columns]
            found += ((rows[c], columns[k]) for k, c in enumerate(_assigned(costs)))
    return sorted(pair for pair in found if pair in positive)


def clusters(
    values: Sequence[Sequence[Value]],
    credit: Callable[[Sequence[Value], Sequence[Value]], Mapping[Pair, float]],
) -> list[dict[int, Value]]:
    """What several opinions say of the same thing: {index of the opinion: its part}, first said first."""
    found: list[dict[int, Value]] = []
    for number, value in enumerate(values):
        first_said = [next(iter(cluster.values())) for cluster in found]
        of_part = {j: i for i, j in best_pairs(credit(first_said, value))}
        for j, one in enumerate(value):
            if j in of_part:
                found[of_part[j]][number] = one
            else:
                found.append({number: one})
    return found


def _groups(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """The pairs, those in one list that are connected by common members."""
    of_member: dict[tuple[int, int], list[Pair]] = defaultdict(list)
    for pair in pairs:
        of_member[0, pair[0]].append(pair)
        of_member[1, pair[1]].append(pair)
    groups, seen = [], set()
    for first in of_member:
        group, waiting = set(), [first]
        while waiting:
            member = waiting.pop()
            if member not in seen:
                seen.add(member)
                group.update(of_member[member])
                waiting += (neighbour for i, j in of_member[member] for neighbour in ((0, i), (1, j)))
        if group:
            groups.append(sorted(group))
    return groups


def _assigned(costs: list[list[float]]) -> list[int]:
    """The column of each row in the cheapest assignment; there are at least as many columns as rows."""
    n, m = len(costs), len(costs[0])
    of_row, of_column = [0.0] * (n + 1), [0.0] * (m + 1)  # the dual prices
    row_at = [0] * (m + 1)  # rows and columns count from 1; 0 is none
    for row in range(1, n + 1):
        row_at[0], column = row, 0
        slack, used, before = [inf] * (m + 1), [False] * (m + 1), [0] * (m + 1)
        while row_at[column]:
            used[column] = True
            i = row_at[column]
            for j in range(1, m + 1):
                reduced = costs[i - 1][j - 1] - of_row[i] - of_column[j]
                if not used[j] and reduced < slack[j]:
                    slack[j], before[j] = reduced, column
            column = min((j for j in range(1, m + 1) if not used[j]), key=slack.__getitem__)
            step = slack[column]
            for j in range(m + 1):
                if used[j]:
                    of_row[row_at[j]] += step
                    of_column[j] -= step
                else:
                    slack[j] -= step
        while column:
            row_at[column] = row_at[before[column]]
            column = before[column]
    columns = {row: column - 1 for column, row in enumerate(row_at) if column}
    return [columns[row] for row in range(1, n + 1)]
