"""What stands out about the items themselves, measured while their content streams past on its way to the
features.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .algorithms.data_checks import measure_rows, measure_texts
from .algorithms.detector import Condition, Floats


class Watch:
    """Lets the contents of `n` items through, in their order, and keeps what it measured of each."""

    def __init__(self, n: int) -> None:
        self.readable: Floats = np.ones(n)
        self._n = n
        self._seen: dict[str, list[Floats]] = {name: [] for name in Condition._fields}

    def texts(self, chunks: Iterable[list[str]]) -> Iterator[list[str]]:
        for chunk in chunks:
            length, garbled = measure_texts(chunk)
            self._seen["length"].append(length)
            self._seen["garbled"].append(garbled)
            yield chunk

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        self._seen["filled"].append(measure_rows(rows))
        return rows

    def pictures(self, chunks: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        for chunk in chunks:
            brightness = chunk.mean(axis=3).reshape(len(chunk), -1)
            self._seen["contrast"].append(brightness.std(axis=1))
            yield chunk

    def sizes(self, width: Floats, height: Floats) -> None:
        """The pixels of all pictures, as they are displayed."""
        self._seen["width"].append(width)
        self._seen["height"].append(height)

    def condition(self) -> Condition:
        """What was measured; NaN where nothing of that sort passed."""
        parts = {
            name: np.concatenate(found) if found else np.full(self._n, np.nan)
            for name, found in self._seen.items()
        }
        return Condition(**parts | {"readable": self.readable})
