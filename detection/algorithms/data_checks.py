"""Data checks: items that nobody can label well, because they are unreadable, empty, garbled, blank, tiny,
of an extreme shape, or mere copies of another.

What is "tiny" or "extreme" depends on the dataset: both a fixed bound and the distance from the median must
be passed, so that a set of 8 × 8 digits is no set of broken pictures. The bounds follow CleanVision
(cleanlab 2023, github.com/cleanlab/cleanvision), which has them as plain constants. The scores are no
probabilities: they order the problems by how surely they spoil an item.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .detector import Bools, Condition, Detector, Evidence, Findings, Floats, Inputs, Ints, Names, needed

SMALL, SMALL_BESIDE_MEDIAN = 32, 0.25
STRETCHED, STRETCHED_BESIDE_MEDIAN = 5.0, 3.0
# Brightness, out of 255, that varies less than this is one colour but for the noise of compression.
FLAT = 2.0
# Where more items than this are copies, equal content is in the nature of the data.
MOST_COPIES = 0.05

# From the worst on; of an item with several problems the worst is told.
SEVERITY = {
    "unreadable": 1.0,
    "empty": 0.95,
    "blank": 0.9,
    "garbled": 0.7,
    "tiny": 0.6,
    "stretched": 0.5,
    "copy": 0.3,
}
PROBLEMS = tuple(SEVERITY)

# UTF-8 that was read as Latin-1 or Windows-1252 ("Ã©" for "é", "â€™" for an apostrophe, "Ð¿Ñ€" for
# Russian), and the sign that stands for bytes that could not be read.
_TAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
GARBLED = re.compile(f"�+|Ã{_TAIL}|Â[\xa0-\xbf]|â€{_TAIL}|ï»¿|ðŸ{_TAIL}|(?:[ÐÑ]{_TAIL}){{2,}}")


def measure_texts(texts: Sequence[str]) -> tuple[Floats, Floats]:
    """The lengths of texts, and how many garbled places each has: `length` and `garbled` of a Condition."""
    length = [len("".join(text.split())) for text in texts]
    garbled = [0 if text.isascii() else len(GARBLED.findall(text)) for text in texts]
    return np.array(length, dtype=np.float32), np.array(garbled, dtype=np.float32)


def measure_rows(rows: Sequence[Mapping[str, Any]]) -> Floats:
    """The share of fields that say something, per row: `filled` of a Condition."""
    shares = [
        sum(value is not None and value != "" for value in row.values()) / max(len(row), 1) for row in rows
    ]
    return np.array(shares, dtype=np.float32)


def run(inputs: Inputs) -> Findings:
    condition = needed(inputs.condition)
    labelled = inputs.labels >= 0
    original = _originals(inputs.content, len(inputs.labels))
    masks = _problems(condition) | {"copy": original >= 0}
    if masks["copy"].mean() > MOST_COPIES if len(labelled) else False:
        masks["copy"] = np.zeros_like(labelled)
    problem = np.full(len(labelled), -1)
    for code in reversed(range(len(PROBLEMS))):
        problem[masks[PROBLEMS[code]] & labelled] = code
    index = np.flatnonzero(problem >= 0)
    return Findings(
        scores=np.where(problem >= 0, np.array(list(SEVERITY.values()))[problem], 0.0),
        index=index,
        suggested=np.full(len(index), -1),
        data={"problem": problem[index], "original": original[index]},
    )


def tell(inputs: Inputs, findings: Findings, j: int, names: Names) -> Evidence:
    problem = PROBLEMS[findings.data["problem"][j]]
    values = {
        name: float(column[findings.index[j]]) for name, column in needed(inputs.condition)._asdict().items()
    }
    text = _SENTENCES[problem].format(
        **{name: "?" if np.isnan(x) else f"{x:.0f}" for name, x in values.items()}
    )
    data: dict[str, Any] = {"problem": problem}
    if problem == "copy":
        data["duplicates"] = [int(names.items[findings.data["original"][j]])]
    return Evidence(text, data)


DETECTOR = Detector(
    name="data_checks",
    version=1,
    kind="bad_data",
    needs=frozenset({"labels", "condition"}),
    task_types=frozenset({"classification"}),
    run=run,
    tell=tell,
    own_score=True,
)

_SENTENCES = {
    "unreadable": "The content cannot be read.",
    "empty": "There is nothing here to label: the content is empty.",
    "blank": "The picture is of one colour.",
    "garbled": "{garbled} places of the text read like bytes in the wrong encoding.",
    "tiny": "The picture has only {width} × {height} pixels, far fewer than the others.",
    "stretched": "The picture, {width} × {height} pixels, is far longer and narrower than the others.",
    "copy": "The content is exactly that of another item.",
}


def _problems(condition: Condition) -> dict[str, Bools]:
    """Where each problem is, by what was measured; a comparison with NaN, not measured, is never true."""
    with np.errstate(invalid="ignore", divide="ignore"):
        longer = np.maximum(condition.width, condition.height)
        shorter = np.minimum(condition.width, condition.height)
        stretch = longer / shorter
        return {
            "unreadable": condition.readable == 0,
            "empty": (condition.length == 0) | (condition.filled == 0),
            "blank": condition.contrast < FLAT,
            "garbled": condition.garbled > 0,
            "tiny": (shorter < SMALL) & (shorter < SMALL_BESIDE_MEDIAN * _median(shorter)),
            "stretched": (stretch >= STRETCHED) & (stretch >= STRETCHED_BESIDE_MEDIAN * _median(stretch)),
        }


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else np.nan


def _originals(content: Ints | None, n: int) -> Ints:
    """The first item of the same content as each, shape (n_items,); -1 where the item itself is that."""
    if content is None:
        return np.full(n, -1)
    _, first, of_item = np.unique(content, return_index=True, return_inverse=True)
    return np.where(first[of_item] == np.arange(n), -1, first[of_item])
