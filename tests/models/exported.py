"""A CLIP model exported by hand, small enough to need no library to write ONNX.

Its pictures' vector is the mean of each colour, its words' vector three of their tokens' numbers.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers

from rushes_models.clip import Preprocess
from rushes_models.onnx_clip import MANIFEST, TEXT, TOKENIZER, VISUAL, Manifest, digests, write_manifest

VOCABULARY = {"!": 0, "red": 1, "green": 2, "blue": 3, "?": 4}
SIDE = 4
FLOAT, INT64 = 1, 7


def write_model(folder: Path) -> Manifest:
    """Writes all files to a new folder."""
    folder.mkdir()
    mean = _node(b"ReduceMean", "input", "vector", _ints("axes", 2, 3), _int("keepdims", 0))
    (folder / VISUAL).write_bytes(_model(mean, FLOAT, ("n", 3, SIDE, SIDE)))
    cast = _node(b"Cast", "input", "vector", _int("to", FLOAT))
    (folder / TEXT).write_bytes(_model(cast, INT64, ("n", 3)))
    write_words(folder / TOKENIZER)
    how = Preprocess(SIDE, mean=(0.0,) * 3, std=(1.0,) * 3)
    manifest = Manifest("by-hand", "ab" * 32, "fp32", 3, how, digests(folder))
    write_manifest(folder, manifest)
    return manifest


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes what `model.json` says."""
    said = json.loads((folder / MANIFEST).read_text())
    change(said)
    (folder / MANIFEST).write_text(json.dumps(said))


def rewrite_file(folder: Path, name: str, content: bytes) -> None:
    """Another file, whose SHA-256 `model.json` has."""
    (folder / name).write_bytes(content)
    rewrite(folder, lambda said: said["files"].update({name: hashlib.sha256(content).hexdigest()}))


def write_words(path: Path) -> None:
    """A tokenizer of three words, cut and padded to three tokens."""
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=3, pad_id=0, pad_token="!")
    tokenizer.save(str(path))


def _model(node: bytes, kind: int, shape: tuple[str | int, ...]) -> bytes:
    """A ModelProto of one node, from `input` to `vector`."""
    graph = _bytes(1, node) + _bytes(2, b"g") + _bytes(11, _value("input", kind, shape))
    graph += _bytes(12, _value("vector", FLOAT, ("n", 3)))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 17))


def _node(operation: bytes, source: str, target: str, *attributes: bytes) -> bytes:
    named = _bytes(1, source.encode()) + _bytes(2, target.encode()) + _bytes(4, operation)
    return named + b"".join(_bytes(5, attribute) for attribute in attributes)


def _int(name: str, value: int) -> bytes:
    return _bytes(1, name.encode()) + _number(3, value) + _number(20, 2)


def _ints(name: str, *values: int) -> bytes:
    return _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def _value(name: str, kind: int, shape: tuple[str | int, ...]) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _bytes(2, size.encode()) for size in shape]
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _bytes(field: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    """A varint field."""
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])
