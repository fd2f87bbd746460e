"""An embedder from an ONNX file, by onnxruntime.

Texts: `tokenizer.json` stands beside the file. Pictures: their size is the model's; mean, spread and, where
the model leaves it open, the size come from `preprocessor_config.json` beside it, else they are ImageNet's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image, ImageOps

from detection.embedders.base import Embedder, library, reason
from detection.embedders.choice import Choice, Place
from detection.errors import CannotEmbed

INSTALL = "onnxruntime tokenizers"
PICTURES, TEXTS, TEXTS_A_STEP = 32, 256, 32
LONGEST_TEXT = 256  # tokens, where neither the tokenizer nor the model says
TEXT_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
# Of several outputs, those that are made to be compared.
BEST_OUTPUTS = ("sentence_embedding", "text_embeds", "image_embeds")
WORST_OUTPUT = "pooler_output"  # it was trained for something else
SIZE = 224
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Others of onnxruntime's ways to run a model may send it somewhere.
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
NUMBERS = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


def load(choice: Choice, place: Place, media: str) -> Embedder:
    """The embedder of the file; raises CannotEmbed."""
    runtime = library("onnxruntime", install=INSTALL)
    path = place.find(choice.path)
    broken = _errors(library("onnxruntime.capi.onnxruntime_pybind11_state", install=INSTALL))
    try:
        session = runtime.InferenceSession(
            str(path), providers=[one for one in PROVIDERS if one in runtime.get_available_providers()]
        )
    except broken as error:
        said = reason(error, path.parent)
        raise CannotEmbed(f"“{choice.path}” is no ONNX model that can be loaded: {said}") from None
    make = _of_texts if media == "text" else _of_pictures
    embed, batch = make(session, path)
    return Embedder(embed=_in_whole_batches(embed, session), batch=batch, broken=broken)


def _errors(state: Any) -> tuple[type[Exception], ...]:
    """All that onnxruntime raises, and what it passes on."""
    own = [one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception)]
    return (*own, RuntimeError, ValueError, TypeError)


def _in_whole_batches(embed: Any, session: Any) -> Any:
    """The same for a model that was exported for one number of items at a time, else as it is."""
    size = session.get_inputs()[0].shape[0]
    if not isinstance(size, int):
        return embed

    def filled_up(contents: Sequence[Any]) -> NDArray[Any]:
        parts = [contents[first : first + size] for first in range(0, len(contents), size)]
        rows = [embed([*part, *[part[-1]] * (size - len(part))])[: len(part)] for part in parts]
        return np.concatenate(rows)

    return filled_up


def _run(session: Any, inputs: dict[str, NDArray[Any]], mask: NDArray[Any] | None) -> NDArray[Any]:
    """The output that is fittest to be compared, a row an item; what has places is averaged over them."""
    [values] = session.run([_output(session)], inputs)
    values = np.asarray(values, dtype=np.float32)
    if values.ndim == 4:
        return values.mean(axis=(2, 3))
    if values.ndim != 3:
        return values
    if mask is None or mask.shape != values.shape[:2]:
        return values.mean(axis=1)
    weight = mask[:, :, None].astype(np.float32)
    return (values * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)


def _output(session: Any) -> str:
    outputs = {one.name: len(one.shape) for one in session.get_outputs()}
    flat = [name for name, rank in outputs.items() if rank == 2 and name != WORST_OUTPUT]
    best = [name for name in BEST_OUTPUTS if name in outputs]
    deep = [name for name, rank in outputs.items() if rank > 2]
    return (best + flat + deep + list(outputs))[0]


def _of_texts(session: Any, path: Path) -> tuple[Any, int]:
    inputs = {one.name: one for one in session.get_inputs()}
    if "input_ids" not in inputs or inputs.keys() - TEXT_INPUTS:
        raise CannotEmbed(f"“{path.name}” does not read texts: its inputs are {', '.join(inputs)}.")
    tokens = path.with_name("tokenizer.json")
    if not tokens.is_file():
        raise CannotEmbed(f"“{path.name}” needs its tokenizer.json beside it.")
    try:
        tokenizer = library("tokenizers", install=INSTALL).Tokenizer.from_file(str(tokens))
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise CannotEmbed(f"tokenizer.json is none: {reason(error, path.parent)}") from None
    length = inputs["input_ids"].shape[1]
    fixed = length if isinstance(length, int) else None
    said = tokenizer.truncation or {}
    tokenizer.enable_truncation(fixed or said.get("max_length") or LONGEST_TEXT)
    tokenizer.enable_padding(**(tokenizer.padding or {}) | {"length": fixed})
    return partial(_embed_texts, session, tokenizer, inputs), TEXTS


def _embed_texts(session: Any, tokenizer: Any, inputs: dict[str, Any], texts: Sequence[str]) -> NDArray[Any]:
    """Texts of about one length together, so that few are filled up."""
    order = np.argsort([len(text) for text in texts], kind="stable")
    parts = []
    for first in range(0, len(texts), TEXTS_A_STEP):
        told = tokenizer.encode_batch([texts[at] for at in order[first : first + TEXTS_A_STEP]])
        columns = {
            "input_ids": np.array([one.ids for one in told]),
            "attention_mask": np.array([one.attention_mask for one in told]),
            "token_type_ids": np.array([one.type_ids for one in told]),
        }
        fed = {name: columns[name].astype(NUMBERS[one.type]) for name, one in inputs.items()}
        parts.append(_run(session, fed, columns["attention_mask"]))
    rows = np.concatenate(parts)
    return rows[np.argsort(order)]


def _of_pictures(session: Any, path: Path) -> tuple[Any, int]:
    taken = session.get_inputs()
    shape = taken[0].shape
    if len(taken) != 1 or len(shape) != 4 or taken[0].type not in NUMBERS or 3 not in (shape[1], shape[3]):
        said = ", ".join(f"{one.name} {one.shape}" for one in taken)
        raise CannotEmbed(f"“{path.name}” does not read colour pictures: its inputs are {said}.")
    last = shape[1] != 3
    size, mean, spread = _look(path)
    height, width = (
        int(given) if isinstance(given, int) else size for given in (shape[1:3] if last else shape[2:])
    )
    number = NUMBERS[taken[0].type]

    def embed(pictures: Sequence[Image.Image]) -> NDArray[Any]:
        pixels = np.stack([np.asarray(_fitted(one, width, height)) for one in pictures])
        if number is not np.uint8:
            pixels = ((pixels / np.float32(255) - mean) / spread).astype(number)
        return _run(session, {taken[0].name: pixels if last else pixels.transpose(0, 3, 1, 2).copy()}, None)

    return embed, PICTURES


def _fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The middle of the picture, as large as it goes."""
    return ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)


def _look(path: Path) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
    """Side, mean and spread of the pictures that the model was trained on."""
    beside = path.with_name("preprocessor_config.json")
    try:
        said = orjson.loads(beside.read_bytes()) if beside.is_file() else {}
        size = said.get("crop_size") or said.get("size") or SIZE
        if isinstance(size, dict):
            size = size.get("height") or size.get("shortest_edge") or SIZE
        mean, spread = (
            np.array(said.get(key) or default, dtype=np.float32).reshape(3)
            for key, default in (("image_mean", MEAN), ("image_std", SPREAD))
        )
        if int(size) < 1 or not np.isfinite(mean).all() or not (spread > 0).all():
            raise ValueError("a size and a spread are above zero")
        return int(size), mean, spread
    except (ValueError, TypeError, AttributeError) as error:
        raise CannotEmbed(f"preprocessor_config.json does not say what it should: {error}") from None
