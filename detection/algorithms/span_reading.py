"""Doubts about marked passages, in words; `tokens` judges and `spans` finds them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import spans, tokens
from .detector import Bools, Evidence, Floats, Ints, per_cent
from .part_suspicions import Doubt, Found

# Other places with the same words that must speak for a suggestion before their inconsistency is one.
FEWEST_ELSEWHERE = 2
LONGEST_QUOTE = 60

Span = dict[str, Any]


class Tokens(NamedTuple):
    """The tokens of all texts behind each other, and the spans that are marked in them.

    item       : int array, shape (n_texts,), ascending, the item of each text
    offsets    : int array, shape (n_texts + 1,), where each text starts, and where the last one ends
    start, end : int arrays, shape (n_tokens,), the characters of each token in its text
    word       : int array, shape (n_tokens,), equal where the tokens are the same word
    labels     : int array, shape (n_tokens,), 0 where the token is in no span
    starts     : bool array, shape (n_tokens,), whether a span starts here
    first, last, label, span_start, span_end : int arrays, shape (n_spans,): the tokens, class and characters
    """

    item: Ints
    offsets: Ints
    start: Ints
    end: Ints
    word: Ints
    labels: Ints
    starts: Bools
    first: Ints
    last: Ints
    label: Ints
    span_start: Ints
    span_end: Ints


class Voice(NamedTuple):
    """Whose reading the marked spans are held against, and how a sentence calls it.

    by_words : whether other places with the same words have a say
    """

    reads: str
    by_words: bool


MODEL = Voice("The model reads", by_words=True)
ANNOTATORS = Voice("Other annotators read", by_words=False)
WORDS = Voice("Elsewhere the label reads", by_words=True)


class Judged(NamedTuple):
    """A reading of all texts and what is doubtful beside it."""

    tokens: Tokens
    probs: Floats
    voice: Voice
    wrong: Floats
    suspects: spans.Suspects


def judge(read: Tokens, probs: Floats, voice: Voice) -> Judged:
    """What is doubtful of the marked spans beside class probabilities of the tokens.

    probs : float array, shape (n_tokens, n_classes + 1), rows sum to 1, class 0 for "in no span"
    """
    words = read.word if voice.by_words else None
    judgement = tokens.judge(read.labels, probs, starts=read.starts, words=words)
    suspects = spans.suspect(read.labels, read.starts, read.offsets, judgement)
    return Judged(read, probs, voice, judgement.wrong, suspects)


def base_rates(read: Tokens, n_classes: int) -> Floats:
    """Of each token what is known without looking at it: how usual each class is."""
    usual = np.bincount(read.labels, minlength=n_classes + 1) + 1.0
    return np.broadcast_to(usual / usual.sum(), (len(read.labels), n_classes + 1))


def find(
    judged: Judged,
    *,
    method: str,
    classes: Sequence[str],
    texts: Callable[[Iterable[int]], Mapping[int, str]],
) -> Found:
    """The doubts that are this method's, in words, and how likely each marked span is wrong.

    texts : the texts of some items, for quoting them
    """
    read, suspects = judged.tokens, judged.suspects
    cases = [case for case in _cases(judged, classes) if _is_of(method, case, judged.voice)]
    quoted = texts({case.item for case in cases})
    order = np.argsort(read.word, kind="stable")
    doubts = [
        doubt
        for case in cases
        if (doubt := _doubt(case, judged, method, classes, quoted[case.item], order)) is not None
    ]
    wrong = judged.wrong[read.first] if len(read.first) else np.zeros(0)
    missing = suspects.kind == spans.MISSING
    text_of_span = np.searchsorted(read.offsets, read.first, side="right") - 1
    text_of_missing = np.searchsorted(read.offsets, suspects.first[missing], side="right") - 1
    return Found(
        doubts,
        np.concatenate([read.item[text_of_span], read.item[text_of_missing]]),
        # Token classes begin with the one for "in no span".
        np.concatenate([read.labels[read.first], suspects.reading[suspects.first[missing]]]) - 1,
        np.concatenate([wrong, suspects.score[missing]]),
    )


class _Case(NamedTuple):
    """One suspected passage: what is marked there and what should be, without what both have."""

    item: int
    kind: str
    first: int
    last: int
    score: float
    given: list[Span]
    suggested: list[Span]


def _cases(judged: Judged, classes: Sequence[str]) -> Iterator[_Case]:
    read, found = judged.tokens, judged.suspects
    for kind, first, last, score in zip(
        found.kind.tolist(), found.first.tolist(), found.last.tolist(), found.score.tolist(), strict=True
    ):
        low, high = np.searchsorted(read.first, [first, last])
        given = {
            (int(read.first[i]), int(read.last[i]), int(read.label[i])): _given(read, i, classes)
            for i in range(low, high)
        }
        wanted = spans.spans_between(found.reading, found.begins, first, last)
        places = {(a, b): one for (a, b, _), one in given.items()}
        suggested = [
            _suggested(read, a, b, classes[k - 1], places.get((a, b)))
            for a, b, k in wanted
            if (a, b, k) not in given
        ]
        gone = [one for place, one in given.items() if place not in wanted]
        if gone or suggested:
            text = int(np.searchsorted(read.offsets, first, side="right")) - 1
            told = _kind(spans.KINDS[kind], gone, suggested)
            yield _Case(int(read.item[text]), told, first, last, score, gone, suggested)


def _given(read: Tokens, i: int, classes: Sequence[str]) -> Span:
    start, end = int(read.span_start[i]), int(read.span_end[i])
    return {"start": start, "end": end, "label": classes[read.label[i] - 1]}


def _suggested(read: Tokens, first: int, last: int, label: str, instead_of: Span | None) -> Span:
    """A span of these tokens; one that only changes the class of a given span keeps its very characters."""
    if instead_of is not None:
        return {**instead_of, "label": label}
    return {"start": int(read.start[first]), "end": int(read.end[last - 1]), "label": label}


def _kind(kind: str, given: list[Span], suggested: list[Span]) -> str:
    """The kind once what stays as it is does not count."""
    if not given:
        return "missing_label"
    if not suggested:
        return "spurious_label"
    if len(given) == len(suggested) == 1 and _place(given) == _place(suggested):
        return "wrong_class"
    return "bad_boundary" if kind != "wrong_class" or _place(given) != _place(suggested) else kind


def _place(listed: list[Span]) -> dict[str, int]:
    return {"start": min(s["start"] for s in listed), "end": max(s["end"] for s in listed)}


def _is_of(method: str, case: _Case, voice: Voice) -> bool:
    """Whether a method speaks of such a case; by the same words and by annotators all are one method's."""
    if voice is not MODEL:
        return True
    if case.kind != "bad_boundary":
        return method == "token_confident_learning"
    one_for_one = len(case.given) == len(case.suggested) == 1
    return method == ("span_boundary" if one_for_one else "inconsistent_spans")


