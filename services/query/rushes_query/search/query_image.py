"""The image of a search request, decoded in a process of its own with limits on memory and time."""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rushes_query.settings import QuerySettings
from rushes_runtime.compute import ComputeChild
from rushes_runtime.errors import ComputeError, InvalidError

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""The formats that are decoded; each further decoder of Pillow would add attack surface."""
ENOUGH = (1024, 1024)
"""An image is reduced by a whole factor to at least this size: encoders use far fewer pixels."""

QueryImage = NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""
Decode = Callable[[bytes], Awaitable[QueryImage]]
"""Decodes an image file. Raises InvalidError."""


class ImageDecoder:
    """Decodes one image at a time, in a process that is started with the first one."""

    def __init__(self, settings: QuerySettings) -> None:
        """No process is started."""
        self.child: ComputeChild[None] = ComputeChild(
            _nothing,
            name="query pictures",
            time_limit_s=settings.picture_limit_s,
            memory_limit_bytes=settings.picture_memory_limit or None,
        )

    async def decode(self, data: bytes) -> QueryImage:
        """As `decode`. Raises InvalidError also if it takes more time or memory than its limits."""
        try:
            return await self.child.run(_decode, data)
        except ComputeError as error:
            raise InvalidError(error.reason, f"The image can't be decoded: {error}.") from error


async def decode_here(data: bytes) -> QueryImage:
    """As `decode`, in a thread of this process."""
    return await asyncio.to_thread(decode, data)


def _nothing() -> None:
    """The process has no state."""


def _decode(worker: None, data: bytes) -> QueryImage:
    return decode(data)


def decode(data: bytes) -> QueryImage:
    """Return the image as displayed, shape (height, width, 3), RGB; the first frame of an animation. Blocks on the CPU.

    Raises InvalidError: `not_an_image`, or `too_large`, which the header tells before anything is decoded.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            _check(*picture.size)
            # JPEG can be decoded at a fraction of its size, which saves most of the time and the memory.
            picture.draft("RGB", ENOUGH)
            shown = ImageOps.exif_transpose(picture).convert("RGB")
            return np.asarray(shown.reduce(_factor(*shown.size)), np.uint8)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises for broken files
        raise InvalidError("not_an_image", "The image can't be decoded; send a JPEG, PNG, WebP, GIF or BMP.") from error


def _factor(width: int, height: int) -> int:
    return max(1, min(width // ENOUGH[0], height // ENOUGH[1]))


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large()


def _too_large() -> InvalidError:
    return InvalidError("too_large", f"The image has more than {MAX_PIXELS // 1_000_000} megapixels.")
