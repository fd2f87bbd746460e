"""Dense features lifted to random Fourier features, on which ridge regression is as good as with a kernel.

Rahimi, Recht: Random Features for Large-Scale Kernel Machines. NIPS 2007.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

N_FEATURES = 1024
ROWS = 8192
HIGHEST_LEVERAGE = 0.999


def projection_of(
    features: NDArray[np.float32], bandwidth: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    n, d = features.shape
    pairs = rng.integers(0, n, size=(2, 2000))
    distances = np.linalg.norm(features[pairs[0]] - features[pairs[1]], axis=1)
    positive = distances[distances > 0]
    typical = float(np.median(positive)) if len(positive) else 1.0
    return (rng.standard_normal((d, N_FEATURES // 2)) / (bandwidth * typical)).astype(np.float32)


def lift(
    features: NDArray[np.float32], projection: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The random features, with a constant one, of `ROWS` items at a time: all would not fit in memory."""
    scale = np.float32(np.sqrt(2 / N_FEATURES))
    for start in range(0, len(features), ROWS):
        rows = slice(start, min(start + ROWS, len(features)))
        angles = features[rows] @ projection
        ones = np.ones((len(angles), 1), dtype=np.float32)
        yield rows, np.hstack([scale * np.cos(angles), scale * np.sin(angles), ones])
