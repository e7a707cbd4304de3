"""A picture that somebody sends, decoded with care."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rushes_runtime.errors import InvalidError

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""What is tried; the many other decoders that Pillow has are not worth their attack surface."""
ENOUGH = (1024, 1024)
"""A JPEG is decoded at the smallest of its scales that covers this: encoders look at far fewer pixels."""


def decode(data: bytes) -> NDArray[np.uint8]:
    """The picture as shown, shape (height, width, 3), RGB; the first one of an animation. Blocks on the CPU.

    Raises InvalidError: `not_an_image`, or `too_large`, which the header tells before anything is decoded.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            _check(*picture.size)
            picture.draft("RGB", ENOUGH)
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"), np.uint8)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises for broken files
        raise InvalidError("not_an_image", "The image can't be decoded; send a JPEG, PNG, WebP, GIF or BMP.") from error


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large()


def _too_large() -> InvalidError:
    return InvalidError("too_large", f"The image has more than {MAX_PIXELS // 1_000_000} megapixels.")
