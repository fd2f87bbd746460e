"""Out-of-sample scores for dense features: extremely randomised trees, each asked only about items it never
saw.

Geurts, Ernst, Wehenkel: Extremely Randomized Trees. Machine Learning 63 (2006),
doi:10.1007/s10994-006-6226-1; out-of-bag answers as in Breiman: Random Forests. Machine Learning 45
(2001), doi:10.1023/A:1010933404324. Trees are grown a few at a time and dropped at once, so that memory
holds a batch and not the forest.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from .detector import Floats, Ints

BATCH = 20
N_TREES = 200
# Where there are many items, a tree of a third of them costs a third and leaves twice as many to be asked
# about, so that fewer trees do. Beyond MOST_DRAWS more trees help more than bigger ones, and where the time
# of a tree is that of so many draws, fewer of them must do.
MANY = 2000
SHARE_DRAWN = 0.3
MOST_DRAWS = 10_000
FEWEST_TREES = 60


def left_out_scores(
    features: NDArray[np.float32], labels: Ints, n_classes: int, *, seed: int, tick: Callable[[float], None]
) -> Floats:
    """Log of the out-of-bag class shares, shape (n_items, n_classes), smoothed so that none is -inf."""
    n = len(labels)
    votes, asked = np.zeros((n, n_classes), dtype=np.float32), np.zeros(n, dtype=np.int32)
    n_trees, draws = N_TREES, n
    if n > MANY:
        draws = min(max(MANY, int(SHARE_DRAWN * n)), MOST_DRAWS)
        n_trees = N_TREES // 2 if draws < MOST_DRAWS else FEWEST_TREES
    for start in range(0, n_trees, BATCH):
        forest = ExtraTreesClassifier(
            BATCH, bootstrap=True, max_samples=draws, n_jobs=2, random_state=seed + start
        )
        forest.fit(features, labels)
        for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
            # Asking about all is cheaper than copying those that are to be asked about.
            shares = tree.predict_proba(features, check_input=False)
            shares[drawn] = 0
            votes[:, forest.classes_] += shares
            asked += 1
            asked[np.unique(drawn)] -= 1
        tick((start + BATCH) / n_trees)
    shares = np.where(asked[:, None] > 0, votes / np.maximum(asked, 1)[:, None], 1 / n_classes)
    return np.log(shares + 1 / n_trees)
