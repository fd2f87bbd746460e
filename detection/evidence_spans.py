"""Database to arrays for spans: the tokens of all texts behind each other, with what is marked in them."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from reviews.models import Item, LabelStatus

from .algorithms import spans
from .algorithms.detector import MISSING, Floats, Ints
from .algorithms.span_reading import Tokens
from .evidence import CHUNK, Subjects
from .evidence_parts import opinions, predicted
from .models import PredictionModel

TOKEN = re.compile(r"\w+|[^\w\s]")

Places = list[tuple[int, int]]


def by_model(asked: Subjects, model: PredictionModel) -> tuple[Tokens, Floats]:
    """The texts that the model spoke of and its class probabilities of each token, class 0 for "in no span".

    Where it gave them by tokens these are the tokens; where it gave spans with scores, words and signs are.
    """
    builder, blocks = _Builder(asked), _Blocks(len(asked.classes) + 1)
    number = {name: k + 1 for k, name in enumerate(asked.classes)}
    for place, text, value, said in _joined(asked, predicted(asked, model)):
        if isinstance(said, dict):
            tokens = [(int(start), int(end)) for start, end in said["tokens"]]
            builder.add(place, text, value, tokens)
            blocks.add(_from_probs(said["probs"], number, len(tokens)))
        else:
            tokens = _tokens(text)
            builder.add(place, text, value, tokens)
            blocks.add(_from_opinions([said], tokens, number))
    return builder.tokens(), blocks.probs()


def by_annotators(asked: Subjects) -> tuple[Tokens, Floats]:
    """The texts that annotators spoke of, and each token's class probabilities by what they marked."""
    builder, blocks = _Builder(asked), _Blocks(len(asked.classes) + 1)
    number = {name: k + 1 for k, name in enumerate(asked.classes)}
    for place, text, value, said in _joined(asked, opinions(asked)):
        tokens = _tokens(text)
        builder.add(place, text, value, tokens)
        blocks.add(_from_opinions(said, tokens, number))
    return builder.tokens(), blocks.probs()


def by_words(asked: Subjects) -> Tokens:
    """All labelled texts in words and signs."""
    builder = _Builder(asked)
    for place, text, value in _texts(asked):
        builder.add(place, text, value, _tokens(text))
    return builder.tokens()


def texts(asked: Subjects, places: Iterable[int]) -> dict[int, str]:
    """The texts of some items."""
    wanted = {int(asked.ids[place]): place for place in places}
    found, ids = {}, list(wanted)
    for start in range(0, len(ids), CHUNK):
        rows = Item.objects.filter(pk__in=ids[start : start + CHUNK]).values_list("pk", "text")
        found.update({wanted[pk]: text or "" for pk, text in rows})
    return found


class _Builder:
    """Takes texts one by one, in the order of items, and makes flat arrays of them."""

    def __init__(self, asked: Subjects) -> None:
        self._number = {name: k + 1 for k, name in enumerate(asked.classes)}
        self._words: dict[str, int] = {}
        self._item, self._offsets = array("q"), array("q", [0])
        self._start, self._end, self._word = array("q"), array("q"), array("q")
        self._first, self._last, self._label = array("q"), array("q"), array("q")
        self._span_start, self._span_end = array("q"), array("q")

    def add(self, place: int, text: str, value: Sequence[dict[str, Any]], tokens: Places) -> None:
        """One text with its label; of spans that overlap in tokens the first is looked at."""
        base = len(self._start)
        self._item.append(place)
        for start, end in tokens:
            self._start.append(start)
            self._end.append(end)
            word = text[start:end].lower()
            self._word.append(self._words.setdefault(word, len(self._words)))
        self._offsets.append(len(self._start))
        reached = 0
        for (first, last), span in zip(_covered(tokens, value), value, strict=True):
            if first < last and first >= reached and span["label"] in self._number:
                reached = last
                self._first.append(base + first)
                self._last.append(base + last)
                self._label.append(self._number[span["label"]])
                self._span_start.append(span["start"])
                self._span_end.append(span["end"])

    def tokens(self) -> Tokens:
        first, last, label = _ints(self._first), _ints(self._last), _ints(self._label)
        labels, starts = spans.marked(first, last, label, len(self._start))
        return Tokens(
            item=_ints(self._item),
            offsets=_ints(self._offsets),
            start=_ints(self._start),
            end=_ints(self._end),
            word=_ints(self._word),
            labels=labels,
            starts=starts,
            first=first,
            last=last,
            label=label,
            span_start=_ints(self._span_start),
            span_end=_ints(self._span_end),
        )


