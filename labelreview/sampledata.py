"""Sample data whose label errors are simulated, so that the truth is known: the same every time.

Both sets come inside packages that are installed anyway: handwritten digits in scikit-learn, and what SciPy's
functions say of themselves.
"""

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import orjson
from PIL import Image
from sklearn.datasets import load_digits

SEED = 20260131
# Whose opinions an item has: always a first annotator's, sometimes a second and a third one's.
SHARE_OF_TWO = 0.3
SHARE_OF_THREE = 0.1
RANDOM_ERRORS = 0.04
CARELESS_ERRORS = 0.3
BATCHES = 5
CARELESS_BATCH = 5
_PARTS = "fft integrate interpolate linalg ndimage optimize signal sparse spatial special stats"
SUBPACKAGES = _PARTS.split()
LONGEST_TEXT = 400
SIGNATURE = re.compile(r"^\w+\(.*\)( ->.*)?$", re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """One sample dataset, as a file to import, with what nobody who reviews it should look up."""

    name: str
    media: str
    policy: str
    note: str
    file_name: str
    content: Callable[[], bytes]
    truth: dict[str, str]
    wrong: frozenset[str]


@dataclass(frozen=True)
class Habits:
    """Simulated annotators: one errs at random, one confuses two classes, one is careless in one batch."""

    random: str
    confuser: str
    careless: str
    confused: tuple[str, str]
    confusion_rate: float


def samples() -> Iterator[Sample]:
    yield digits()
    yield functions()


def digits() -> Sample:
    """1,797 pictures of handwritten digits of 8 × 8 pixels."""
    data = load_digits()
    truth = {f"digit-{i:04d}": str(digit) for i, digit in enumerate(data.target)}
    habits = Habits("ann", "bo", "cy", confused=("4", "9"), confusion_rate=0.25)
    rows, wrong = _answered(truth, habits)
    pictures = {row["id"]: image for row, image in zip(rows, data.images, strict=True)}
    for row in rows:
        row["image"] = f"images/{row['id']}.png"
    return Sample(
        name="Handwritten digits",
        media="image",
        policy="second_reviewer",
        note=_note("Handwritten digits that come with scikit-learn.", habits, len(wrong), len(rows)),
        file_name="digits.zip",
        content=lambda: _zipped(rows, pictures),
        truth=truth,
        wrong=wrong,
    )


def functions() -> Sample:
    """What SciPy's public functions say of themselves, labelled with the subpackage they belong to."""
    found = list(_descriptions())
    order = np.random.default_rng(SEED).permutation(len(found))
    texts = {f"text-{i:04d}": found[place][1] for i, place in enumerate(order)}
    truth = {f"text-{i:04d}": found[place][0] for i, place in enumerate(order)}
    habits = Habits("dee", "eli", "flo", confused=("special", "stats"), confusion_rate=0.12)
    rows, wrong = _answered(truth, habits)
    for row in rows:
        row["text"] = texts[row["id"]]
    source = "Which part of SciPy describes itself so? First paragraphs out of the installed package."
    return Sample(
        name="SciPy functions",
        media="text",
        policy="expert",
        note=_note(source, habits, len(wrong), len(rows)),
        file_name="functions.jsonl",
        content=lambda: _lines(rows),
        truth=truth,
        wrong=wrong,
    )


def _answered(truth: dict[str, str], habits: Habits) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """Rows with annotators' opinions, the first one's as the official label; and the ids labelled wrong."""
    rng = np.random.default_rng(SEED)
    classes, people = sorted(set(truth.values())), (habits.random, habits.confuser, habits.careless)
    rows: list[dict[str, Any]] = []
    for place, (name, true) in enumerate(truth.items()):
        batch = 1 + place * BATCHES // len(truth)
        drawn = rng.random()
        count = 3 if drawn < SHARE_OF_THREE else 2 if drawn < SHARE_OF_THREE + SHARE_OF_TWO else 1
        asked = rng.permutation(people)[:count]
        answers = [(str(who), _answer(str(who), true, batch, classes, habits, rng)) for who in asked]
        opinions = [{"annotator": who, "value": value} for who, value in answers]
        meta = {"batch": batch}
        rows.append({"id": name, "label": answers[0][1], "labels": opinions, "meta": meta})
    return rows, frozenset(str(row["id"]) for row in rows if row["label"] != truth[str(row["id"])])


def _answer(
    who: str, true: str, batch: int, classes: Sequence[str], habits: Habits, rng: np.random.Generator
) -> str:
    others = [name for name in classes if name != true]
    if who == habits.confuser:
        first, second = habits.confused
        slips = true in habits.confused and rng.random() < habits.confusion_rate
        return (second if true == first else first) if slips else true
    rate = RANDOM_ERRORS if who == habits.random else CARELESS_ERRORS * (batch == CARELESS_BATCH)
    return str(rng.choice(others)) if rng.random() < rate else true


def _note(source: str, habits: Habits, wrong: int, total: int) -> str:
    first, second = habits.confused
    return (
        f"{source} Sample data with simulated errors: the annotators are not people. {habits.random} errs at "
        f"random ({RANDOM_ERRORS:.0%} of the answers), {habits.confuser} confuses {first} and {second} "
        f"({habits.confusion_rate:.0%} of these), {habits.careless} is careless in batch {CARELESS_BATCH} "
        f"({CARELESS_ERRORS:.0%} wrong there). The official label is the first annotator's answer; "
        f"{wrong:,} of {total:,} are wrong."
    )


def _lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"\n".join(orjson.dumps(row) for row in rows) + b"\n"


def _zipped(rows: Sequence[dict[str, Any]], pictures: dict[str, Any]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        # A ZipInfo by itself is of 1980: the bytes do not depend on when they were made.
        archive.writestr(ZipInfo("rows.jsonl"), _lines(rows))
        for row in rows:
            picture = BytesIO()
            grey = (pictures[row["id"]] * (255 / 16)).astype(np.uint8)
            Image.fromarray(grey).save(picture, "PNG")
            archive.writestr(ZipInfo(str(row["image"])), picture.getvalue())
    return file.getvalue()


def _descriptions() -> Iterator[tuple[str, str]]:
    """(subpackage, first paragraphs) of each public function; of functions that say the same, the first."""
    seen: set[str] = set()
    for subpackage in SUBPACKAGES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated names are no concern of ours
            module = importlib.import_module(f"scipy.{subpackage}")
            members = [getattr(module, name, None) for name in sorted(module.__all__)]
        for text in filter(None, map(_description, filter(callable, members))):
            if text not in seen:
                seen.add(text)
                yield subpackage, text


def _description(function: object) -> str:
    """The first two paragraphs of the docstring that are neither a signature nor a section."""
    said = inspect.getdoc(function) or ""
    prose = re.split(r"\n[^\n]+\n-{3,}", said)[0]
    paragraphs = [" ".join(part.split()) for part in prose.split("\n\n")]
    kept = [part for part in paragraphs if part and not SIGNATURE.match(part) and not part.startswith("..")]
    return " ".join(kept[:2])[:LONGEST_TEXT].strip()
