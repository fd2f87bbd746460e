from pathlib import Path
from typing import Any

import pytest

from detection.embedders.choice import Choice, Place, parse
from detection.errors import CannotEmbed


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({"kind": "onnx", "path": "clip/vision.onnx"}, Choice("onnx", "clip/vision.onnx")),
        ({"kind": "sentence_transformers", "path": "minilm"}, Choice("sentence_transformers", "minilm")),
        (
            {"kind": "sentence_transformers", "name": "owner/model-1.0", "path": None},
            Choice("sentence_transformers", name="owner/model-1.0"),
        ),
        ({"kind": "timm", "name": "resnet18.a1_in1k", "path": ""}, Choice("timm", name="resnet18.a1_in1k")),
    ],
)
def test_a_choice_is_read_and_said_again(said: dict[str, Any], choice: Choice) -> None:
    assert parse(said) == choice
    assert parse(choice.plain()) == choice


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("clip.onnx", "has a kind"),
        ({"kind": "pickle", "path": "a"}, "has a kind"),
        ({"kind": ["onnx"]}, "has a kind"),
        ({"kind": "onnx"}, "needs a path"),
        ({"kind": "timm", "path": "a.safetensors"}, "needs a name"),
        ({"kind": "onnx", "path": "a", "name": "b"}, "not “name”"),
        ({"kind": "sentence_transformers"}, "either the path"),
        ({"kind": "sentence_transformers", "path": "a", "name": "b"}, "either the path"),
        ({"kind": "onnx", "path": 5}, "must be text"),
        ({"kind": "onnx", "path": "a\0b"}, "must be text"),
        ({"kind": "onnx", "path": "a" * 301}, "at most 300"),
        ({"kind": "onnx", "path": "/etc/passwd"}, "below the server's folder"),
        ({"kind": "onnx", "path": "a/../../secret"}, "below the server's folder"),
        ({"kind": "onnx", "path": "..\\secret"}, "below the server's folder"),
        ({"kind": "timm", "name": "hf-hub:owner/model"}, "published model"),
        ({"kind": "timm", "name": "local-dir:/tmp"}, "published model"),
        ({"kind": "sentence_transformers", "name": "/tmp/model"}, "published model"),
        ({"kind": "sentence_transformers", "name": "../model"}, "published model"),
        ({"kind": "sentence_transformers", "name": "a/b/c"}, "published model"),
    ],
)
def test_what_is_no_choice_is_refused_with_a_sentence(said: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(said)


def test_models_are_found_in_their_folder_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "models" / "inner").mkdir(parents=True)
    (tmp_path / "models" / "inner" / "a.onnx").touch()
    (tmp_path / "secret").touch()
    (tmp_path / "models" / "way-out").symlink_to(tmp_path / "secret")
    place = Place(tmp_path / "models")
    assert place.find("inner/a.onnx").name == "a.onnx"
    for path in ("../secret", "way-out", str(tmp_path / "secret")):
        with pytest.raises(CannotEmbed, match="leads out"):
            place.find(path)
    with pytest.raises(CannotEmbed, match="no “b.onnx”.*whoever runs the server") as missing:
        place.find("b.onnx")
    assert str(tmp_path) not in str(missing.value)


def test_a_name_that_no_file_can_have_is_missing_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    for path in ("a" * 290, "circle", "circle/a.onnx"):
        with pytest.raises(CannotEmbed, match="There is no"):
            Place(tmp_path).find(path)
