"""Running ONNX files. Importing this module loads onnxruntime, so only a loader may."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rushes_models.ports import Vectors
from rushes_models.weights import WeightsError


def options(threads: int) -> ort.SessionOptions:
    """How onnxruntime is to compute on a machine whose cores others use too."""
    chosen = ort.SessionOptions()
    chosen.intra_op_num_threads = threads
    chosen.inter_op_num_threads = 1
    # Threads that have nothing to do sleep: spinning, two took a picture 40 ms of two busy cores in place of 21.
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return chosen


class Graph:
    """A file of one input, called `input`, and one output, called `vector`. Safe to share between threads."""

    def __init__(self, path: Path, threads: int) -> None:
        """Loads it. Raises `WeightsError` if onnxruntime can't."""
        try:
            self._session = ort.InferenceSession(path, options(threads), providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base but this
            raise WeightsError(f"onnxruntime can't load {path}: {error}") from error

    def __call__(self, batch: NDArray[Any]) -> Vectors:
        """Shape (n, dimensions) for a batch of n."""
        (vectors,) = self._session.run(["vector"], {"input": batch})
        return np.asarray(vectors, np.float32)
