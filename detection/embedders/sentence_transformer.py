"""An embedder by the library sentence-transformers: a folder that it wrote, or the name of a published model.

Weights are read from safetensors files: a pickle may run any program.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from detection.embedders.base import Embedder, library, reason
from detection.embedders.choice import Choice, Place
from detection.errors import CannotEmbed

INSTALL = "sentence-transformers"
BATCHES = {"text": 256, "image": 32}
AT_ONCE = 32
NO_PICKLES = ["*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", "*.h5", "*.msgpack", "*.onnx", "*.py"]


def load(choice: Choice, place: Place, media: str) -> Embedder:
    """The embedder of the folder or the published model; raises CannotEmbed."""
    sentence_transformers = library("sentence_transformers", install=INSTALL)
    folder = place.find(choice.path) if choice.path else _fetched(choice.name, place)
    try:
        model = sentence_transformers.SentenceTransformer(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError, TypeError, LookupError, ImportError) as error:
        said = reason(error, folder, place.folder)
        raise CannotEmbed(f"“{choice.path or choice.name}” cannot be loaded: {said}") from None

    def embed(contents: Sequence[Any]) -> NDArray[Any]:
        return model.encode(list(contents), batch_size=AT_ONCE, show_progress_bar=False)

    return Embedder(embed=embed, batch=BATCHES[media])


def _fetched(name: str, place: Place) -> Path:
    """Where the published model is now on this server: fetched if that is allowed, else only found."""
    hub = library("huggingface_hub", install=INSTALL)
    try:
        return Path(
            hub.snapshot_download(
                name,
                cache_dir=place.folder / "downloaded",
                ignore_patterns=NO_PICKLES,
                local_files_only=not place.may_download,
            )
        )
    except (OSError, ValueError, RuntimeError) as error:
        if place.may_download:
            raise CannotEmbed(f"“{name}” could not be fetched: {reason(error, place.folder)}") from None
        raise CannotEmbed(
            f"“{name}” is not on this server, which may not fetch it: whoever runs the server can put the "
            "model into its folder of models, or set DOWNLOAD_MODELS."
        ) from None
