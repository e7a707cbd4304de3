"""What a picture is."""

import numpy as np

from rushes_models.ports import Image


def require_rgb(image: Image) -> None:
    """Raises `ValueError` if `image` is not a non-empty uint8 array of shape (height, width, 3)."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"expected a (height, width, 3) uint8 RGB picture, got {image.shape} {image.dtype}")
