"""Small models for the libraries that need PyTorch; where one is not installed the test is skipped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NAME = "resnet10t"


def needed(name: str) -> Any:
    """The library of that name."""
    return pytest.importorskip(
        name, reason=f"{name} is not installed: pip install -r requirements-embedders.in"
    )


def words(folder: Path, known: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
    """A sentence-transformers model that looks words up; a text is their mean."""
    sentence_transformers, torch = needed("sentence_transformers"), needed("torch")
    models, tokenizers = needed("sentence_transformers.models"), needed("tokenizers")
    vocabulary = {word: at for at, word in enumerate(["[UNK]", *known])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    table = torch.tensor([[9.0] * len(vectors[0]), *map(list, vectors)])
    looked_up = models.StaticEmbedding(tokenizer, embedding_weights=table)
    sentence_transformers.SentenceTransformer(modules=[looked_up]).save(str(folder))


def checkpoint(path: Path) -> dict[str, Any]:
    """A timm model's random weights, with a head of five classes, written and given back."""
    timm, torch, safetensors = needed("timm"), needed("torch"), needed("safetensors.torch")
    torch.manual_seed(0)
    weights = timm.create_model(NAME, pretrained=False, num_classes=5).state_dict()
    safetensors.save_file(weights, str(path))
    return weights
