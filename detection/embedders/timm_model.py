"""An embedder by the library timm: an architecture by its name, with weights from a checkpoint file.

A checkpoint is read as weights and nothing else: a pickle that would run a program is refused by PyTorch.
"""

from __future__ import annotations

import pickle  # noqa: S403 - only the name of its error
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from detection.embedders.base import Embedder, library, reason
from detection.embedders.choice import Choice, Place
from detection.errors import CannotEmbed

INSTALL = "timm"
BATCH = 32
FAULTS = (OSError, ValueError, RuntimeError, TypeError, LookupError, pickle.UnpicklingError)


def load(choice: Choice, place: Place, media: str) -> Embedder:
    """The embedder of pictures; raises CannotEmbed."""
    timm, torch = library("timm", install=INSTALL), library("torch", install=INSTALL)
    checkpoint = place.find(choice.path) if choice.path else None
    if checkpoint is None and not place.may_download:
        raise CannotEmbed(
            f"“{choice.name}” needs a checkpoint: name a file in this server's folder of models, or whoever "
            "runs the server sets DOWNLOAD_MODELS."
        )
    try:
        model = timm.create_model(
            choice.name,
            pretrained=checkpoint is None,
            num_classes=0,
            cache_dir=place.folder / "downloaded",
        )
        if checkpoint is not None:
            _fill(model, checkpoint, timm)
    except FAULTS as error:
        said = reason(error, place.folder.resolve())
        raise CannotEmbed(f"“{choice.name}” cannot be loaded: {said}") from None
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.eval().to(device)
    look = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)

    def embed(pictures: Sequence[Image.Image]) -> NDArray[Any]:
        with torch.inference_mode():
            return model(torch.stack([look(one) for one in pictures]).to(device)).float().cpu().numpy()

    return Embedder(embed=embed, batch=BATCH)


def _fill(model: Any, checkpoint: Any, timm: Any) -> None:
    """Put the weights in; raises ValueError where any are lacking. Those of the head that was cut off may
    be left over.
    """
    told = timm.models.load_checkpoint(model, str(checkpoint), strict=False, weights_only=True)
    if told.missing_keys:
        raise ValueError(f"the checkpoint has no weights for {', '.join(told.missing_keys[:3])}")
