"""The data: texts that look like short support messages, the same in every run."""

import random
from collections.abc import Iterator
from itertools import accumulate
from textwrap import wrap

import orjson

SEED = 20
CLASSES = ("billing", "delivery", "account", "returns", "quality", "warranty", "praise", "spam", "legal")
VOCABULARY = 6000
SYLLABLES = wrap("bacodifeguhajekilomunaperisotuvexezi", 2)


def write(count: int) -> bytes:
    """The rows as canonical JSONL."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in _rows(count))


def rare_words(how_many: int) -> list[str]:
    """Words that stand in fewer than one text of a thousand."""
    return _vocabulary()[-how_many:]


def _rows(count: int) -> Iterator[dict[str, str]]:
    dice, words = random.Random(SEED), _vocabulary()
    # Few words are frequent and most are rare, as in any language.
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))
    for number in range(count):
        text = " ".join(dice.choices(words, cum_weights=weights, k=dice.randint(8, 24)))
        yield {"id": f"row-{number:06d}", "text": text, "label": dice.choice(CLASSES)}


def _vocabulary() -> list[str]:
    dice = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(dice.choices(SYLLABLES, k=dice.randint(2, 5)))] = None
    return sorted(found, key=lambda word: (len(word), word))
