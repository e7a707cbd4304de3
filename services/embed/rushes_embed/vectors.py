"""Scenes to vectors: the compute child's work."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rushes_embed.encoders import chosen
from rushes_models.ports import Image, ImageTextEncoder, TextEncoder
from rushes_models.weights import WeightsError
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import ModelSettings
from rushes_schemas import artefacts
from rushes_schemas.events import Keyframe, Scene
from rushes_schemas.ids import blob_key

Vectors = NDArray[np.float32]


class VisualVectors(artefacts.VisualVectors):
    """The artefact, to be computed with."""

    def decoded(self) -> list[Vectors]:
        """For each scene a matrix of shape (keyframes, dimensions)."""
        return [np.frombuffer(base64.b64decode(rows), dtype="<f4").reshape(-1, self.dimensions) for rows in self.scenes]


class Embedder:
    """What the child holds: where the pictures lie, and the models, those of a collection that is being filled too."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self._loaded: dict[tuple[str, str], tuple[ImageTextEncoder, TextEncoder]] = {}

    def encoders(self, models: ModelSettings) -> tuple[ImageTextEncoder, TextEncoder]:
        """The pictures' and the texts', loaded. Raises ConfigurationError if that can't be."""
        names = models.image_text, models.text
        if names not in self._loaded:
            images, texts = chosen(models)
            try:
                images.warm()
                texts.warm()
            except WeightsError as error:
                raise ConfigurationError(f"the models can't be loaded: {error}") from error
            self._loaded[names] = images, texts
        return self._loaded[names]


def load(blobs: Blobs, models: ModelSettings) -> Embedder:
    """Load the models, in the child. Raises ConfigurationError if that can't be."""
    embedder = Embedder(blobs)
    embedder.encoders(models)
    return embedder


def see(embedder: Embedder, scenes: Sequence[Scene], models: ModelSettings) -> VisualVectors:
    """The visual vectors of a segment's scenes, all their pictures in one batch."""
    images, _ = embedder.encoders(models)
    pictures = [_picture(embedder.blobs, keyframe) for scene in scenes for keyframe in scene.keyframes]
    rows = images.encode_images(pictures).astype("<f4")
    ends = np.cumsum([len(scene.keyframes) for scene in scenes])
    each = np.split(rows, ends[:-1]) if scenes else []
    return VisualVectors(
        dimensions=images.dimensions,
        scenes=tuple(base64.b64encode(part.tobytes()).decode() for part in each),
    )


def read(embedder: Embedder, texts: Sequence[str], models: ModelSettings) -> Vectors:
    """The text vectors of a segment's scenes: shape (scenes, dimensions)."""
    return embedder.encoders(models)[1].encode(texts)


def _picture(blobs: Blobs, keyframe: Keyframe) -> Image:
    key = blob_key(keyframe.uri)
    decoded = cv2.imdecode(np.frombuffer(blobs.get_now(key), np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError(f"the picture {key} can't be decoded")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
