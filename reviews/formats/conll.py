"""CoNLL-2003 and its kin: a token a line with tags in columns, a blank line after each sentence.

The form: Tjong Kim Sang, De Meulder 2003, doi:10.3115/1119176.1119195. Tags may be BIO (IOB2), IOB1, BIOES or
BILOU; all say the same spans. A sentence is an item; its text is its tokens, a space between them, or what a
comment `# text = "…"` before it says. Our own files have such comments for all that columns cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import Any, BinaryIO, TextIO

import orjson

from reviews.formats import encoding
from reviews.formats.canonical import Row
from reviews.formats.errors import FormatError
from reviews.formats.parsing import parse
from reviews.tasktypes.base import TaskType

DOCUMENT = "-DOCSTART-"
COMMENT = re.compile(r"# (id|text|split|meta|ambiguous) = (.+)")
TAG = re.compile(r"[BIESLUM]-(?!O$)(.+)|O")  # no class is called O
COLUMN = re.compile(r"[^\t\r\n]+")
BEGINS, ENDS = frozenset("BSU"), frozenset("ESLU")
UNKNOWN = "_"  # the tag of tokens in a sentence that nobody has labelled
LONGEST_LINE = 1 << 20
MOST_TOKENS = 100_000
BLOCK = 1 << 16
COLUMN_ROLES = ("token", "label", "gold")
PERSON_ROLES = ("annotators", "models")

Span = dict[str, Any]


@dataclass
class _Sentence:
    """The lines of one sentence, and what was said before it."""

    line: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)

    def error(self, code: str, detail: str, *, at: int = 0, column: str | None = None) -> FormatError:
        line = self.lines[at] if self.lines else self.line
        return FormatError(code, detail, line=line, column=column)


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so has tags in its last column."""
    *whole, rest = head.decode(errors="replace").replace("\r\n", "\n").split("\n")
    told = [line for line in whole or [rest] if line.strip()]
    if told and COMMENT.match(told[0]):
        return True
    tokens = [_cells(line) for line in told if not line.startswith(DOCUMENT)]
    tagged = all(len(cells) > 1 and TAG.fullmatch(cells[-1]) for cells in tokens)
    return tagged and (bool(tokens) or any(line.startswith(DOCUMENT) for line in told))


def read(
    source: BinaryIO, *, task: TaskType, media: str, mapping: Mapping[str, Any]
) -> Iterator[Row | FormatError]:
    """Each sentence's row, or what is wrong with it, in order; holds one sentence at a time."""
    if task.name != "spans":
        detail = f"CoNLL files hold spans of texts; the labels of this dataset are {task.name}"
        raise FormatError("wrong_task", detail)
    declared = mapping.get("encoding")
    codec = encoding.proven(source, declared) if declared else encoding.sniff(source)
    columns = _Columns.of(mapping)
    text = TextIOWrapper(source, codec, newline="")
    document = number = width = 0
    try:
        for sentence in _sentences(text):
            if _is_document(sentence):
                document, number = max(document, bool(number)) + 1, 0
                continue
            number, width = number + 1, width or len(sentence.cells[0])
            try:
                plain = _plain(sentence, columns, width)
                plain.setdefault("id", f"{document or 1}-{number}")
                row = parse(plain, line=sentence.line, task=task, media=media)
                row.columns = columns.names
                yield row
            except FormatError as error:
                yield error
        if not number and not document:
            raise FormatError("empty_file", "the file is empty", line=1)
    finally:
        text.detach()


@dataclass(frozen=True)
class _Columns:
    """The place of each column that says something; negative ones count from the last."""

    token: int
    label: int
    gold: int | None
    annotators: Mapping[str, int]
    models: Mapping[str, int]
    names: Mapping[str, str]

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> _Columns:
        """As the mapping says, which numbers columns from 1; else the first and the last one."""
        given = {role: _place(role, mapping[role]) for role in COLUMN_ROLES if mapping.get(role) is not None}
        people = {}
        for role in PERSON_ROLES:
            said = mapping.get(role) or {}
            if not isinstance(said, dict):
                raise FormatError("bad_mapping", f"“{role}” must be an object of column numbers", column=role)
            people[role] = {name: _place(role, number) for name, number in said.items()}
        names = {role: str(place + 1) for role, place in given.items() if role != "token"}
        return cls(given.get("token", 0), given.get("label", -1), given.get("gold"), **people, names=names)

    def all(self) -> list[int]:
        """The places that a line must have."""
        gold = [] if self.gold is None else [self.gold]
        return [self.token, self.label, *gold, *self.annotators.values(), *self.models.values()]


def _place(role: str, number: Any) -> int:
    if type(number) is str and number.isascii() and number.isdigit():
        number = int(number)
    if type(number) is not int or not 1 <= number <= 1000:
        raise FormatError("bad_mapping", f"“{role}” must be the number of a column, from 1", column=role)
    return number - 1


# Lines


def _sentences(text: TextIO) -> Iterator[_Sentence]:
    number, sentence = 0, _Sentence()
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise FormatError("line_too_long", "the line has no end", line=number)
        line = line.rstrip("\r\n")
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line.strip(" \t"):
            if sentence.cells:
                yield sentence
                sentence = _Sentence()
        elif not sentence.cells and (comment := COMMENT.fullmatch(line)):
            sentence.line = sentence.line or number
            sentence.said[comment[1]] = _json(comment[2], number)
        elif len(sentence.cells) == MOST_TOKENS:
            detail = f"the sentence has more than {MOST_TOKENS:,} tokens; are blank lines missing?"
            raise FormatError("line_too_long", detail, line=number)
        else:
            sentence.line = sentence.line or number
            sentence.lines.append(number)
            sentence.cells.append(_cells(line))
    if sentence.cells:
        yield sentence
    elif sentence.said:
        raise sentence.error("wrong_shape", "no tokens follow what is said here")


