"""The asr service, composed."""

from functools import partial
from typing import Protocol

from rushes_asr.settings import AsrSettings
from rushes_asr.transcribe import load, transcribe
from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.progress import made, progressed
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted
from rushes_runtime.memory import memory_limit
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.service import Service
from rushes_schemas.events import Event, Segment, SegmentPlanned, SegmentTranscribed, Transcript, extended
from rushes_schemas.topics import SEGMENT_PLANNED, SEGMENT_TRANSCRIBED

STAGE_VERSION = 3
"""Raise it when the code changes what a transcript says for the same sound and settings."""


class Transcribe(Protocol):
    """The words of a segment whose sound is there."""

    async def __call__(self, segment: Segment, language: str | None) -> Transcript: ...


def build(platform: Platform, settings: AsrSettings) -> Service:
    """The service; its model is loaded in a child process when it runs."""
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
    async def on_segment_planned(event: SegmentPlanned) -> SegmentTranscribed:
        """Find or make the segment's words."""
        if event.segment.audio_uri is None:
            await stage.progress.publish(progressed(event, "asr", "skipped", reason="no_audio"))
            return extended(event, SegmentTranscribed, transcript=Transcript(status="no_audio"))
        work = partial(transcribe, event.segment, event.video.language)
        result = await find_or_make(platform.blobs, artefact_of(event, settings), Transcript, work)
        words = result.content
        reason = None if words.status == "ok" else words.status
        await stage.progress.publish(made(event, result, reason=reason, language=words.language))
        return extended(event, SegmentTranscribed, transcript=words)

    @stage.gives_up
    async def without_words(event: Event, failure: Failure) -> None:
        """A segment that can't be transcribed is still found by its pictures."""
        assert isinstance(event, SegmentPlanned)
        transcript = Transcript(status="failed", reason=failure.reason)
        await publisher.publish(extended(event, SegmentTranscribed, transcript=transcript))


def artefact_of(event: SegmentPlanned, settings: AsrSettings) -> Artefact:
    """The name of a segment's transcript: another sound, language, model or setting makes another one."""
    made_with = settings.made_with() | {"sound": event.segment.audio_uri, "language": event.video.language}
    return Artefact(event.video.video_id, event.segment.index, "asr", recipe("asr", STAGE_VERSION, made_with))