class _Blocks:
    """Rows of probabilities that come text by text."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._data = array("f")

    def add(self, block: Floats) -> None:
        self._data.frombytes(np.ascontiguousarray(block, dtype=np.float32).tobytes())

    def probs(self) -> Floats:
        if not len(self._data):
            return np.zeros((0, self._width), dtype=np.float32)
        return np.frombuffer(self._data, dtype=np.float32).reshape(-1, self._width)


def _tokens(text: str) -> Places:
    return [found.span() for found in TOKEN.finditer(text)]


def _covered(tokens: Places, value: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    """The first and last token (exclusive) of each span."""
    if not value or not tokens:
        return [(0, 0)] * len(value)
    start, end = np.array(tokens, dtype=np.int64).T
    places = np.array([(span["start"], span["end"]) for span in value], dtype=np.int64).T
    first, last = spans.covered(start, end, *places)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _from_probs(said: dict[str, Sequence[float]], number: dict[str, int], n_tokens: int) -> Floats:
    """The probabilities of each token with rows that sum to 1; unknown classes are in no span."""
    probs = np.zeros((n_tokens, len(number) + 1))
    for name, column in said.items():
        probs[:, number.get(name, 0)] += np.clip(np.asarray(column, dtype=float), 0, 1)
    total = probs.sum(axis=1, keepdims=True)
    probs[total[:, 0] <= 0, 0] = 1
    return probs / np.where(total > 0, total, 1)


def _from_opinions(
    said: Sequence[Sequence[dict[str, Any]]], tokens: Places, number: dict[str, int]
) -> Floats:
    """The probabilities of each token out of the spans that models or annotators marked."""
    rows = [
        (first, last, number[span["label"]], span.get("score", 1.0))
        for value in said
        for (first, last), span in zip(_covered(tokens, value), value, strict=True)
        if span["label"] in number
    ]
    first, last, label, score = np.array(rows, dtype=float).reshape(-1, 4).T
    probs = spans.opinions_as_probs(
        first.astype(np.int64),
        last.astype(np.int64),
        label.astype(np.int64),
        score,
        n_tokens=len(tokens),
        n_classes=len(number) + 1,
        n_opinions=len(said),
    )
    # People who agree bear witness each on their own: three are more than one and the same three times.
    witnessed = probs ** max(len(said), 1)
    return np.asarray(witnessed / witnessed.sum(axis=1, keepdims=True))


def _texts(asked: Subjects) -> Iterator[tuple[int, str, list[Any]]]:
    """(item, text, official label) of every labelled item, in their order."""
    items = Item.objects.filter(dataset=asked.dataset, current_revision__status=LabelStatus.LABELLED)
    rows = items.order_by("id").values_list("id", "text", "current_revision__value")
    for item_id, text, value in rows.iterator(CHUNK):
        place = int(asked.places([item_id])[0])
        if place >= 0 and asked.labels[place] != MISSING and value is not None:
            yield place, text or "", value


def _joined(asked: Subjects, said: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, str, list[Any], Any]]:
    """The labelled texts that something was said of, with that; both come in the order of items."""
    at, what = next(said, (-1, None))
    for place, text, value in _texts(asked):
        while -1 < at < place:
            at, what = next(said, (-1, None))
        if at == place:
            yield place, text, value, what


def _ints(values: array) -> Ints:
    return np.frombuffer(values, dtype=np.int64) if len(values) else np.zeros(0, dtype=np.int64)
