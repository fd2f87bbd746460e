"""One suspicion per part: what several methods doubt of the same box, span or class, merged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .detector import Evidence, Floats, Ints
from .recalibration import Recalibration
from .suspicions import STATED

# Whether two parts lie in one place.
Overlap = Callable[[Any, Any], bool]


class Doubt(NamedTuple):
    """What one method says of one part of an item.

    item             : its index
    part             : where the part is, as a flag names it
    given, suggested : lists of the parts that are, and that should be; empty for nothing
    score            : the probability that what is given there is wrong
    """

    item: int
    method: str
    kind: str
    part: dict[str, Any]
    given: Sequence[Any]
    suggested: Sequence[Any]
    score: float
    evidence: Evidence


@dataclass(frozen=True)
class PartSuspicion:
    """A doubt with the evidence of all the methods that share it, the surest first."""

    doubt: Doubt
    evidence: list[tuple[str, Evidence]] = field(default_factory=list)


class Found(NamedTuple):
    """
    doubts : what the methods doubt
    item   : int array, shape (n_parts,), the item of each part that was judged
    label  : int array, shape (n_parts,), its class; of one that is missing, the class that it should have
    wrong  : float array, shape (n_parts,), the probability that each of these is wrong
    """

    doubts: list[Doubt]
    item: Ints
    label: Ints
    wrong: Floats


def recalibrated(found: Found, learned: Recalibration) -> Found:
    """The same with the probabilities that people's decisions bear out; each doubt keeps what it stated."""
    if learned.decisions == 0:
        return found
    scores = learned.of(np.array([doubt.score for doubt in found.doubts], dtype=float)).tolist()
    doubts = [
        doubt._replace(
            score=score,
            evidence=doubt.evidence._replace(data=doubt.evidence.data | {STATED: round(doubt.score, 6)}),
        )
        for doubt, score in zip(found.doubts, scores, strict=True)
    ]
    return found._replace(doubts=doubts, wrong=learned.of(found.wrong))


def merged(
    doubts: Iterable[Doubt], *, about_one: Callable[[Doubt, Doubt], bool], threshold: float
) -> list[PartSuspicion]:
    """The doubts of at least `threshold`, the surest first, those about the same part as one.

    Where methods find different kinds of errors in one part, the surest one speaks; the evidence of those
    that agree with it stands beside its own.
    """
    of_item: dict[int, list[PartSuspicion]] = {}
    for doubt in sorted(doubts, key=lambda d: (-d.score, d.item, str(d.part), d.method)):
        if doubt.score < threshold:
            continue
        others = of_item.setdefault(doubt.item, [])
        known = next((other for other in others if about_one(other.doubt, doubt)), None)
        if known is None:
            others.append(PartSuspicion(doubt, [(doubt.method, doubt.evidence)]))
        elif known.doubt.kind == doubt.kind and all(doubt.method != method for method, _ in known.evidence):
            known.evidence.append((doubt.method, doubt.evidence))
    found = [suspicion for others in of_item.values() for suspicion in others]
    return sorted(found, key=lambda s: (-s.doubt.score, s.doubt.item, str(s.doubt.part)))


def one_part(a: Doubt, b: Doubt, overlap: Overlap) -> bool:
    """Whether two doubts are about the same boxes or spans, or about one that is missing in one place."""
    if a.part == b.part and a.kind == b.kind:
        return True
    if a.given or b.given:
        return any(one in b.given for one in a.given)
    return any(overlap(one, other) for one in a.suggested for other in b.suggested)


def one_class(a: Doubt, b: Doubt) -> bool:
    """Whether two doubts are about the same class of an item."""
    return bool(a.part == b.part)
