"""The processes that read media for ingest, and what each may take."""

from functools import partial

import structlog

from rushes_ingest.prepare import Preparer, check, prepare
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source
from rushes_runtime.blobs import Blobs
from rushes_runtime.compute import ComputeChild, ComputePool
from rushes_runtime.errors import ComputeError
from rushes_runtime.memory import memory_limit
from rushes_schemas.artefacts import Plan

LEAST_MEMORY = 2_000_000_000
"""Bytes: a first picture of 50 megapixels in 16 bits takes 1.2 GB, and so does one of 8K behind B-frames."""

log = structlog.stdlib.get_logger("rushes.ingest")


class Preparing:
    """Prepares videos, one after another, in one process."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        """Starts nothing."""
        self._settings = settings
        self.child = ComputeChild(
            partial(Preparer, blobs, settings),
            name="ingest",
            time_limit_s=settings.time_limit_s,
            memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 8, least=LEAST_MEMORY),
        )

    async def __call__(self, source: Source, recipe: str, name: str) -> Plan:
        """As the function `prepare`. Raises ComputeError as well, soon where already the first picture takes too much:
        then the videos behind it don't wait for the limit of long ones."""
        await self.child.run_within(self._settings.first_picture_limit_s, check, source.key, name)
        return await self.child.run(prepare, source.key, source.video_id, recipe, name)


class Probes:
    """Looks at uploads while their senders wait, in processes of its own: none waits behind a video that is being
    prepared, nor behind another upload that takes its time."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        """Starts nothing."""
        limit = memory_limit(settings.probe_memory_limit, share=1 / 16, least=LEAST_MEMORY)
        self.pool = ComputePool(
            [
                ComputeChild(
                    partial(Preparer, blobs, settings),
                    name=f"ingest door {number}",
                    time_limit_s=settings.probe_limit_s,
                    memory_limit_bytes=limit,
                )
                for number in range(1, settings.probe_workers + 1)
            ]
        )

    async def __call__(self, key: str, name: str) -> None:
        """Raises InvalidError unless a stored video looks playable; `name` is what the error calls it.

        What takes too much time or memory, or kills its process, passes: that may be the machine's fault and not the
        video's. `Preparing` gives it more, and its verdict is seen in the video's status.
        """
        try:
            await self.pool.run(check, key, name)
        except ComputeError as error:
            log.warning("an upload is accepted without a look at it", file=name, reason=error.reason, error=str(error))
