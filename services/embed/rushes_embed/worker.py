"""The worker process: turns the pictures and texts of scenes into vectors."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rushes_models.ports import Image
from rushes_models.registry import Encoders, encoders
from rushes_models.weights import WeightsError
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.scene_collections import choose_encoders
from rushes_runtime.settings import ModelSettings
from rushes_schemas.artefacts import VisualVectors
from rushes_schemas.events import Keyframe, Scene
from rushes_schemas.ids import blob_key

Vectors = NDArray[np.float32]


class SceneVectors(VisualVectors):
    """The artefact, with its vectors as arrays."""

    def decoded(self) -> list[Vectors]:
        """Return for each scene a matrix of shape (keyframes, dimensions)."""
        return [np.frombuffer(base64.b64decode(rows), dtype="<f4").reshape(-1, self.dimensions) for rows in self.scenes]


class Embedder:
    """The state of the worker process: the blob store, and the loaded models of every collection."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        # Two pairs are loaded while a collection of other models is being filled.
        self._loaded: dict[tuple[str, str], Encoders] = {}

    def encoders(self, models: ModelSettings) -> Encoders:
        """Return the encoders, loaded. Raises ConfigurationError if they can't be loaded."""
        names = models.image_text, models.text
        if names not in self._loaded:
            chosen = choose_encoders(models, encoders)
            try:
                chosen.images.warm()
                chosen.texts.warm()
            except WeightsError as error:
                raise ConfigurationError(f"the models can't be loaded: {error}") from error
            self._loaded[names] = chosen
        return self._loaded[names]


def load(blobs: Blobs, models: ModelSettings) -> Embedder:
    """Load the models, in the worker process. Raises ConfigurationError if they can't be loaded."""
    embedder = Embedder(blobs)
    embedder.encoders(models)
    return embedder


def embed_pictures(embedder: Embedder, scenes: Sequence[Scene], models: ModelSettings) -> SceneVectors:
    """Return the visual vectors of a segment's scenes. Blocks. Raises ValueError for an undecodable picture."""
    images = embedder.encoders(models).images
    # All pictures of the segment are one batch, which is faster than a batch per scene.
    pictures = [_picture(embedder.blobs, keyframe) for scene in scenes for keyframe in scene.keyframes]
    rows = images.encode_images(pictures).astype("<f4")
    ends = np.cumsum([len(scene.keyframes) for scene in scenes])
    per_scene = np.split(rows, ends[:-1]) if scenes else []
    return SceneVectors(
        dimensions=images.dimensions,
        scenes=tuple(base64.b64encode(part.tobytes()).decode() for part in per_scene),
    )


def embed_texts(embedder: Embedder, texts: Sequence[str], models: ModelSettings) -> Vectors:
    """Return the text vectors of a segment's scenes, of shape (scenes, dimensions). Blocks."""
    return embedder.encoders(models).texts.encode(texts)


def _picture(blobs: Blobs, keyframe: Keyframe) -> Image:
    key = blob_key(keyframe.uri)
    decoded = cv2.imdecode(np.frombuffer(blobs.get_now(key), np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError(f"the picture {key} can't be decoded")
    # OpenCV decodes to BGR; the models take RGB.
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
