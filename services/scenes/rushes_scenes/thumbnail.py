"""Small pictures for people and models to look at."""

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from rushes_runtime.errors import TransientError
from rushes_scenes.film import Picture, Shown

DARK = 16.0
"""Mean brightness, of 255, below which a picture shows next to nothing."""


@dataclass(frozen=True)
class Thumbnails:
    """How pictures are made small: at most `width` pixels across as displayed, `quality` 1 to 100."""

    width: int
    quality: int
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height; the thumbnail's pixels are square."""

    def thumbnail(self, shown: Shown) -> Picture:
        """A frame as it is displayed: turned upright, in its true proportions, and never enlarged."""
        turns = round(shown.frame.rotation / 90) % 4
        height, width = shown.picture.shape[:2]
        wide, high = self._size(width, height, sideways=turns % 2 == 1)
        small = cv2.resize(shown.picture, (wide, high), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(np.rot90(small, turns), dtype=np.uint8)

    def jpeg(self, picture: Picture) -> bytes:
        """A picture as a JPEG file."""
        done, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, self.quality))
        if not done:
            raise TransientError("a picture can't be written as JPEG")
        return data.tobytes()

    def dark(self, picture: Picture) -> bool:
        """Whether a picture is nearly black."""
        return float(picture.mean()) < DARK

    def _size(self, width: int, height: int, sideways: bool) -> tuple[int, int]:
        """Width and height before turning, for a frame of so many stored pixels."""
        # Square pixels are had by shrinking one side, since the other could only be enlarged.
        wide = width * min(Fraction(1), self.pixel_aspect)
        high = height / max(Fraction(1), self.pixel_aspect)
        scale = min(Fraction(1), Fraction(self.width) / (high if sideways else wide))
        return max(1, round(wide * scale)), max(1, round(high * scale))