def _doubt(
    case: _Case, judged: Judged, method: str, classes: Sequence[str], text: str, order: Ints
) -> Doubt | None:
    """The case in words; None where the same words elsewhere are all that speaks, and too few of them do."""
    same, others = _elsewhere(case, judged, order)
    if judged.voice is WORDS and (same < FEWEST_ELSEWHERE or same <= others - same):
        return None
    data: dict[str, Any] = {"elsewhere": {"as_suggested": same, "places": others}}
    sentence = _sentence(case, judged, text)
    if same >= FEWEST_ELSEWHERE:
        sentence += f" The same words are marked so in {same} of {others} other places."
    if judged.voice is not WORDS:
        data["confidence"] = round(_confidence(case, judged), 4)
    part = _place(case.given or case.suggested)
    told = Evidence(sentence, data)
    return Doubt(case.item, method, case.kind, part, case.given, case.suggested, case.score, told)


def _elsewhere(case: _Case, judged: Judged, order: Ints) -> tuple[int, int]:
    """In how many other places the same words are marked as suggested, and in how many they stand."""
    read, suspects = judged.tokens, judged.suspects
    seen = Counter(spans.elsewhere(read.labels, read.word, order, case.first, case.last))
    return seen[tuple(suspects.reading[case.first : case.last].tolist())], sum(seen.values())


def _confidence(case: _Case, judged: Judged) -> float:
    """The mean probability that the voice itself gives to its reading of the passage."""
    rows = np.arange(case.first, case.last)
    return float(judged.probs[rows, judged.suspects.reading[rows]].mean())


def _sentence(case: _Case, judged: Judged, text: str) -> str:
    voice = judged.voice
    share = "" if voice is WORDS else f" ({per_cent(_confidence(case, judged))})"
    marked, wanted = _listed(case.given, text), _listed(case.suggested, text)
    if case.kind == "missing_label":
        return f"{voice.reads} {wanted}{share}, and nothing is marked there."
    if case.kind == "spurious_label":
        return f"{voice.reads} nothing to be marked{share} in {marked}."
    if case.kind == "wrong_class":
        return f"{voice.reads} {wanted}{share}, not {case.given[0]['label']}."
    return f"{voice.reads} {wanted}{share} where {marked} is marked: {_off(case)}."


def _listed(listed: list[Span], text: str) -> str:
    return " and ".join(f"“{_quote(text[s['start'] : s['end']])}” as {s['label']}" for s in listed)


def _quote(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


def _off(case: _Case) -> str:
    """In words how what is marked lies beside what should be."""
    n_given, n_suggested = len(case.given), len(case.suggested)
    if n_given < n_suggested:
        return "it may be several entities in one"
    if n_given > n_suggested:
        return "it may be one entity in several"
    given, wanted = _place(case.given), _place(case.suggested)
    if given["start"] <= wanted["start"] and given["end"] >= wanted["end"]:
        return "the span may be too long"
    if given["start"] >= wanted["start"] and given["end"] <= wanted["end"]:
        return "the span may be too short"
    return "the span may be shifted"