def _json(said: str, number: int) -> Any:
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise FormatError("bad_json", f"not valid JSON: {error.msg}", line=number) from None


def _cells(line: str) -> list[str]:
    """The columns: cut at tabs where there are any, as a class may be of several words."""
    return line.rstrip("\t ").split("\t") if "\t" in line else line.split()


def _is_document(sentence: _Sentence) -> bool:
    return len(sentence.cells) == 1 and sentence.cells[0][0] == DOCUMENT and not sentence.said


# A sentence


def _plain(sentence: _Sentence, columns: _Columns, width: int) -> dict[str, Any]:
    for at, cells in enumerate(sentence.cells):
        if len(cells) != width:
            raise sentence.error("wrong_shape", f"the line has {len(cells)} columns, not {width}", at=at)
    if width < 2 or max(columns.all()) >= width:
        wanted = max(2, max(columns.all()) + 1)
        raise sentence.error("wrong_shape", f"the lines have {width} columns; at least {wanted} are needed")
    plain = dict(sentence.said)
    places = _tokens(sentence, columns.token, plain)
    if (label := _spans(sentence, places, columns.label)) is not None:
        plain["label"] = label
    if columns.gold is not None:
        plain["gold"] = _spans(sentence, places, columns.gold)
    opinions = ((name, _spans(sentence, places, at)) for name, at in columns.annotators.items())
    plain["labels"] = [{"annotator": name, "value": v} for name, v in opinions if v is not None]
    told = ((name, _spans(sentence, places, at) or []) for name, at in columns.models.items())
    plain["predictions"] = [{"model": name, "value": [one | {"score": 1.0} for one in v]} for name, v in told]
    return plain


def _tokens(sentence: _Sentence, column: int, plain: dict[str, Any]) -> list[tuple[int, int]]:
    """Where each token is in the text; where no text is given, the tokens make it."""
    tokens = [cells[column] for cells in sentence.cells]
    text = plain.setdefault("text", " ".join(tokens))
    if not isinstance(text, str):
        raise sentence.error("bad_text", "the text must be text", column="text")
    places, end = [], 0
    for at, token in enumerate(tokens):
        start = text.find(token, end)
        if start < 0 or not (text[end:start].isspace() or start == end):
            raise sentence.error("wrong_shape", f"the text does not go on with “{token[:50]}”", at=at)
        end = start + len(token)
        places.append((start, end))
    if text[end:].strip():
        raise sentence.error("wrong_shape", "the text goes on behind the last token", at=-1)
    return places


def _spans(sentence: _Sentence, places: Sequence[tuple[int, int]], column: int) -> list[Span] | None:
    """The spans that the tags of a column say, in any of the schemes; None where nobody has said any."""
    tags = [cells[column] for cells in sentence.cells]
    if all(tag == UNKNOWN for tag in tags):
        return None
    spans: list[Span] = []
    is_open = False
    for at, (tag, (start, end)) in enumerate(zip(tags, places, strict=True)):
        if (match := TAG.fullmatch(tag)) is None:
            number = str(column % len(sentence.cells[at]) + 1)
            detail = f"“{tag[:50]}” is no tag such as B-PER, I-PER or O"
            raise sentence.error("bad_tag", detail, at=at, column=number)
        name = match[1]
        if is_open and name is not None and tag[0] not in BEGINS and spans[-1]["label"] == name:
            spans[-1]["end"] = end
        elif name is not None:
            spans.append({"start": start, "end": end, "label": name})
        is_open = name is not None and tag[0] not in ENDS
    return spans


# Writing


def write(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The file in blocks, in UTF-8, tags as BIO; raises FormatError for spans that tags cannot say."""
    block: list[str] = []
    size = 0
    for number, row in enumerate(rows, 1):
        block.append(_written(row, number))
        size += len(block[-1])
        if size >= BLOCK:
            yield "".join(block).encode()
            block, size = [], 0
    yield "".join(block).encode()


def _written(row: Mapping[str, Any], number: int) -> str:
    text, label = row["text"], row.get("label")
    spans = sorted(label or (), key=lambda span: span["start"])
    _check_sayable(text, spans, number)
    comments = [
        f"# {key} = {orjson.dumps(row[key]).decode()}\n"
        for key in ("id", "text", "split", "meta", "ambiguous")
        if row.get(key) is not None
    ]
    tags = (f"{token}\t{tag if label is not None else UNKNOWN}\n" for token, tag in _tagged(text, spans))
    return "".join([*comments, *tags, "\n"])


def _check_sayable(text: str, spans: Sequence[Span], number: int) -> None:
    end = 0
    for span in spans:
        if span["start"] < end:
            detail = "spans of this row overlap, which tags cannot say; JSONL can"
        elif text[span["start"]].isspace() or text[span["end"] - 1].isspace():
            detail = "a span of this row begins or ends with a space, which tags cannot say; JSONL can"
        elif not COLUMN.fullmatch(span["label"]) or span["label"] != span["label"].strip():
            detail = (
                "a class has a tab, a line's end or spaces around it, which columns cannot hold; JSONL can"
            )
        else:
            end = span["end"]
            continue
        raise FormatError("not_expressible", detail, line=number, column="label")


def _tagged(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Each token with its tag: words, cut where a span begins or ends."""
    end = 0
    for span in spans:
        yield from ((word, "O") for word in text[end : span["start"]].split())
        for at, word in enumerate(text[span["start"] : span["end"]].split()):
            yield word, f"{'I' if at else 'B'}-{span['label']}"
        end = span["end"]
    yield from ((word, "O") for word in text[end:].split())
