"""The worker processes that read media for ingest: what they compute, and the limits on each."""

from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile

import structlog

from rushes_ingest.audio import PcmFile, write_flac
from rushes_ingest.probe import VideoFacts, probe_and_extract_sound, probe_first_picture
from rushes_ingest.segmentation import KeyframeCut, SilenceCut, plan_segments, power_levels
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blobs import Blobs
from rushes_runtime.compute import ComputeChild, ComputePool
from rushes_runtime.errors import ComputeError
from rushes_runtime.memory import memory_limit
from rushes_schemas.artefacts import Plan
from rushes_schemas.events import Segment
from rushes_schemas.ids import blob_uri


@dataclass(frozen=True)
class IngestWorker:
    """What the child holds."""

    blobs: Blobs
    settings: IngestSettings


def check_playable(worker: IngestWorker, source_key: str, name: str) -> None:
    """Refuse quickly what can't be played: one picture has to decode. `name` is what errors call the video.

    Raises InvalidError as `prepare` does, except for `too_long`.
    """
    with worker.blobs.open(source_key) as source:
        probe_first_picture(source, name, worker.settings.max_pixels)


def prepare_video(worker: IngestWorker, source_key: str, video_id: str, recipe: str, name: str) -> Plan:
    """The plan of a stored video, whose segments' sound is stored when this returns. Safe to do twice.

    Reads the file once and its beginning once more. Raises InvalidError: `empty`, `not_a_video`, `no_pictures`,
    `nothing_decodes`, `too_large_pictures`, `too_long`. Raises MemoryError, and what the blob store raises. A temporary
    file takes 32 kB for each second of the video.
    """
    with worker.blobs.open(source_key) as source, TemporaryFile() as file:
        pcm = PcmFile(file)
        facts = probe_and_extract_sound(source, name, worker.settings.max_duration_ms, pcm, worker.settings.max_pixels)
        spans = plan_segments(facts.duration_ms, worker.settings.segments, _cut(facts, pcm))
        segments = [Segment(index=k, start_ms=start, end_ms=end) for k, (start, end) in enumerate(spans)]
        if facts.has_audio:
            segments = [_with_sound(worker.blobs, pcm, video_prefix(video_id), recipe, part) for part in segments]
    return _plan(facts, segments)


def _cut(facts: VideoFacts, pcm: PcmFile) -> SilenceCut | KeyframeCut:
    return SilenceCut(power_levels(pcm, facts.duration_ms)) if facts.has_audio else KeyframeCut(facts.keyframes_ms)


def _plan(facts: VideoFacts, segments: list[Segment]) -> Plan:
    return Plan(
        duration_ms=facts.duration_ms,
        width=facts.width,
        height=facts.height,
        has_audio=facts.has_audio,
        media_type=facts.media_type,
        segments=tuple(segments),
    )


def _with_sound(blobs: Blobs, pcm: PcmFile, folder: str, recipe: str, segment: Segment) -> Segment:
    """The segment, its sound stored."""
    key = f"{folder}/{segment.index}/sound-{recipe}.flac"
    blobs.put_now(key, write_flac(pcm.read(segment.start_ms, segment.end_ms)))
    return segment.model_copy(update={"audio_uri": blob_uri(key)})


MIN_MEMORY = 2_000_000_000
"""Bytes: a first picture of 50 megapixels in 16 bits takes 1.2 GB, and so does one of 8K behind B-frames."""

log = structlog.stdlib.get_logger("rushes.ingest")


class PreparationProcess:
    """Prepares videos, one after another, in one process."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        """Starts nothing."""
        self._settings = settings
        self.child = ComputeChild(
            partial(IngestWorker, blobs, settings),
            name="ingest",
            time_limit_s=settings.time_limit_s,
            memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 8, least=MIN_MEMORY),
        )

    async def __call__(self, source: Source, recipe: str, name: str) -> Plan:
        """As the function `prepare`. Raises ComputeError as well, soon where already the first picture takes too much:
        then the videos behind it don't wait for the limit of long ones."""
        await self.child.run_within(self._settings.first_picture_limit_s, check_playable, source.key, name)
        return await self.child.run(prepare_video, source.key, source.video_id, recipe, name)


class ProbeProcesses:
    """Looks at uploads while their senders wait, in processes of its own: none waits behind a video that is being
    prepared, nor behind another upload that takes its time."""

    def __init__(self, blobs: Blobs, settings: IngestSettings) -> None:
        """Starts nothing."""
        limit = memory_limit(settings.probe_memory_limit, share=1 / 16, least=MIN_MEMORY)
        self.pool = ComputePool(
            [
                ComputeChild(
                    partial(IngestWorker, blobs, settings),
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
            await self.pool.run(check_playable, key, name)
        except ComputeError as error:
            log.warning("an upload is accepted without a look at it", file=name, reason=error.reason, error=str(error))
