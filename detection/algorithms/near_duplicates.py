"""Inconsistent duplicates: the same or nearly the same content under different labels.

One of the labels must be wrong, or the guideline does not decide the case. Northcutt, Athalye, Mueller:
Pervasive Label Errors in Test Sets (2021), arXiv:2103.14749, section 4, names duplicates as a source of
disagreement.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .detector import Detector, Evidence, Findings, Inputs, Ints, Names, nothing

SHOWN = 5


def groups(inputs: Inputs) -> Ints:
    """The group of (near-)duplicates of each item, shape (n_items,): equal numbers, equal content."""
    n = len(inputs.labels)
    left, right = _exact_pairs(inputs.content, n)
    if inputs.neighbours is not None and len(inputs.neighbours.item):
        row, column = np.nonzero(
            (inputs.neighbours.similarity >= inputs.duplicate_at) & (inputs.neighbours.item >= 0)
        )
        left = np.concatenate([left, row])
        right = np.concatenate([right, inputs.neighbours.item[row, column]])
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def run(inputs: Inputs) -> Findings:
    if len(inputs.labels) == 0:
        return nothing(inputs)
    group = groups(inputs)
    labelled = inputs.labels >= 0
    cell = group.astype(np.int64) * inputs.n_classes + inputs.labels
    cells, of_item, counts = np.unique(cell[labelled], return_inverse=True, return_counts=True)
    same = np.zeros(len(group), dtype=np.int64)
    same[labelled] = counts[of_item]
    size = np.bincount(group[labelled], minlength=group.max() + 1)[group]
    scores = np.where(labelled & (size > 1), 1 - same / np.maximum(size, 1), 0.0)
    favourite = _favourites(cells, counts, inputs.n_classes, group.max() + 1)[group]
    # Whoever carries the group's most frequent label alone is no suspect; in a tie everybody is.
    suspect = labelled & (same < size) & ((favourite != inputs.labels) | (2 * same <= size))
    index = np.flatnonzero(suspect)
    suggested = np.where(favourite[index] != inputs.labels[index], favourite[index], -1)
    return Findings(
        scores=scores,
        index=index,
        suggested=suggested,
        data={
            "others": size[index] - same[index],
            "size": size[index],
            "twins": _twins(index, group, inputs.labels),
        },
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    item = findings.index[j]
    others, size = int(findings.data["others"][j]), int(findings.data["size"][j])
    twins = [i for i in findings.data["twins"][j] if i >= 0]
    labels = sorted(
        {names.classes[inputs.labels[i]] for i in twins if inputs.labels[i] != inputs.labels[item]}
    )
    said = " or ".join(f"“{label}”" for label in labels)
    if size == 2:
        who = "Its duplicate is"
    elif others == size - 1:
        who = f"All its {others:,} duplicates are"
    else:
        who = f"{others:,} of its {size - 1:,} duplicates {'is' if others == 1 else 'are'}"
    text = f"{who} labelled {said}."
    return Evidence(text, {"duplicates": [int(names.items[i]) for i in twins], "size": size})


DETECTOR = Detector(
    name="near_duplicates",
    version=1,
    kind="inconsistent_duplicates",
    needs=frozenset({"labels", "content"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
)


def _exact_pairs(content: Ints | None, n: int) -> tuple[Ints, Ints]:
    """Chains that join the items of equal content: (each, the next one of the same content)."""
    if content is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = np.argsort(content, kind="stable")
    equal = content[order[1:]] == content[order[:-1]]
    return order[:-1][equal], order[1:][equal]


def _favourites(cells: Ints, counts: Ints, n_classes: int, n_groups: int) -> Ints:
    """The most frequent label of each group, the lower class where several are; 0 where none is labelled."""
    favourite = np.zeros(n_groups, dtype=np.int64)
    # Written in ascending order of count, so that the largest is written last.
    order = np.lexsort((-cells, counts))
    favourite[cells[order] // n_classes] = cells[order] % n_classes
    return favourite


def _twins(index: Ints, group: Ints, labels: Ints) -> Ints:
    """Up to SHOWN labelled members of each suspect's group, those with another label first, -1 for none."""
    order = np.lexsort((labels, group))
    starts = np.searchsorted(group[order], np.arange(group.max() + 2))
    twins = np.full((len(index), SHOWN), -1, dtype=np.int64)
    for j, item in enumerate(index):
        members = order[starts[group[item]] : starts[group[item] + 1]]
        # Sorted by label, so that the two ends hold another label than the item's, however large the group.
        members = np.unique(np.concatenate([members[: 4 * SHOWN], members[-4 * SHOWN :]]))
        members = members[(labels[members] >= 0) & (members != item)]
        members = members[np.argsort(labels[members] == labels[item], kind="stable")][:SHOWN]
        twins[j, : len(members)] = members
    return twins
