"""The picture half of ConSE. Importing this module loads onnxruntime and OpenCV, so only a loader may."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort

from rushes_models.onnx_session import options
from rushes_models.ports import Image, Vectors
from rushes_models.preprocess import to_batch
from rushes_models.weights import PinnedFile

BATCH = 8
"""Pictures per run: larger is no faster on a CPU, and memory stays bounded."""


class ImageTower:
    """An onnxruntime session that takes uint8 RGB squares to unit vectors. Safe to share between threads."""

    def __init__(self, model: PinnedFile, threads: int) -> None:
        """Checks and loads `model`; about a third of a second. Raises `WeightsError`."""
        self._session = ort.InferenceSession(
            model.verified_bytes(), options(threads), providers=["CPUExecutionProvider"]
        )

    def encode(self, images: Sequence[Image]) -> Vectors:
        """Shape (n, 512) for n >= 1 pictures."""
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return np.concatenate([self._run(batch) for batch in batches])

    def _run(self, images: Sequence[Image]) -> Vectors:
        (vectors,) = self._session.run(["vector"], {"image": to_batch(list(images))})
        return np.asarray(vectors, np.float32)
