"""Stages that do nothing but consume and publish, as the real ones do: the four hops without the work.

    python -m bench.hops ingest asr scenes embed --port PORT

Each stage tells the ledger and passes the event on; all of what it says is made from the event before.
"""

import argparse
import asyncio
import hashlib

from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.logs import configure_logs
from rushes_runtime.platform import Platform, open_platform
from rushes_runtime.service import Service, serve
from rushes_runtime.settings import LogSettings, Settings, load
from rushes_schemas.events import (
    ScenesDetected,
    Segment,
    SegmentPlanned,
    SegmentTranscribed,
    StageName,
    Transcript,
    Video,
    VideoProgress,
    VideoUploaded,
    extended,
)
from rushes_schemas.ids import video_id
from rushes_schemas.topics import SCENES_DETECTED, SEGMENT_PLANNED, SEGMENT_TRANSCRIBED, VIDEO_UPLOADED


def ingest(platform: Platform) -> Stage:
    """A video to its one segment."""
    stage = Stage("ingest", platform, {})

    @stage.publishes(SEGMENT_PLANNED)
    @stage.consumes(VIDEO_UPLOADED)
    async def on_video_uploaded(event: VideoUploaded) -> SegmentPlanned:
        planned = SegmentPlanned(video=_video(event.uri), segment=Segment(index=0, start_ms=0, end_ms=120_000))
        await stage.progress.publish(_done("ingest", planned))
        return planned

    return stage


def asr(platform: Platform) -> Stage:
    """A segment to its transcript, without a word."""
    stage = Stage("asr", platform, {})

    @stage.publishes(SEGMENT_TRANSCRIBED)
    @stage.consumes(SEGMENT_PLANNED)
    async def on_segment_planned(event: SegmentPlanned) -> SegmentTranscribed:
        await stage.progress.publish(_done("asr", event))
        return extended(event, SegmentTranscribed, transcript=Transcript(status="no_speech"))

    return stage


def scenes(platform: Platform) -> Stage:
    """A segment to its scenes, of which it has none."""
    stage = Stage("scenes", platform, {})

    @stage.publishes(SCENES_DETECTED)
    @stage.consumes(SEGMENT_TRANSCRIBED)
    async def on_segment_transcribed(event: SegmentTranscribed) -> ScenesDetected:
        await stage.progress.publish(_done("scenes", event))
        return extended(event, ScenesDetected, scenes=())

    return stage


def embed(platform: Platform) -> Stage:
    """The end of the way."""
    stage = Stage("embed", platform, {})

    @stage.consumes(SCENES_DETECTED)
    async def on_scenes_detected(event: ScenesDetected) -> None:
        await stage.progress.publish(_done("embed", event))

    return stage


STAGES = {"ingest": ingest, "asr": asr, "scenes": scenes, "embed": embed}


def _video(uri: str) -> Video:
    sha256 = hashlib.sha256(uri.encode()).hexdigest()
    return Video(
        video_id=video_id(sha256),
        sha256=sha256,
        title=uri,
        duration_ms=120_000,
        width=1280,
        height=720,
        has_audio=True,
        segment_count=1,
        source_uri=uri,
        size_bytes=1,
        media_type="video/mp4",
    )


def _done(stage: StageName, event: SegmentPlanned) -> VideoProgress:
    return VideoProgress(
        video_id=event.video.video_id, segment=event.segment.index, stage=stage, status="done", at=now_ms()
    )


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="+", choices=STAGES)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    configure_logs(LogSettings(level="WARNING"))
    settings = load(Settings)
    settings = settings.model_copy(update={"http": settings.http.model_copy(update={"port": given.port})})
    platform = open_platform(settings)
    stages = [STAGES[name](platform) for name in given.stages]
    services = [
        Service(stage.service, stages=[stage], checks=stage.checks, lifespans=[stage.running()]) for stage in stages
    ]
    asyncio.run(serve("hops", services, settings, platform.metrics))


if __name__ == "__main__":
    main()
