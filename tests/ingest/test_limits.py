"""A file that asks for too much is refused or fails by itself, and the next upload is served."""

import asyncio
import resource
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.attack.giant import mov
from tests.ingest.door import BYTES

from rushes_ingest.probe import probe, probe_first_picture
from rushes_ingest.settings import IngestSettings
from rushes_ingest.worker import PreparationProcess, ProbeProcesses
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ComputeError, InvalidError
from rushes_schemas.artefacts import Source

GIANT = (16_000, 16_000)
SLOW = mov([(7000, 7000)], tracks=40)
"""Takes tens of seconds, since each track's picture is decoded to open it."""


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    store = Blobs(tmp_path.as_uri())
    store.put_now("slow", SLOW)
    store.put_now("good", BYTES)
    return store


def kept(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("claims", [None, (640, 360)], ids=["as it says", "under a false size"])
def test_giant_picture_is_refused_before_it_is_decoded(tmp_path: Path, claims: tuple[int, int] | None) -> None:
    file = kept(tmp_path / "giant.mov", mov([GIANT], claims))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidError, match=r"giant\.mov are larger .* limit of 50,000,000 pixels") as refused:
        probe_first_picture(file, "giant.mov")
    assert refused.value.reason == "too_large_pictures"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100_000  # kB


def test_limit_on_pixels_is_a_setting(tmp_path: Path) -> None:
    file = kept(tmp_path / "large.mov", mov([(3000, 2000)]))
    assert (probe_first_picture(file, "large.mov", 6_500_000).width, probe(file, "large.mov").height) == (3000, 2000)
    with pytest.raises(InvalidError, match="limit of 5,000,000 pixels"):
        probe_first_picture(file, "large.mov", 5_000_000)


async def test_slow_upload_makes_no_other_wait(blobs: Blobs) -> None:
    probes = ProbeProcesses(blobs, IngestSettings(probe_limit_s=50))
    async with probes.pool.running():
        slow = asyncio.create_task(probes("slow", "slow.mov"))
        await asyncio.sleep(0)  # it has a process now
        await probes("good", "good.mp4")
        assert not slow.done()
        slow.cancel()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"probe_limit_s": 0.5}, "time_limit"), ({"probe_memory_limit": 256_000_000}, "out_of_memory")],
)
async def test_upload_that_takes_too_much_is_accepted_unseen_and_the_next_is_looked_at(
    blobs: Blobs, settings: dict[str, Any], reason: str
) -> None:
    blobs.put_now("text", b"This is no video. " * 100)
    probes = ProbeProcesses(blobs, IngestSettings(**{"probe_workers": 1, "probe_limit_s": 40} | settings))
    async with probes.pool.running():
        with capture_logs() as said:
            await probes("slow", "slow.mov")
        assert [line["reason"] for line in said] == [reason]
        with pytest.raises(InvalidError, match=r"text\.mp4 is not a video"):
            await probes("text", "text.mp4")


async def test_video_whose_first_picture_takes_too_long_holds_the_others_up_no_longer(blobs: Blobs) -> None:
    preparing = PreparationProcess(blobs, IngestSettings(first_picture_limit_s=1))
    slow = Source(video_id="0", sha256="0", size_bytes=1)
    blobs.put_now(slow.key, SLOW)
    async with preparing.child.running():
        with pytest.raises(ComputeError, match="longer than its limit of 1 s") as late:
            await preparing(slow, "recipe", "slow.mov")
        assert late.value.reason == "time_limit"
        blobs.put_now(slow.key, BYTES)
        assert (await preparing(slow, "recipe", "good.mp4")).segments
