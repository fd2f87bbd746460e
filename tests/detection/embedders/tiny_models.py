"""Small ONNX models, made here: what they answer can be worked out by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import orjson
import tokenizers
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 9
PAD, UNKNOWN = "[PAD]", "[UNK]"


def of_texts(
    folder: Path,
    words: Mapping[str, Sequence[float]],
    *,
    batch: int | str = "batch",
    length: int | str = "length",
    extra: Sequence[str] = (),
) -> str:
    """`text.onnx`, which looks each word up, and its tokenizer; of a text the words' mean is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    table = np.array(
        [[9.0] * len(next(iter(words.values())))] * 2 + [list(one) for one in words.values()], "f4"
    )
    shape = [batch, length]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", *extra)
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, table.shape[1]])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"]),
        *(helper.make_node("Identity", [name], [f"{name}_seen"]) for name in ("attention_mask", *extra)),
    ]
    _save(folder / "text.onnx", nodes, inputs, [output], {"table": table})
    vocabulary = {PAD: 0, UNKNOWN: 1} | {word: at for at, word in enumerate(words, 2)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return "text.onnx"


def of_pictures(
    folder: Path,
    *,
    side: int | str = 8,
    channels_last: bool = False,
    number: int = TensorProto.FLOAT,
    look: Mapping[str, Any] | None = None,
) -> str:
    """`picture.onnx`, which answers the mean of each colour of what it is fed."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = ["batch", side, side, 3] if channels_last else ["batch", 3, side, side]
    axes = np.array([1, 2] if channels_last else [2, 3], dtype=np.int64)
    nodes = [
        helper.make_node("Cast", ["pixel_values"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["image_embeds"], axes=axes.tolist(), keepdims=0),
    ]
    taken = helper.make_tensor_value_info("pixel_values", number, shape)
    output = helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["batch", 3])
    _save(folder / "picture.onnx", nodes, [taken], [output], {})
    if look is not None:
        (folder / "preprocessor_config.json").write_bytes(orjson.dumps(look))
    return "picture.onnx"


def _save(
    path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: Mapping[str, Any]
) -> None:
    kept = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, path.stem, inputs, outputs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
