"""An image that is searched by is decoded in a process of its own, within limits."""

import os

import pytest
from tests.attack.giant import png

from rushes_query.search.query_image import ImageDecoder
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import InvalidError


async def test_image_is_decoded_elsewhere_and_made_no_larger_than_models_need() -> None:
    decoder = ImageDecoder(QuerySettings())
    async with decoder.child.running():
        assert (await decoder.decode(png(640, 360))).shape == (360, 640, 3)
        assert (await decoder.decode(png(5000, 3000))).shape == (1500, 2500, 3)
        assert await decoder.child.run(_pid) != os.getpid()


async def test_image_that_takes_too_much_memory_is_refused_and_the_next_is_decoded() -> None:
    decoder = ImageDecoder(QuerySettings(picture_memory_limit=256_000_000))
    async with decoder.child.running():
        with pytest.raises(InvalidError, match="The image can't be decoded: query pictures") as refused:
            await decoder.decode(png(7000, 7000))
        assert refused.value.reason == "out_of_memory"
        assert (await decoder.decode(png(64, 36))).shape == (36, 64, 3)


async def test_image_that_takes_too_long_is_refused() -> None:
    decoder = ImageDecoder(QuerySettings(picture_limit_s=0.01))
    async with decoder.child.running():
        with pytest.raises(InvalidError) as refused:
            await decoder.decode(png(7000, 7000))
        assert refused.value.reason == "time_limit"


def _pid(worker: None) -> int:
    return os.getpid()
