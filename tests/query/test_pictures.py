"""An image that is searched by is decoded in a process of its own, within limits."""

import os

import pytest
from tests.attack.giant import png

from rushes_query.pictures import Decoder
from rushes_query.settings import QuerySettings
from rushes_runtime.errors import InvalidError


async def test_image_is_decoded_elsewhere_and_made_no_larger_than_models_need() -> None:
    decoder = Decoder(QuerySettings())
    async with decoder.child.running():
        assert (await decoder.decode(png(640, 360))).shape == (360, 640, 3)
        assert (await decoder.decode(png(5000, 3000))).shape == (1500, 2500, 3)
        assert await decoder.child.run(_pid) != os.getpid()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (QuerySettings(picture_memory_limit=256_000_000), "out_of_memory"),
        (QuerySettings(picture_limit_s=0.1), "time_limit"),
    ],
    ids=["memory", "time"],
)
async def test_image_that_takes_too_much_is_refused_and_the_next_is_decoded(
    settings: QuerySettings, reason: str
) -> None:
    decoder = Decoder(settings)
    async with decoder.child.running():
        with pytest.raises(InvalidError, match="The image can't be decoded: query pictures") as refused:
            await decoder.decode(png(7000, 7000))
        assert refused.value.reason == reason
        assert (await decoder.decode(png(64, 36))).shape == (36, 64, 3)


def _pid(worker: None) -> int:
    return os.getpid()
