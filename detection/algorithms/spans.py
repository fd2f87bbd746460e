"""Marked passages: which given spans are wrong, which are missing, and what should be there instead.

The tokens' judgements (see `tokens`) become a second reading of the text: where a token's label is believed
it stays, elsewhere the likeliest other one takes its place. Given spans and the spans of that reading that
touch each other are one suspicion, whose kind follows from how many of each there are (the categories of
Segura-Bedmar et al., SemEval-2013 task 9, taken apart): a span without counterpart is spurious or missing,
one for one is the wrong class or a bad boundary, one for several or several for one is a bad boundary that
glues or splits entities ("aspirin 81 mg").
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .detector import Bools, Floats, Ints
from .tokens import OUTSIDE, Judgement, spans_of

# Below this a label is more than nine times as likely right: not worth a person's minute.
WORTH_A_LOOK = 0.1
KINDS = ("wrong_class", "missing_label", "spurious_label", "bad_boundary")
WRONG_CLASS, MISSING, SPURIOUS, BAD_BOUNDARY = range(4)
# From here on a single token is taken out of its span, or into it, rather than the whole span doubted.
SURE = 0.5


class Suspects(NamedTuple):
    """
    kind        : int array, shape (n_found,), index into KINDS
    first, last : int arrays, shape (n_found,), the tokens that it is about, `last` exclusive
    score       : float array, shape (n_found,), the probability that what is given there is wrong
    n_given     : int array, shape (n_found,), how many given spans it is about
    n_suggested : int array, shape (n_found,), how many spans there should be instead
    reading     : int array, shape (n_tokens,), the class of each token in the second reading
    begins      : bool array, shape (n_tokens,), whether a span of the second reading starts here
    """

    kind: Ints
    first: Ints
    last: Ints
    score: Floats
    n_given: Ints
    n_suggested: Ints
    reading: Ints
    begins: Bools


def suspect(labels: Ints, starts: Bools, offsets: Ints, judgement: Judgement) -> Suspects:
    """The passages worth a look, the likeliest errors first.

    labels    : int array, shape (n_tokens,), values in [0, n_classes), 0 where the token is in no span
    starts    : bool array, shape (n_tokens,), whether a given span starts here
    offsets   : int array, shape (n_sentences + 1,), where each sentence starts, and where the last one ends
    judgement : of `tokens.judge`, with the same `starts`
    """
    reading = _second_reading(labels, starts, judgement)
    begins = _begins(labels, starts, reading, offsets)
    passage = _passages(labels, starts, reading, begins)
    inside = np.flatnonzero(passage >= 0)
    of, given, read = passage[inside], labels[inside], reading[inside]
    n_found = int(of.max(initial=-1)) + 1

    def count(what: NDArray[Any]) -> Floats:
        return np.bincount(of, what, minlength=n_found).astype(float)

    changed = read != given
    score = count(judgement.wrong[inside] * changed) / np.maximum(count(changed), 1)
    n_given, n_suggested = count(starts[inside] & (given != OUTSIDE)), count(begins[inside])
    kind = _kind(n_given, n_suggested, count((given == OUTSIDE) != (read == OUTSIDE)) > 0)
    first = inside[np.searchsorted(of, np.arange(n_found))]
    last = inside[np.searchsorted(of, np.arange(n_found), side="right") - 1] + 1
    kept = np.flatnonzero((score >= WORTH_A_LOOK) & (count(changed) > 0))
    kept = kept[np.lexsort((first[kept], -score[kept]))]
    return Suspects(
        kind=kind[kept],
        first=first[kept],
        last=last[kept],
        score=score[kept],
        n_given=n_given[kept].astype(np.int64),
        n_suggested=n_suggested[kept].astype(np.int64),
        reading=reading,
        begins=begins,
    )


def spans_between(labels: Ints, starts: Bools, first: int, last: int) -> list[tuple[int, int, int]]:
    """(first token, last token exclusive, class) of each span between two tokens, as given or as read."""
    spans: list[tuple[int, int, int]] = []
    for token in range(first, last):
        if labels[token] == OUTSIDE:
            continue
        if spans and spans[-1][1] == token and not starts[token]:
            spans[-1] = (spans[-1][0], token + 1, spans[-1][2])
        else:
            spans.append((token, token + 1, int(labels[token])))
    return spans


def elsewhere(labels: Ints, words: Ints, index: Ints, first: int, last: int) -> list[tuple[int, ...]]:
    """How the same words are labelled in each other place, as the classes of their tokens.

    words : int array, shape (n_tokens,), equal where the tokens are the same word
    index : int array, shape (n_tokens,), `np.argsort(words, kind="stable")`, made once for all passages
    """
    passage = words[first:last]
    low = np.searchsorted(words, passage[0], sorter=index)
    high = np.searchsorted(words, passage[0], side="right", sorter=index)
    places = index[low:high]
    places = places[(places + len(passage) <= len(words)) & (places != first)]
    for offset in range(1, len(passage)):
        places = places[words[places + offset] == passage[offset]]
    return [tuple(labels[place : place + len(passage)].tolist()) for place in places]


def covered(token_start: Ints, token_end: Ints, span_start: Ints, span_end: Ints) -> tuple[Ints, Ints]:
    """The first and the last token (exclusive) that each span of characters touches; equal where it has none.

    All are positions in one text, or in all texts behind each other: int arrays, shape (n_tokens,) ascending,
    and shape (n_spans,).
    """
    first = np.searchsorted(token_end, span_start, side="right")
    last = np.searchsorted(token_start, span_end, side="left")
    return first, np.maximum(first, last)


def marked(first: Ints, last: Ints, label: Ints, n_tokens: int) -> tuple[Ints, Bools]:
    """Each token's class and whether a span starts there, from spans; of spans that overlap the first counts.

    first, last : int arrays, shape (n_spans,), the tokens of each, `last` exclusive
    label       : int array, shape (n_spans,), values from 1
    """
    labels, starts = np.zeros(n_tokens, dtype=np.int64), np.zeros(n_tokens, dtype=bool)
    token, owner = _tokens_of(first, last)
    taken, of_token = np.unique(token, return_index=True)
    labels[taken] = label[owner[of_token]]
    owners = np.full(n_tokens, -1)
    owners[taken] = owner[of_token]
    starts[taken] = owners[taken] != np.concatenate([[-1], owners])[taken]
    return labels, starts


def opinions_as_probs(
    first: Ints, last: Ints, label: Ints, score: Floats, *, n_tokens: int, n_classes: int, n_opinions: int = 1
) -> Floats:
    """Class probabilities of tokens from spans that models scored or other annotators gave.

    first, last, label : as `marked` takes them
    score      : float array, shape (n_spans,), in [0, 1]; 1 for an annotator's span
    n_opinions : how many models or annotators spoke; where one is silent, it says "in no span"
    """
    token, owner = _tokens_of(first, last)
    said = np.bincount(token * n_classes + label[owner], score[owner], minlength=n_tokens * n_classes)
    probs = said.reshape(n_tokens, n_classes) / n_opinions
    probs /= np.maximum(probs.sum(axis=1, keepdims=True), 1)
    probs[:, OUTSIDE] += 1 - probs.sum(axis=1)
    # One opinion more that is spread over all classes: nobody is certain.
    return (probs * n_opinions + 0.1 / n_classes) / (n_opinions + 0.1)


def _tokens_of(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Each token of each span, and the number of that span."""
    lengths = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first)), lengths)
    within = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner]
    return first[owner] + within, owner


