from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from PIL import Image

from detection.embedders.base import vectors
from detection.embedders.choice import Choice, Place
from detection.embedders.loading import load
from detection.errors import CannotEmbed

from . import tiny_models

WORDS = {"cat": (1, 0), "dog": (0, 1), "the": (0, 0)}


def embedded(folder: Path, path: str, contents: Sequence[Any], media: str = "text") -> np.ndarray:
    return load(Choice("onnx", path), place=Place(folder), media=media).embed(contents)


def test_a_text_is_the_mean_of_its_tokens_whatever_stands_beside_it(tmp_path: Path) -> None:
    path = tiny_models.of_texts(tmp_path, WORDS)
    made = embedded(tmp_path, path, ["the cat the dog the cat", "dog", "cat dog"])
    np.testing.assert_allclose(made, [[2 / 6, 1 / 6], [0, 1], [0.5, 0.5]], atol=1e-6)


def test_many_texts_come_back_in_their_order(tmp_path: Path) -> None:
    path = tiny_models.of_texts(tmp_path, WORDS)
    cats = np.random.default_rng(0).integers(1, 30, 100)
    made = embedded(tmp_path, path, ["cat " * n + "dog" for n in cats])
    np.testing.assert_allclose(made[:, 0], cats / (cats + 1), atol=1e-6)


def test_a_model_of_one_size_is_fed_in_that_size(tmp_path: Path) -> None:
    path = tiny_models.of_texts(tmp_path, WORDS, batch=2, length=3, extra=["token_type_ids"])
    made = embedded(tmp_path, path, ["dog", "cat cat cat dog dog", "the cat"])
    np.testing.assert_allclose(made, [[0, 1], [1, 0], [0.5, 0]], atol=1e-6)


def solid(*colours: tuple[int, int, int]) -> list[Image.Image]:
    return [Image.new("RGB", (20, 12), colour) for colour in colours]


@pytest.mark.parametrize("channels_last", [False, True])
def test_pictures_are_fed_as_imagenet_was_where_nothing_else_is_said(
    tmp_path: Path, channels_last: bool
) -> None:
    path = tiny_models.of_pictures(tmp_path, channels_last=channels_last)
    made = embedded(tmp_path, path, solid((255, 0, 51)), "image")
    np.testing.assert_allclose(
        made, [[(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]], atol=1e-4
    )


def test_pictures_are_fed_as_the_file_beside_the_model_says(tmp_path: Path) -> None:
    look = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.25], "crop_size": {"height": 16}}
    path = tiny_models.of_pictures(tmp_path, side="side", look=look)
    made = embedded(tmp_path, path, solid((255, 0, 255), (0, 255, 0)), "image")
    np.testing.assert_allclose(made, [[1, -1, 2], [-1, 1, -2]], atol=1e-4)


def test_a_model_of_bytes_gets_bytes(tmp_path: Path) -> None:
    path = tiny_models.of_pictures(tmp_path, number=TensorProto.UINT8)
    np.testing.assert_allclose(embedded(tmp_path, path, solid((7, 0, 200)), "image"), [[7, 0, 200]])


def test_of_a_picture_the_middle_is_seen(tmp_path: Path) -> None:
    path = tiny_models.of_pictures(tmp_path, number=TensorProto.UINT8)
    picture = Image.new("RGB", (300, 100), (255, 0, 0))
    picture.paste((0, 0, 255), (80, 0, 220, 100))
    np.testing.assert_allclose(embedded(tmp_path, path, [picture], "image"), [[0, 0, 255]])


def test_what_does_not_fit_is_refused_with_a_sentence(tmp_path: Path) -> None:
    pictures = tiny_models.of_pictures(tmp_path)
    texts = tiny_models.of_texts(tmp_path, WORDS)
    (tmp_path / "none.onnx").write_bytes(b"no model")
    for path, media, complaint in [
        ("none.onnx", "text", "“none.onnx” is no ONNX model"),
        (pictures, "text", "does not read texts: its inputs are pixel_values"),
        (texts, "image", "does not read colour pictures: its inputs are input_ids"),
    ]:
        with pytest.raises(CannotEmbed, match=complaint) as refused:
            embedded(tmp_path, path, [], media)
        assert str(tmp_path) not in str(refused.value)


def test_a_model_that_does_not_fit_its_tokenizer_fails_in_a_sentence(tmp_path: Path) -> None:
    tiny_models.of_texts(tmp_path, WORDS | {"more": (1, 1)})
    tokenizer = (tmp_path / "tokenizer.json").read_bytes()
    path = tiny_models.of_texts(tmp_path, WORDS)
    (tmp_path / "tokenizer.json").write_bytes(tokenizer)
    embedder = load(Choice("onnx", path), place=Place(tmp_path), media="text")
    with pytest.raises(CannotEmbed, match="The embedder failed: .*out of data bounds"):
        vectors(embedder, [["more"]], n=1)


@pytest.mark.parametrize(
    ("content", "complaint"), [(None, "needs its tokenizer.json beside it"), ("{}", "tokenizer.json is none")]
)
def test_a_tokenizer_that_is_missing_or_broken_is_named(
    tmp_path: Path, content: str | None, complaint: str
) -> None:
    path = tiny_models.of_texts(tmp_path, WORDS)
    (tmp_path / "tokenizer.json").unlink()
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(CannotEmbed, match=complaint):
        embedded(tmp_path, path, ["cat"])


@pytest.mark.parametrize(
    "look", [[1], {"image_mean": [1, 2]}, {"image_std": "wide"}, {"size": "large"}, {"image_std": [1, 0, 1]}]
)
def test_a_description_that_makes_no_sense_is_named(tmp_path: Path, look: Any) -> None:
    path = tiny_models.of_pictures(tmp_path, look=look)
    with pytest.raises(CannotEmbed, match="preprocessor_config.json"):
        embedded(tmp_path, path, [], "image")
