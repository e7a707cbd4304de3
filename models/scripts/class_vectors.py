"""The vectors of the 1,000 ImageNet classes in the space of sentences."""

from dataclasses import dataclass

import numpy as np
from kinds import KINDS
from numpy.typing import NDArray
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

from rushes_models.conse import QUERY_TEMPLATE
from rushes_models.use_multilingual import UseMultilingual

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ClassVectors:
    """`classes` (1000, 512), none with a part along `shared`; `shared` (512,), of length 1."""

    classes: Floats
    shared: Floats

    @property
    def usual_length(self) -> float:
        """The median length of a class's vector: what a picture gets of which the classifier is certain."""
        return float(np.median(np.linalg.norm(self.classes, axis=1)))


def class_vectors() -> ClassVectors:
    """Each class's sentence, averaged with its kind's, less the direction of the mean of all."""
    vectors = (_sentences(IMAGENET_CLASSNAMES) + _sentences(_kinds())) / 2
    mean = vectors.mean(axis=0)
    shared = mean / np.linalg.norm(mean)
    classes = vectors - np.outer(vectors @ shared, shared)
    return ClassVectors(np.asarray(classes, np.float32), shared)


def _kinds() -> list[str]:
    return [KINDS.get(index, name) for index, name in enumerate(IMAGENET_CLASSNAMES)]


def _sentences(names: list[str]) -> Floats:
    return UseMultilingual().encode([QUERY_TEMPLATE.format(name) for name in names])
