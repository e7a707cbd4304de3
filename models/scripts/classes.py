"""The vectors of the 1,000 ImageNet classes in the space of sentences, and the everyday words for them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

from rushes_models.conse import QUERY_TEMPLATE
from rushes_models.use_multilingual import UseMultilingual

Floats = NDArray[np.float32]

# The classes follow WordNet's order, so that whole kinds are ranges of indices. The list was written for rushes.
_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "fish": ((0, 6), (389, 397)),
    "bird": ((7, 24), (80, 100), (127, 146)),
    "salamander": ((25, 29),),
    "frog": ((30, 32),),
    "turtle": ((33, 37),),
    "lizard": ((38, 48),),
    "crocodile": ((49, 50),),
    "snake": ((52, 68),),
    "spider": ((70, 77),),
    "elephant": ((101, 101), (386, 386)),
    "crab": ((118, 121),),
    "whale": ((147, 148),),
    "seal": ((149, 150),),
    "dog": ((151, 268),),
    "wild dog": ((269, 275),),
    "fox": ((277, 280),),
    "cat": ((281, 285),),
    "wild cat": ((286, 293),),
    "bear": ((294, 297),),
    "insect": ((300, 320),),
    "butterfly": ((321, 326),),
    "rabbit": ((330, 332),),
    "squirrel": ((335, 336),),
    "horse": ((339, 339),),
    "pig": ((341, 343),),
    "cattle": ((345, 347),),
    "sheep": ((348, 350),),
    "antelope": ((351, 353),),
    "monkey": ((365, 382),),
    "guitar": ((402, 402), (546, 546)),
    "ship": ((403, 403), (510, 510), (628, 628), (724, 724), (780, 780)),
    "airplane": ((404, 404), (895, 895)),
    "car": (
        *((407, 407), (436, 436), (468, 468), (511, 511), (609, 609)),
        *((627, 627), (656, 656), (661, 661), (751, 751), (817, 817)),
    ),
    "clock": ((409, 409), (530, 530), (892, 892)),
    "bicycle": ((444, 444), (671, 671)),
    "train": ((466, 466), (547, 547), (705, 705), (820, 820)),
    "boat": ((472, 472), (484, 484), (554, 554), (576, 576), (625, 625), (814, 814), (914, 914)),
    "cup of coffee": ((504, 504),),
    "telephone": ((487, 487), (528, 528), (707, 707)),
    "computer": ((527, 527), (590, 590), (620, 620), (681, 681)),
    "watch": ((531, 531), (826, 826)),
    "truck": ((555, 555), (569, 569), (675, 675), (717, 717), (864, 864), (867, 867)),
    "piano": ((579, 579), (881, 881)),
    "bus": ((654, 654), (779, 779), (874, 874)),
    "rocket": ((657, 657), (744, 744)),
    "motorcycle": ((665, 665), (670, 670)),
    "fruit": ((948, 957),),
    "coffee": ((967, 967),),
    "flower": ((985, 986),),
    "mushroom": ((991, 997),),
}

KINDS: dict[int, str] = {
    index: kind for kind, ranges in _RANGES.items() for first, last in ranges for index in range(first, last + 1)
}
"""Class index to the everyday word, where the class's own name does not contain it."""


@dataclass(frozen=True)
class ClassVectors:
    """`classes` (1000, 512), orthogonal to `shared`; `shared` (512,), of length 1."""

    classes: Floats
    shared: Floats

    @property
    def usual_length(self) -> float:
        """The median length of a class's vector: the length for a picture of which the classifier is certain."""
        return float(np.median(np.linalg.norm(self.classes, axis=1)))


def class_vectors() -> ClassVectors:
    """Average each class's sentence with its kind's and remove the direction of the mean of all."""
    vectors = (_sentences(IMAGENET_CLASSNAMES) + _sentences(_kinds())) / 2
    mean = vectors.mean(axis=0)
    shared = mean / np.linalg.norm(mean)
    classes = vectors - np.outer(vectors @ shared, shared)
    return ClassVectors(np.asarray(classes, np.float32), shared)


def _kinds() -> list[str]:
    return [KINDS.get(index, name) for index, name in enumerate(IMAGENET_CLASSNAMES)]


def _sentences(names: list[str]) -> Floats:
    return UseMultilingual().encode([QUERY_TEMPLATE.format(name) for name in names])
