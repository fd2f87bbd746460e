"""Which embedder a run or a dataset asks for, and where on this server it may come from.

{"kind": "onnx", "path": "clip/vision.onnx"}, {"kind": "sentence_transformers", "path": "minilm"} or with the
"name" of a published one, {"kind": "timm", "name": "resnet18", "path": "resnet18.safetensors"}.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from detection.errors import CannotEmbed

# What each kind may be told; a star says that it must be.
KEYS = {"onnx": {"path*"}, "sentence_transformers": {"path", "name"}, "timm": {"name*", "path"}}
MEDIA = {
    "onnx": {"text", "image"},
    "sentence_transformers": {"text", "image"},
    "timm": {"image"},
}
# Neither a path nor an address: at most an owner and a name.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
LONGEST = 300


@dataclass(frozen=True)
class Choice:
    """An embedder as it was asked for; `path` is below the server's folder of models."""

    kind: str
    path: str = ""
    name: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.name, self.path) if part)

    def plain(self) -> dict[str, str]:
        """The choice as JSON, without what it does not say."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Place:
    """Where this server keeps models, and whether it may fetch others from their publishers."""

    folder: Path
    may_download: bool = False

    def find(self, path: str) -> Path:
        """The file or folder of that name below the folder of models; raises CannotEmbed."""
        root = self.folder.resolve()
        try:
            found = (root / path).resolve()
            there = found.exists()
        except (OSError, RuntimeError):  # a name that is too long, links in a circle
            found, there = root, False
        if not found.is_relative_to(root):
            raise CannotEmbed(f"“{path}” leads out of this server's folder of models (LABELREVIEW_MODELS).")
        if not there:
            raise CannotEmbed(
                f"There is no “{path}” in this server's folder of models (LABELREVIEW_MODELS): whoever runs "
                "the server puts models there."
            )
        return found


def parse(plain: Any) -> Choice:
    """The choice that this says; raises ValueError with a sentence for people."""
    if not isinstance(plain, dict) or plain.get("kind") not in list(KEYS):
        raise ValueError(f"An embedder has a kind: {', '.join(KEYS)}.")
    kind, keys = plain["kind"], KEYS[plain["kind"]]
    known = {key.rstrip("*") for key in keys}
    for key in plain.keys() - {"kind"}:
        if key not in known:
            raise ValueError(f"An embedder of kind {kind} has {' and '.join(sorted(known))}, not “{key}”.")
    said = {key: value for key, value in plain.items() if key != "kind" and value not in (None, "")}
    if missing := [key for key in sorted(keys) if key.endswith("*") and key[:-1] not in said]:
        raise ValueError(f"An embedder of kind {kind} needs a {missing[0][:-1]}.")
    if kind == "sentence_transformers" and len(said) != 1:
        raise ValueError("Say either the path of a sentence-transformers model or its name.")
    for key, value in said.items():
        _check(key, value)
    return Choice(kind, **said)


def _check(key: str, value: Any) -> None:
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise ValueError(f"The {key} must be text of at most {LONGEST} characters.")
    if key == "name" and not NAME.fullmatch(value):
        raise ValueError("The name must be that of a published model, such as resnet18 or owner/model.")
    if key == "path" and ("\\" in value or PurePosixPath(value).is_absolute() or ".." in value.split("/")):
        raise ValueError("The path must be below the server's folder of models, without “..”.")
