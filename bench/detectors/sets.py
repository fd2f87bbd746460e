"""Sets with known labels, and three ways to spoil them."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pyarrow import parquet
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
RATE = 0.07
NOISES = ("random", "confusable", "instance")


class Table(NamedTuple):
    name: str
    features: np.ndarray
    labels: np.ndarray

    @property
    def n_classes(self) -> int:
        return int(self.labels.max()) + 1


def tables() -> Iterator[Table]:
    for name, load in (("digits", load_digits), ("breast cancer", load_breast_cancer), ("wine", load_wine)):
        found = load()
        yield Table(name, found.data.astype(np.float32), found.target)
    if (SHARED / "letter_injected").is_dir():
        yield Table("letter", columns("letter_injected/features.parquet"), _truth("letter_injected"))
    if (SHARED / "mnist_test").is_dir():
        with np.load(SHARED / "mnist_test" / "images.npz") as archive:
            pixels = archive["X"].reshape(len(archive["X"]), -1).astype(np.float32)
        yield Table("mnist", pixels, numbers("mnist_test/labels.csv")["given_label"])


def passages() -> tuple[list[str], np.ndarray] | None:
    """The texts and groups of 20 newsgroups, where they are here."""
    if not (SHARED / "news20_test").is_dir():
        return None
    texts = parquet.read_table(SHARED / "news20_test" / "text.parquet", columns=["text"])
    return texts["text"].to_pylist(), numbers("news20_test/labels.csv")["given_label"]


def columns(name: str) -> np.ndarray:
    table = parquet.read_table(SHARED / name)
    return np.column_stack(
        [
            column.to_numpy()
            for name, column in zip(table.column_names, table.columns, strict=True)
            if name not in ("id", "item")
        ]
    ).astype(np.float32)


def numbers(name: str) -> dict[str, np.ndarray]:
    """The columns of a CSV file that hold whole numbers."""
    with (SHARED / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for column in rows[0]:
        try:
            found[column] = np.array([int(row[column]) for row in rows])
        except ValueError:
            continue
    return found


def spoiled(table: Table, noise: str, seed: int, rate: float = RATE) -> np.ndarray:
    """The labels with a share of them wrong: anyhow, for the class most like theirs, or where it is near."""
    rng = np.random.default_rng(seed)
    n, k = len(table.labels), table.n_classes
    if noise == "random":
        return np.where(rng.random(n) < rate, (table.labels + rng.integers(1, k, n)) % k, table.labels)
    scaled = table.features / np.maximum(table.features.std(axis=0), 1e-9)
    centres = np.stack([scaled[table.labels == c].mean(axis=0) for c in range(k)])
    if noise == "confusable":
        apart = ((centres[:, None] - centres[None]) ** 2).sum(axis=2) + np.diag(np.full(k, np.inf))
        return np.where(rng.random(n) < rate, apart.argmin(axis=1)[table.labels], table.labels)
    distance = (scaled**2).sum(axis=1)[:, None] - 2 * scaled @ centres.T + (centres**2).sum(axis=1)
    own = distance[np.arange(n), table.labels].copy()
    distance[np.arange(n), table.labels] = np.inf
    # The chance of an error grows towards the nearest other class.
    rank = (own - distance.min(axis=1)).argsort().argsort() / n
    return np.where(rng.random(n) < 2 * rate * rank, distance.argmin(axis=1), table.labels)


def _truth(name: str) -> np.ndarray:
    return numbers(f"{name}/labels.csv")["true_label"]
