"""Out of distribution: items that are far from every class, and that no class may fit.

Kuan, Mueller: Back to the Basics: Revisiting Out-of-Distribution Detection Baselines. ICML 2022 workshop,
arXiv:2207.03061: the mean distance to the nearest neighbours does as well as anything. The sum of these
distances as a measure of outlying is Angiulli, Pizzuti: Fast Outlier Detection in High Dimensional Spaces.
PKDD 2002, doi:10.1007/3-540-45681-3_6. Departs from both in the distance, which is the negative logarithm
of the mean similarity, and in the threshold: a fence like Tukey's (Exploratory Data Analysis, 1977) among
these distances, so that a dataset without outliers gets few or none, instead of a fixed share.
"""

import numpy as np

from . import nearest
from .detector import Detector, Evidence, Findings, Floats, Inputs, Ints, Names, needed, nothing

FENCE = 2.0
LEAST_SIMILARITY = 1e-3
# With fewer items than this nothing can be said to be far from all.
FEWEST = 20
NEAREST = 10
# Every item is compared with so many, evenly spread; the farthest so many of those
# beyond the fence then with all.
REFERENCE = 1000
CHECKED = 1000
# What is usual among all is seen on so many, evenly spread.
PROBED = 500
ROWS = 4096


def run(inputs: Inputs) -> Findings:
    space = needed(inputs.space)
    labelled = inputs.labels >= 0
    if labelled.sum() < FEWEST:
        return nothing(inputs)
    far = distances(space)
    fence, usual = threshold(far[labelled]), float(np.median(far[labelled]))
    scores = np.where(labelled, far / np.maximum(far + fence, 1e-12), 0.0)
    beyond = np.flatnonzero(labelled & (far > fence))
    index = np.sort(beyond[np.argsort(-far[beyond], kind="stable")[:CHECKED]])
    if len(index) and len(space) > REFERENCE:
        # What lies far from a sample may be near to a rare class that the sample has hardly any of.
        probe = np.flatnonzero(labelled)[:: max(1, int(labelled.sum()) // PROBED)]
        among_all = _to_all(space, probe)
        fence, usual = threshold(among_all), float(np.median(among_all))
        far[index] = _to_all(space, index)
        scores[index] = far[index] / np.maximum(far[index] + fence, 1e-12)
        index = index[far[index] > fence]
    return Findings(
        scores=scores,
        index=index,
        suggested=np.full(len(index), -1),
        data={"times": far[index] / max(usual, 1e-6)},
    )


def distances(space: Floats) -> Floats:
    """How far each item is from the nearest ones of a sample, shape (n_items,).

    space : float array, shape (n_items, n_dimensions)
    """
    sample = np.linspace(0, len(space) - 1, min(REFERENCE, len(space))).astype(np.int64)
    norms = np.einsum("ij,ij->i", space, space)
    k = min(NEAREST, len(sample) - 1)
    mean = np.empty(len(space))
    for start in range(0, len(space), ROWS):
        rows = np.arange(start, min(start + ROWS, len(space)))
        lengths = np.maximum(norms[rows, None] + norms[sample], np.finfo(np.float32).tiny)
        similarity = 2 * (space[rows] @ space[sample].T) / lengths
        similarity[rows[:, None] == sample] = -np.inf
        mean[rows] = np.partition(similarity, -k, axis=1)[:, -k:].mean(axis=1)
    return _far(mean)


def threshold(far: Floats) -> float:
    """The fence: two interquartile ranges beyond the upper quartile, on the scale of square roots."""
    low, high = np.quantile(np.sqrt(far), [0.25, 0.75])
    return float((high + FENCE * (high - low)) ** 2)


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    times = float(findings.data["times"][j])
    text = f"It lies {times:.1f} times as far from its nearest items as is usual here: no class may fit."
    return Evidence(text, {"times": round(times, 2)})


DETECTOR = Detector(
    name="out_of_distribution",
    version=1,
    kind="out_of_distribution",
    needs=frozenset({"labels", "space"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
    own_score=True,
    urgency=0.3,
)


def _to_all(space: Floats, rows: Ints) -> Floats:
    """How far the items `rows` are from their nearest ones among all."""
    return _far(
        nearest.search(np.asarray(space, dtype=np.float32), k=NEAREST, rows=rows).similarity.mean(axis=1)
    )


def _far(similarity: Floats) -> Floats:
    return -np.log(np.clip(similarity, LEAST_SIMILARITY, 1.0))
