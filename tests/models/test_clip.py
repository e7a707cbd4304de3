"""Pictures prepared without torch. That they equal open_clip's to the bit is shown in test_open_clip.py."""

import numpy as np
import pytest

from rushes_models.clip import Preprocess, to_batch, to_input, to_square
from rushes_models.ports import Image
from rushes_models.weights import WeightsError


def bands(height: int, width: int) -> Image:
    """Red, green and blue thirds, from left to right."""
    picture = np.zeros((height, width, 3), np.uint8)
    for channel, part in enumerate(np.array_split(np.arange(width), 3)):
        picture[:, part, channel] = 255
    return picture


def test_a_plain_picture_becomes_its_known_value() -> None:
    how = Preprocess(8, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0))
    made = to_input(np.full((20, 30, 3), (255, 0, 51), np.uint8), how)
    assert made.shape == (3, 8, 8)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[:, 4, 4], [1, -1, 0.2], atol=1e-6)
    assert np.ptp(made, axis=(1, 2)).max() == 0


def test_shortest_keeps_the_centre() -> None:
    square = to_square(bands(30, 90), Preprocess(10))
    assert (square[:, 1:-1] == (0, 255, 0)).mean() > 0.95


def test_squash_keeps_the_edges() -> None:
    square = to_square(bands(30, 90), Preprocess(9, resize_mode="squash"))
    assert [int(square[4, column].argmax()) for column in (0, 4, 8)] == [0, 1, 2]


def test_longest_pads_above_and_below() -> None:
    square = to_square(bands(30, 90), Preprocess(9, resize_mode="longest", fill_color=7))
    assert (square[:3] == 7).all()
    assert (square[6:] == 7).all()
    assert [int(square[4, column].argmax()) for column in (0, 4, 8)] == [0, 1, 2]


def test_shrinking_does_not_skip_pixels() -> None:
    """A filter of fixed width, like OpenCV's, would see only the white or only the black lines."""
    lines = np.zeros((320, 320, 3), np.uint8)
    lines[::2] = 255
    assert to_square(lines, Preprocess(32)).std() < 3


@pytest.mark.parametrize("resize_mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (7, 9), (224, 224), (719, 1280)])
def test_every_size_becomes_the_same(resize_mode: str, shape: tuple[int, int]) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    assert to_batch([picture, picture], Preprocess.of({"size": 32, "resize_mode": resize_mode})).shape == (2, 3, 32, 32)


def test_reads_what_open_clip_writes() -> None:
    said = {"size": [224, 224], "mode": "RGB", "mean": [0.5, 0.5, 0.5], "std": None, "interpolation": "bilinear"}
    assert Preprocess.of(said) == Preprocess(224, mean=(0.5, 0.5, 0.5), interpolation="bilinear")


@pytest.mark.parametrize(
    "said",
    [
        {"size": (224, 336)},
        {},
        {"size": 224, "mean": [0.5]},
        {"size": 224, "std": [0, 1, 1]},
        {"size": 224, "interpolation": "nearest"},
        {"size": 224, "resize_mode": "stretch"},
    ],
    ids=["not square", "no size", "one channel", "no spread", "other filter", "other mode"],
)
def test_refuses_what_it_cannot_do(said: dict[str, object]) -> None:
    with pytest.raises(WeightsError, match="can't be prepared"):
        Preprocess.of(said)
