"""What is known around the labels, as arrays: gold, guideline versions, slices, and what people decided of
flags.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db.models import F, OuterRef, Subquery

from reviews.models import Action, Annotation, Decision, Flag, FlagState, GoldItem, Item

from .algorithms.detector import MISSING, Ints, Votes
from .algorithms.diagnosis import Factor
from .algorithms.posterior import Posterior
from .algorithms.recalibration import Recalibration, fit
from .algorithms.suspicions import KIND_ORDER, STATED
from .evidence import CHUNK, Subjects, chunks

# The key of an item's metadata that says under which version of the guideline its label was made.
GUIDELINE_KEY = "guideline_version"
# A key of the metadata cuts the items into slices if it has so many values; more are names of items, or
# numbers.
MOST_LEVELS = 50
FEWEST_IN_LEVEL = 10


def gold(asked: Subjects) -> Ints | None:
    """The class that an expert vouches for of each item, -1 where nobody does; None without any gold."""
    place = {name: k for k, name in enumerate(asked.classes)}
    found = np.full(len(asked.ids), MISSING)
    rows = GoldItem.objects.filter(item__dataset=asked.dataset).values_list("item_id", "value")
    known = [(item_id, place[value]) for item_id, value in rows.iterator(CHUNK) if _is_class(value, place)]
    if not known:
        return None
    at = asked.places([item_id for item_id, _ in known])
    values = np.array([value for _, value in known])
    found[at[at >= 0]] = values[at >= 0]
    return found


def guideline(asked: Subjects) -> Ints | None:
    """The place of each label's guideline version among all in their natural order; None with fewer than two.

    It is read from the metadata of the items. A label that people corrected since counts as made under the
    newest.
    """
    rows = Item.objects.filter(dataset=asked.dataset, meta__has_key=GUIDELINE_KEY).order_by("id")
    said = [
        (item_id, str(meta[GUIDELINE_KEY]), number)
        for item_id, meta, number in rows.values_list("id", "meta", "current_revision__number").iterator(
            CHUNK
        )
    ]
    versions = sorted({version for _, version, _ in said}, key=_natural)
    if len(versions) < 2:
        return None
    order = {version: number for number, version in enumerate(versions)}
    found = np.full(len(asked.ids), MISSING)
    at = asked.places([item_id for item_id, _, _ in said])
    ranks = np.array([len(versions) - 1 if (n or 1) > 1 else order[version] for _, version, n in said])
    found[at[at >= 0]] = ranks[at >= 0]
    return found


def factors(
    asked: Subjects, votes: Votes | None, annotators: list[str], posterior: Posterior
) -> list[Factor]:
    """The ways to cut the items into slices, and annotators' own answers."""
    made = slices(asked)
    if votes is not None and len(votes.item):
        wrong = 1 - posterior.probs[votes.item, votes.value]
        made.append(Factor("annotator", votes.item, votes.annotator, annotators, wrong))
    return made


def slices(asked: Subjects) -> list[Factor]:
    """The ways to cut the items into slices: split, metadata, the month of a label."""
    levels: dict[str, tuple[list[int], list[str]]] = {}
    crowded: set[str] = set()
    for place, name, level in _levels(asked):
        if name in crowded:
            continue
        places, said = levels.setdefault(name, ([], []))
        places.append(place)
        said.append(level)
        if len(said) % CHUNK == 0 and len(set(said)) > MOST_LEVELS:
            crowded.add(name)
            del levels[name]
    made = [_factor(name, *levels[name]) for name in sorted(levels)]
    return [factor for factor in made if factor is not None]


def learned_from_decisions(asked: Subjects, *, of_parts: bool = False) -> Recalibration:
    """What the standing decisions about machines' doubts say of the probabilities that these stated, of whole
    labels or of their parts.

    Kept labels were right; corrected ones, proposed or applied, were wrong. What people called ambiguous or
    excluded says neither.
    """
    decided = Flag.objects.filter(
        dataset=asked.dataset,
        run__isnull=False,
        part__isnull=not of_parts,
        state__in=[FlagState.KEPT, FlagState.PROPOSED, FlagState.APPLIED],
    )
    if not of_parts:  # other kinds state another probability
        decided = decided.filter(kind__in=KIND_ORDER)
    stated, wrong = [], []
    rows = decided.annotate(raw=F(f"evidence__0__data__{STATED}"), said=_newest_action()).order_by("id")
    for said, score, raw in rows.values_list("said", "score", "raw").iterator(CHUNK):
        if said in (Action.KEEP, Action.CORRECT):
            stated.append(float(score if raw is None else raw))
            wrong.append(said == Action.CORRECT)
    return fit(np.array(stated, dtype=float), np.array(wrong, dtype=bool))


def _newest_action() -> Subquery:
    """What the newest decision about a flag says that has not been undone."""
    standing = Decision.objects.filter(flag=OuterRef("pk"), undone_by=None).exclude(action=Action.UNDO)
    return Subquery(standing.order_by("-pk").values("action")[:1])


def _levels(asked: Subjects) -> Iterator[tuple[int, str, str]]:
    """(item, name of the factor, level) for all that could cut the items into slices."""
    rows = Item.objects.filter(dataset=asked.dataset).order_by("id").values_list("id", "split", "meta")
    for place, (_, split, meta) in _placed(asked, rows):
        if split:
            yield place, "split", split
        for key, value in meta.items():
            if isinstance(value, str | int | bool) and len(str(value)) <= 100:
                yield place, f"meta.{key}", str(value)
    times = Annotation.objects.filter(annotator__dataset=asked.dataset, given_at__isnull=False)
    for place, (_, at) in _placed(asked, times.order_by("id").values_list("item_id", "given_at")):
        yield place, "month", at.strftime("%Y-%m")


def _placed(asked: Subjects, rows: Any) -> Iterator[tuple[int, Any]]:
    """The rows, which begin with an item's id, and its place; without those of items that came since."""
    for chunk in chunks(rows.iterator(CHUNK), CHUNK):
        places = asked.places([row[0] for row in chunk]).tolist()
        yield from ((place, row) for place, row in zip(places, chunk, strict=True) if place >= 0)


def _factor(name: str, places: list[int], said: list[str]) -> Factor | None:
    """The factor, without slices too small to say anything; None if it cuts nothing."""
    counts = Counter(said)
    kept = sorted(level for level, count in counts.items() if count >= FEWEST_IN_LEVEL)
    if len(counts) > MOST_LEVELS or len(counts) < 2 or not kept:
        return None
    order = {level: number for number, level in enumerate(kept)}
    rows = [(place, order[level]) for place, level in zip(places, said, strict=True) if level in order]
    item, level = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Factor(name, item, level, kept)


def _is_class(value: Any, place: dict[str, int]) -> bool:
    return isinstance(value, str) and value in place


def _natural(version: str) -> list[tuple[int, int, str]]:
    """2 before 10, and 2.9 before 2.10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", version)]
