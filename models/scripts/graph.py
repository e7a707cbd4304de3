"""A small writer of ONNX graphs: nodes with automatic names, and weights that are stored in eight bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]


class GraphWriter:
    """Collects nodes and weights; every method returns the name of the value that it made."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """One node of one output, named for its place unless `output` is given."""
        name = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def top(self, values: str, k: int) -> tuple[str, str]:
        """The `k` largest along the last axis and their places."""
        names = (f"top{len(self._nodes)}", f"place{len(self._nodes)}")
        self._nodes.append(helper.make_node("TopK", [values, self.weight(np.array([k]))], list(names), axis=-1))
        return names

    def weight(self, array: NDArray[Any]) -> str:
        """A constant as it is."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def scalar(self, value: float) -> str:
        """A float32 constant of shape ()."""
        return self.weight(np.array(value, np.float32))

    def weight_in_8_bits(self, array: Floats) -> str:
        """A constant stored as int8 with one scale per row of its first axis, computed with as float32.

        Written as Cast and Mul of constants, which onnxruntime folds once when it makes the session;
        DequantizeLinear it keeps, to fuse into integer kernels, and runs at every call.
        """
        rows = array.reshape(len(array), -1)
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127
        shape = (len(array),) + (1,) * (array.ndim - 1)
        stored = np.rint(rows / scale[:, None]).astype(np.int8).reshape(array.shape)
        floats = self.node("Cast", self.weight(stored), to=TensorProto.FLOAT)
        return self.node("Mul", floats, self.weight(scale.astype(np.float32).reshape(shape)))

    def graph(self, name: str, inputs: list[Any], outputs: list[Any]) -> GraphProto:
        """All that was collected."""
        return helper.make_graph(self._nodes, name, inputs, outputs, self._weights)
