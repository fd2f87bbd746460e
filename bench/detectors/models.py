"""Features to out-of-sample probabilities: how well they rank the wrong labels, and what they cost."""

import csv
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict

from bench.detectors import sets
from bench.detectors.row import Row, once
from detection import features
from detection.algorithms import out_of_fold

REACH = {"random": "≥ .94", "confusable": "≥ .86", "instance": ""}
LARGE = 10_000


def measure(*, full: bool) -> Iterator[Row]:
    warnings.simplefilter("ignore")
    yield from _tables(full=full)
    for name, texts, truth, given in _text_sets():
        yield _text(name, texts, truth, given)


def _tables(*, full: bool) -> Iterator[Row]:
    precision: dict[str, list[tuple[float, float]]] = {noise: [] for noise in sets.NOISES}
    taken = np.zeros(2)
    for table in sets.tables():
        large = len(table.labels) >= LARGE
        # Logistic regression takes its time on a large set, which is steady enough for one seed.
        for noise in sets.NOISES if full or not large else sets.NOISES[:1]:
            for seed in range(3 if full and not large else 1):
                row, found, times = _table(table, noise, seed)
                precision[noise].append(found)
                taken += times if large else (0, 0)
            yield row
    for noise, found in precision.items():
        theirs, ours = np.mean(found, axis=0)
        yield Row(f"mean AP, {noise} errors", f"{theirs:.3f}", f"{ours:.3f}", "", REACH[noise])
    if taken.any():
        yield Row(
            f"time on sets of {LARGE:,} rows or more",
            f"{taken[0]:.1f} s",
            f"{taken[1]:.1f} s",
            f"{taken[0] / taken[1]:.1f} ×",
            "15 ×",
        )


def _table(table: sets.Table, noise: str, seed: int) -> tuple[Row, tuple[float, float], tuple[float, float]]:
    given = sets.spoiled(table, noise, seed)
    wrong, at = given != table.labels, np.arange(len(given))
    model = LogisticRegression(max_iter=100)
    theirs, by_folds = once(
        lambda: cross_val_predict(model, table.features, given, cv=5, method="predict_proba")
    )
    ours, left_out = once(lambda: out_of_fold.probabilities(table.features, given, table.n_classes))
    precision = tuple(
        float(average_precision_score(wrong, -probs[at, given])) for probs in (by_folds, left_out)
    )
    row = Row(
        f"{table.name}, {noise} errors: AP, time",
        f"{precision[0]:.3f}, {theirs:.1f} s",
        f"{precision[1]:.3f}, {ours:.1f} s",
        f"{theirs / ours:.1f} ×",
        "",
    )
    return row, (precision[0], precision[1]), (theirs, ours)


def _text_sets() -> Iterator[tuple[str, list[str], np.ndarray, np.ndarray]]:
    """Name, texts, true and given classes."""
    if (sets.SHARED / "sms_spam_injected").is_dir():
        with (sets.SHARED / "sms_spam_injected" / "labels.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        texts, truth = [row["text"] for row in rows], np.array([int(row["true_label"]) for row in rows])
        for noise in ("given_uniform", "given_classdep"):
            yield f"text messages, {noise}", texts, truth, np.array([int(row[noise]) for row in rows])
    found = sets.passages()
    if found is not None:
        texts, truth = found
        place = sets.Table("newsgroups", np.zeros((len(truth), 1)), truth)
        yield "20 newsgroups, random errors", texts, truth, sets.spoiled(place, "random", 0)


def _text(name: str, texts: list[str], truth: np.ndarray, given: np.ndarray) -> Row:
    k = int(truth.max()) + 1
    theirs, by_folds = once(lambda: _tfidf(texts, given))
    ours, left_out = once(lambda: out_of_fold.probabilities(features.from_texts([texts]).model, given, k))
    found = [
        average_precision_score(given != truth, -p[np.arange(len(given)), given])
        for p in (by_folds, left_out)
    ]
    return Row(
        f"{name}: AP, time",
        f"{found[0]:.3f}, {theirs:.2f} s",
        f"{found[1]:.3f}, {ours:.2f} s",
        f"{theirs / ours:.1f} ×",
        "above, 10 × in time",
    )


def _tfidf(texts: list[str], given: np.ndarray) -> np.ndarray:
    counted = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(texts)
    return cross_val_predict(LogisticRegression(max_iter=1000), counted, given, cv=5, method="predict_proba")
