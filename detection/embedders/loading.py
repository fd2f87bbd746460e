"""Embedders by their kind."""

from __future__ import annotations

from collections.abc import Callable

from detection.embedders import onnx_file, sentence_transformer, timm_model
from detection.embedders.base import Embedder
from detection.embedders.choice import Choice, Place

LOADERS: dict[str, Callable[[Choice, Place, str], Embedder]] = {
    "onnx": onnx_file.load,
    "sentence_transformers": sentence_transformer.load,
    "timm": timm_model.load,
}


def load(choice: Choice, *, place: Place, media: str) -> Embedder:
    """The embedder of `text` or `image` contents; raises CannotEmbed with what is missing."""
    return LOADERS[choice.kind](choice, place, media)