def _second_reading(labels: Ints, starts: Bools, judgement: Judgement) -> Ints:
    """The class of each token if every doubt was justified, shape (n_tokens,)."""
    n = len(labels)
    others = judgement.probs.copy()
    others[np.arange(n), labels] = -1
    reading = np.where(judgement.wrong >= WORTH_A_LOOK, others.argmax(axis=1), labels)
    inside = np.flatnonzero(labels != OUTSIDE)
    if not len(inside):
        return reading
    span = spans_of(labels, starts)[inside]
    sure = judgement.probs[inside, labels[inside]] < SURE
    how_many, size = np.bincount(span, sure), np.maximum(np.bincount(span), 1)
    # Where single tokens of a span are surely something else, the others are what they were given as.
    partly = ((how_many > 0) & (how_many < size))[span]
    reading[inside[partly & ~sure]] = labels[inside[partly & ~sure]]
    reading[inside[partly & sure]] = others[inside[partly & sure]].argmax(axis=1)
    whole = ~partly & (judgement.wrong[inside] >= WORTH_A_LOOK)
    sums = np.column_stack([np.bincount(span, column) for column in np.maximum(others[inside], 0).T])
    reading[inside[whole]] = sums.argmax(axis=1)[span[whole]]
    return reading


def _begins(labels: Ints, starts: Bools, reading: Ints, offsets: Ints) -> Bools:
    """Where spans of the second reading start: where the class changes, and where given spans still stand."""
    before = np.concatenate([[OUTSIDE], reading[:-1]])
    same = reading == labels
    kept_apart = starts & same & np.concatenate([[False], same[:-1]])
    begins = (reading != before) | kept_apart
    begins[offsets[:-1][np.diff(offsets) > 0]] = True
    return begins & (reading != OUTSIDE)


def _passages(labels: Ints, starts: Bools, reading: Ints, begins: Bools) -> Ints:
    """The passage of each token, -1 outside all: tokens that share a given or a suggested span share it."""
    covered_at_all = (labels != OUTSIDE) | (reading != OUTSIDE)
    joined_given = np.concatenate([[False], (labels[1:] != OUTSIDE) & (labels[:-1] != OUTSIDE) & ~starts[1:]])
    joined_read = np.concatenate(
        [[False], (reading[1:] != OUTSIDE) & (reading[:-1] != OUTSIDE) & ~begins[1:]]
    )
    opens = covered_at_all & ~(joined_given | joined_read)[: len(labels)]
    return np.where(covered_at_all, np.cumsum(opens) - 1, -1)


def _kind(n_given: Floats, n_suggested: Floats, moved: Bools) -> Ints:
    kind = np.full(len(n_given), BAD_BOUNDARY)
    kind[(n_given == 1) & (n_suggested == 1) & ~moved] = WRONG_CLASS
    kind[n_given == 0] = MISSING
    kind[n_suggested == 0] = SPURIOUS
    return kind
