"""What needs PyTorch is loaded for real where it is installed, and skipped elsewhere.

Nothing is fetched: the models are made here.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detection.embedders.choice import Choice, Place
from detection.embedders.loading import load
from detection.errors import CannotEmbed

from . import torch_models
from .torch_models import NAME, needed

# The libraries warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_sentence_transformers_folder_is_loaded(tmp_path: Path) -> None:
    torch_models.words(tmp_path / "tiny", ["cat", "dog", "the"], [[1, 0], [0, 1], [0, 0]])
    embedder = load(Choice("sentence_transformers", "tiny"), place=Place(tmp_path), media="text")
    made = embedder.embed(["the cat", "dog", "cat dog dog dog"])
    np.testing.assert_allclose(made, [[0.5, 0], [0, 1], [0.25, 0.75]], atol=1e-6)


@pytest.fixture
def transformer(tmp_path: Path) -> Path:
    """A folder with `bert`, a transformer with random weights and mean pooling, as published ones are."""
    sentence_transformers, transformers = needed("sentence_transformers"), needed("transformers")
    models = needed("sentence_transformers.models")
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "the"])
    )
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = transformers.BertConfig(vocab_size=8, max_position_embeddings=16, **size)
    transformers.BertModel(config).save_pretrained(folder, safe_serialization=True)
    words = models.Transformer(str(folder))
    pooled = models.Pooling(8, "mean")
    sentence_transformers.SentenceTransformer(modules=[words, pooled]).save(str(tmp_path / "bert"))
    return tmp_path


def test_a_transformer_is_loaded_from_safetensors_only(transformer: Path) -> None:
    choice = Choice("sentence_transformers", "bert")
    made = load(choice, place=Place(transformer), media="text").embed(["the cat", "dog", "the cat"])
    assert made.shape == (3, 8)
    np.testing.assert_allclose(made[0], made[2], atol=1e-6)
    assert np.abs(made[0] - made[1]).max() > 1e-3
    weights = transformer / "bert" / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(CannotEmbed, match="“bert” cannot be loaded"):
        load(choice, place=Place(transformer), media="text")


def test_a_folder_that_holds_no_model_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    needed("sentence_transformers")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotEmbed, match="“empty” cannot be loaded") as refused:
        load(Choice("sentence_transformers", "empty"), place=Place(tmp_path), media="text")
    assert str(tmp_path) not in str(refused.value)


def test_a_published_model_is_not_fetched_without_leave(tmp_path: Path) -> None:
    needed("sentence_transformers")
    with pytest.raises(CannotEmbed, match="may not fetch it"):
        load(Choice("sentence_transformers", name="owner/tiny"), place=Place(tmp_path), media="text")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with checkpoints: with a head, of something else, and a pickle with more than weights."""
    torch, safetensors = needed("torch"), needed("safetensors.torch")
    weights = torch_models.checkpoint(tmp_path / "right.safetensors")
    safetensors.save_file({"other": torch.zeros(1)}, str(tmp_path / "other.safetensors"))
    torch.save(weights, tmp_path / "right.pth")
    torch.save({"state_dict": weights, "program": Path("/")}, tmp_path / "program.pth")
    return tmp_path


@pytest.mark.parametrize("file", ["right.safetensors", "right.pth"])
def test_a_timm_checkpoint_is_loaded(pictures: Path, file: str) -> None:
    embedder = load(Choice("timm", file, NAME), place=Place(pictures), media="image")
    noise = np.random.default_rng(0).integers(0, 256, (2, 40, 30, 3), dtype=np.uint8)
    first, second = map(Image.fromarray, noise)
    made = embedder.embed([first, second, first])
    assert made.shape == (3, 512)
    np.testing.assert_allclose(made[0], made[2], atol=1e-5)
    assert np.abs(made[0] - made[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "path", "complaint"),
    [
        (NAME, "other.safetensors", "has no weights for conv1"),
        (NAME, "program.pth", "cannot be loaded"),
        ("no_such_architecture", "right.safetensors", "“no_such_architecture” cannot be loaded"),
        (NAME, "", "needs a checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_told_of_in_a_sentence(
    pictures: Path, name: str, path: str, complaint: str
) -> None:
    with pytest.raises(CannotEmbed, match=complaint) as refused:
        load(Choice("timm", path, name), place=Place(pictures), media="image")
    assert str(pictures) not in str(refused.value)
