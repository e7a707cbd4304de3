"""Real photographs and the shared encoders: loading them is most of these tests' time."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from rushes_models.ports import Image, ImageTextEncoder, TextEncoder
from rushes_models.registry import image_text_encoder, text_encoder

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def photographs() -> dict[str, Image]:
    """Name to RGB picture, in the order of the names."""
    return {path.stem: _read(path) for path in sorted(DATA.glob("*.jpg"))}


@pytest.fixture(scope="session")
def pictures_and_words() -> ImageTextEncoder:
    return image_text_encoder("conse-efficientnet-lite2", threads=2)


@pytest.fixture(scope="session")
def sentences() -> TextEncoder:
    return text_encoder("use-multilingual-v3")


def _read(path: Path) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert picture is not None, path
    return np.asarray(picture, np.uint8)
