"""The asr service: its composition and its Kafka handler."""

from functools import partial
from typing import Protocol

from rushes_asr.settings import AsrSettings
from rushes_asr.worker import load, transcribe
from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.progress import made, progressed
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted
from rushes_runtime.memory import memory_limit
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.record_context import Record
from rushes_runtime.service import Service
from rushes_schemas.events import Event, Segment, SegmentPlanned, SegmentTranscribed, Transcript, extended
from rushes_schemas.topics import SEGMENT_PLANNED, SEGMENT_TRANSCRIBED

STAGE_VERSION = 3
"""Part of every recipe. Raise it when a change of the code gives another transcript for the same sound and settings."""


class Transcribe(Protocol):
    """Returns the transcript of a segment that has sound."""

    async def __call__(self, segment: Segment, language: str | None) -> Transcript: ...


def build(platform: Platform, settings: AsrSettings) -> Service:
    """Compose the service. A worker process loads the model when the service starts."""
    child = ComputeChild(
        partial(load, platform.blobs, settings),
        name="asr",
        time_limit_s=settings.time_limit_s,
        memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 2, least=2_000_000_000),
    )

    async def in_child(segment: Segment, language: str | None) -> Transcript:
        return await child.run(transcribe, segment, language)

    stage = Stage("asr", platform, {"blobs": platform.blobs.ready})
    handle(stage, platform, settings, in_child)
    return Service(
        "asr",
        stages=[stage],
        checks=stage.checks | {"asr child": child.ready},
        lifespans=[child.running(), stage.running()],
    )


def handle(stage: Stage, platform: Platform, settings: AsrSettings, transcribe: Transcribe) -> None:
    """Register the handlers."""
    publisher = stage.publishes(SEGMENT_TRANSCRIBED)

    @publisher
    @stage.consumes(SEGMENT_PLANNED)
    @drops_deleted(platform.blobs)
    async def on_segment_planned(event: SegmentPlanned, record: Record) -> SegmentTranscribed:
        """Find or make the segment's transcript."""
        if event.segment.audio_uri is None:
            await stage.progress.publish(progressed(event, "asr", "skipped", reason="no_audio"))
            return extended(event, SegmentTranscribed, transcript=Transcript(status="no_audio"))
        work = partial(transcribe, event.segment, event.video.language)
        artefact = artefact_of(event, settings)
        record.learn(recipe=artefact.recipe)
        result = await find_or_make(platform.blobs, artefact, Transcript, work)
        words = result.content
        reason = None if words.status == "ok" else words.status
        await stage.progress.publish(made(event, result, reason=reason, language=words.language))
        return extended(event, SegmentTranscribed, transcript=words)

    @stage.gives_up
    async def without_words(event: Event, failure: Failure) -> None:
        """Publish a segment that can't be transcribed without words, so that searches still find its pictures."""
        assert isinstance(event, SegmentPlanned)
        transcript = Transcript(status="failed", reason=failure.reason)
        await publisher.publish(extended(event, SegmentTranscribed, transcript=transcript))


def artefact_of(event: SegmentPlanned, settings: AsrSettings) -> Artefact:
    """Return the artefact of a segment's transcript. Its recipe depends on the sound, language, model, settings."""
    # These keys are hashed: renaming one would make every stored artefact unfindable.
    inputs = settings.result_settings() | {"sound": event.segment.audio_uri, "language": event.video.language}
    return Artefact(event.video.video_id, event.segment.index, "asr", recipe("asr", STAGE_VERSION, inputs))
