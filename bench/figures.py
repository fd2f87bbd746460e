"""What a measurement hands back: figures, each beside what it has to reach."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its bound; `ok` says whether it holds."""

    name: str
    value: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def ok(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit} {self.name}".rstrip()

    @property
    def missed(self) -> str:
        return f"{self.value:.3g}{self.unit} {self.name}".rstrip()


@dataclass(slots=True)
class Row:
    """One line of the table."""

    operation: str
    ours: str
    floor: str = ""
    ratio: float | None = None
    megabytes: float | None = None
    checks: list[Check] = field(default_factory=list)

    def at_most(self, value: float, bound: float, unit: str, name: str = "") -> Self:
        self.checks.append(Check(name, value, bound, unit))
        return self

    def at_least(self, value: float, bound: float, unit: str, name: str = "") -> Self:
        self.checks.append(Check(name, value, bound, unit, at_least=True))
        return self

    @property
    def missed(self) -> list[Check]:
        return [check for check in self.checks if not check.ok]


def p50(seconds: Sequence[float]) -> float:
    """The median in milliseconds."""
    return 1000 * statistics.median(seconds)


def p95(seconds: Sequence[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=20)[-1]


def latency(seconds: Sequence[float]) -> str:
    return f"{p50(seconds):.1f} / {p95(seconds):.1f} ms"


def beside(operation: str, ours: Sequence[float], floor: Sequence[float], megabytes: float) -> Row:
    """A line of latencies; the ratio is that of the medians."""
    return Row(operation, latency(ours), latency(floor), p50(ours) / p50(floor), megabytes)
