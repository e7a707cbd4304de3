"""Running ONNX files. Importing this module loads onnxruntime, so only a loader may."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rushes_models.ports import Vectors
from rushes_models.weights import WeightsError


class Graph:
    """A file of one input, called `input`, and one output, called `vector`. Safe to share between threads."""

    def __init__(self, path: Path, threads: int) -> None:
        """Loads it. Raises `WeightsError` if onnxruntime can't."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base but this
            raise WeightsError(f"onnxruntime can't load {path}: {error}") from error

    def __call__(self, batch: NDArray[Any]) -> Vectors:
        """Shape (n, dimensions) for a batch of n."""
        (vectors,) = self._session.run(["vector"], {"input": batch})
        return np.asarray(vectors, np.float32)
