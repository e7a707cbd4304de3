"""The ingest service, composed."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

import structlog

from rushes_ingest.accept import Acceptance
from rushes_ingest.archives import archives
from rushes_ingest.declared import declare
from rushes_ingest.deletions import deletions
from rushes_ingest.edits import edits
from rushes_ingest.fetch import STORED, allow, fetch
from rushes_ingest.pending import dealt_with
from rushes_ingest.plan import STAGE_VERSION
from rushes_ingest.resumable.routes import routes as resumable
from rushes_ingest.settings import IngestSettings
from rushes_ingest.store import Source, find_source, store, swept
from rushes_ingest.uploads import uploads
from rushes_ingest.video import Plan, video_of
from rushes_ingest.workers import Preparing, Probes
from rushes_runtime import settings as shared
from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.deletion import is_deleted, unless_deleted
from rushes_runtime.errors import Dropped, InvalidError
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.service import Service
from rushes_schemas.events import Event, SegmentPlanned, VideoProgress, VideoUploaded
from rushes_schemas.topics import SEGMENT_PLANNED, VIDEO_DELETED, VIDEO_UPLOADED


class Settings(shared.Settings):
    """All settings of the ingest service."""

    ingest: IngestSettings = IngestSettings()


Prepare = Callable[[Source, str, str], Awaitable[Plan]]
"""A stored video, its recipe and its name to the plan of its segments, whose sounds are stored."""


def build(platform: Platform, settings: IngestSettings) -> Service:
    """The service. Media are read in child processes."""
    preparing, probes = Preparing(platform.blobs, settings), Probes(platform.blobs, settings)
    stage = Stage("ingest", platform, {"blobs": platform.blobs.ready})
    handle(stage, platform, settings, preparing)
    announce, forget = stage.publishes(VIDEO_UPLOADED), stage.publishes(VIDEO_DELETED)
    acceptance = Acceptance(platform.blobs, probes, announce.publish)
    return Service(
        "ingest",
        stages=[stage],
        http=[
            uploads(acceptance, settings),
            resumable(acceptance, settings),
            archives(platform.blobs, announce.publish),
            edits(platform.blobs, announce.publish),
            deletions(platform.blobs, forget.publish),
        ],
        checks=stage.checks | {"ingest child": preparing.child.ready, "ingest door": probes.pool.ready},
        lifespans=[swept(platform.blobs), preparing.child.running(), probes.pool.running(), stage.running()],
    )


def handle(stage: Stage, platform: Platform, settings: IngestSettings, prepare: Prepare) -> None:
    """Register the handlers."""
    planned = stage.publishes(SEGMENT_PLANNED)
    blobs = platform.blobs

    @stage.consumes(VIDEO_UPLOADED)
    async def on_video_uploaded(event: VideoUploaded) -> None:
        """Store the video, plan its segments, and announce each; of a video that was deleted after it, nothing."""
        try:
            source = await take_in(event, platform, settings)
            structlog.contextvars.bind_contextvars(video_id=source.video_id)
            async with unless_deleted(blobs, source.video_id, min(source.stored_at, event.accepted_at or 0)):
                await plan_of(source, event)
        except Dropped:
            await dealt_with(blobs, event)
            raise
        await dealt_with(blobs, event)

    async def plan_of(source: Source, event: VideoUploaded) -> None:
        artefact = artefact_of(source, settings)
        plan = await find_or_make(
            blobs, artefact, Plan, partial(prepare, source, artefact.recipe, event.filename or event.uri)
        )
        video = video_of(source, plan.content, await declare(blobs, source.video_id, event))
        for segment in plan.content.segments:
            await planned.publish(SegmentPlanned(video=video, segment=segment))
        await stage.progress.publish(
            VideoProgress(
                video_id=source.video_id,
                stage="ingest",
                status="done",
                at=max(now_ms(), event.accepted_at or 0),  # the door may be another machine, whose clock is ahead
                recipe=artefact.recipe,
                artefact_uri=artefact.uri,
                elapsed_ms=plan.elapsed_ms,
                video=video,
                source=event,
                stored_at=source.stored_at,
            )
        )

    @stage.gives_up
    async def strike_out(event: Event, failure: Failure) -> None:
        """A dead letter remembers the event from now on."""
        assert isinstance(event, VideoUploaded)
        await dealt_with(blobs, event)


async def take_in(event: VideoUploaded, platform: Platform, settings: IngestSettings) -> Source:
    """The stored video that an event speaks of: there already, or fetched now. Raises InvalidError, BeingDeleted, and
    Dropped for one that was deleted since."""
    allow(event.uri, settings)
    if stored := STORED.fullmatch(event.uri):
        source = await find_source(platform.blobs, stored["video_id"])
        if source is None:
            if await is_deleted(platform.blobs, stored["video_id"], event.accepted_at or 0):
                raise Dropped(f"the video {stored['video_id']} was deleted")
            raise InvalidError("not_found", f"there is no stored video {event.uri}")
        return source
    chunks = fetch(event.uri, platform.settings.blobs)
    async with aclosing(chunks):
        return await store(platform.blobs, chunks, event.uri, settings.max_size, event.accepted_at)


def artefact_of(source: Source, settings: IngestSettings) -> Artefact:
    """The name of a video's plan: other limits make another one."""
    return Artefact(source.video_id, None, "ingest", recipe("ingest", STAGE_VERSION, settings.made_with()))
