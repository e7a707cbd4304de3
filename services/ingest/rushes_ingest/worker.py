"""The worker processes that read media for ingest: what they compute, and the limits on each."""

from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile

import structlog

from rushes_ingest.audio import PcmFile, write_flac
from rushes_ingest.probe import VideoFacts, probe_and_extract_sound, probe_first_picture
from rushes_ingest.segmentation import KeyframeCut, SilenceCut, plan_segments, power_levels
from rushes_ingest.settings import IngestSettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.compute import ComputeChild, ComputePool
from rushes_runtime.errors import ComputeError
from rushes_runtime.memory import memory_limit
from rushes_schemas.artefacts import Plan, Source, sound_key
from rushes_schemas.events import Segment
from rushes_schemas.ids import blob_uri

MIN_MEMORY = 2_000_000_000
"""Bytes: a first picture of 50 megapixels in 16 bits takes 1.2 GB, and so does one of 8K behind B-frames."""

log = structlog.stdlib.get_logger("rushes.ingest")


@dataclass(frozen=True)
class IngestWorker:
    """The state of a worker process. It is cheap to build and is built in that process."""

    blobs: Blobs
    settings: IngestSettings


def check_playable(worker: IngestWorker, key: str, name: str) -> None:
    """Check quickly that a stored video can be played: its first picture has to decode. `name` is the video's name in
    errors.

    Raises InvalidError as `prepare_video` does, except for `too_long`.
    """
    with worker.blobs.open(key) as source:
        probe_first_picture(source, name, worker.settings.max_pixels)


def prepare_video(worker: IngestWorker, key: str, video_id: str, recipe: str, name: str) -> Plan:
    """Return the plan of a stored video. The sound of its segments is stored when this returns. Repeatable.

    Reads the file once, and its beginning twice. Raises InvalidError: `empty`, `not_a_video`, `no_pictures`,
    `nothing_decodes`, `too_large_pictures`, `too_long`. Raises MemoryError, and the errors of the blob store. A
    temporary file takes 32 kB for each second of the video.
    """
    with worker.blobs.open(key) as source, TemporaryFile() as file:
        pcm = PcmFile(file)
        facts = probe_and_extract_sound(source, name, worker.settings.max_duration_ms, pcm, worker.settings.max_pixels)
        spans = plan_segments(facts.duration_ms, worker.settings.segments, _choose_cut(facts, pcm))
        segments = [Segment(index=k, start_ms=start, end_ms=end) for k, (start, end) in enumerate(spans)]
        # Without any sound, the segments have no `audio_uri`, and asr has nothing to do for them.
        if facts.has_audio:
            segments = [_store_sound(worker.blobs, pcm, video_id, recipe, segment) for segment in segments]
    return _plan(facts, segments)


def _choose_cut(facts: VideoFacts, pcm: PcmFile) -> SilenceCut | KeyframeCut:
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


def _store_sound(blobs: Blobs, pcm: PcmFile, video_id: str, recipe: str, segment: Segment) -> Segment:
    """Store the sound of a segment and return the segment with its URI."""
    key = sound_key(video_id, segment.index, recipe)
    blobs.put_now(key, write_flac(pcm.read(segment.start_ms, segment.end_ms)))
    return segment.model_copy(update={"audio_uri": blob_uri(key)})


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
        """Run `prepare_video`. Raises its errors, and ComputeError if a limit is exceeded."""
        # The first picture has a short limit of its own: a video that hangs there does not hold up the queue for the
        # time that a long video may take.
        await self.child.run_within(self._settings.first_picture_limit_s, check_playable, source.key, name)
        return await self.child.run(prepare_video, source.key, source.video_id, recipe, name)


class ProbeProcesses:
    """Checks uploads while their senders wait, in processes of its own, so that no upload waits behind a video that is
    being prepared or behind another slow upload."""

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
        """Raise InvalidError unless a stored video seems playable; `name` is the video's name in the error."""
        try:
            await self.pool.run(check_playable, key, name)
        except ComputeError as error:
            # A limit may be exceeded because of the machine and not of the video. The PreparationProcess has higher
            # limits, and reports its result in the video's status.
            log.warning("an upload is accepted without a check", file=name, reason=error.reason, error=str(error))
