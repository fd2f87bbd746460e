"""What a diagnosis of the noise says. Apart from how it is found, for the web processes, which only show it,
shall not carry NumPy about.
"""

from typing import Literal, TypedDict

Shape = Literal["unknown", "random", "class_dependent", "structured"]


class Slice(TypedDict):
    """A slice of the items that holds more errors than it should; `q` is the false-discovery rate of saying
    so.
    """

    factor: str
    level: str
    items: int
    errors: float
    expected: float  # if errors fell at random
    ratio: float
    q: float
