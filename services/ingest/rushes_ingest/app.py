"""The ingest service, composed."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial

import structlog

from rushes_ingest.accepted_uploads import dealt_with, identity, note
from rushes_ingest.api.archives import archives
from rushes_ingest.api.changes import deletions, edits
from rushes_ingest.api.uploads import uploads
from rushes_ingest.archive.importing import swept_archives
from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.receive import Resumable
from rushes_ingest.resumable.tus_routes import routes as resumable
from rushes_ingest.segmentation import STAGE_VERSION
from rushes_ingest.settings import IngestSettings, SourceSettings, migrated
from rushes_ingest.sources.fetch import STORED, Fetcher
from rushes_ingest.sources.uri_policy import Sources
from rushes_ingest.store import Source, Telling, find_source, forget_unplanned, note_telling, store, swept
from rushes_ingest.upload_metadata import Declared, declare
from rushes_ingest.upload_service import Acceptance
from rushes_ingest.worker import Preparing, Probes
from rushes_runtime import settings as shared
from rushes_runtime.artefacts import Artefact, find_or_make
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.failure import Failure
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.bus.stage import Stage
from rushes_runtime.deletion import unless_deleted
from rushes_runtime.errors import Dropped, InvalidError, TransientError
from rushes_runtime.generations import mark_of
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import remove_provisional, show_accepted
from rushes_runtime.recipe import recipe
from rushes_runtime.service import Service
from rushes_schemas.artefacts import Plan
from rushes_schemas.events import Event, SegmentPlanned, Video, VideoProgress, VideoUploaded
from rushes_schemas.ids import is_elsewhere, provisional_id
from rushes_schemas.topics import SEGMENT_PLANNED, VIDEO_DELETED, VIDEO_UPLOADED
from rushes_schemas.uris import redacted


class NoSpace(TransientError):
    """The disk takes no more for now."""

    reason = "no_space"


class Settings(shared.Settings):
    """All settings of the ingest service."""

    ingest: IngestSettings = IngestSettings()
    sources: SourceSettings = SourceSettings()


Prepare = Callable[[Source, str, str], Awaitable[Plan]]
"""A stored video, its recipe and its name to the plan of its segments, whose sounds are stored."""


def build(platform: Platform, settings: IngestSettings, given: SourceSettings | None = None) -> Service:
    """The service; `given` says what it fetches from. Media are read in child processes."""
    sources = Sources.of(migrated(settings, given or SourceSettings()), platform.settings)
    preparing, probes = Preparing(platform.blobs, settings), Probes(platform.blobs, settings)
    stage = Stage("ingest", platform, {"blobs": platform.blobs.ready})
    handle(stage, platform, settings, preparing, Fetcher.of(sources))
    announce, forget = stage.publishes(VIDEO_UPLOADED), stage.publishes(VIDEO_DELETED)
    acceptance = Acceptance(platform.blobs, probes, announce.publish, platform.index)
    arriving = Resumable(acceptance, settings)
    return Service(
        "ingest",
        stages=[stage],
        http=[
            uploads(acceptance, settings, sources),
            resumable(arriving, settings),
            archives(acceptance, settings),
            edits(platform.blobs, announce.publish),
            deletions(platform.blobs, forget.publish),
        ],
        checks=stage.checks | {"ingest child": preparing.child.ready, "ingest door": probes.pool.ready},
        lifespans=[
            swept(platform.blobs),
            swept_archives(platform.blobs),
            arriving.running(),
            preparing.child.running(),
            probes.pool.running(),
            stage.running(),
        ],
    )


def handle(stage: Stage, platform: Platform, settings: IngestSettings, prepare: Prepare, fetcher: Fetcher) -> None:
    """Register the handlers."""
    planned = stage.publishes(SEGMENT_PLANNED)
    blobs = platform.blobs

    @stage.consumes(VIDEO_UPLOADED)
    async def on_video_uploaded(event: VideoUploaded) -> None:
        """Store the video, plan its segments, and announce each; of a video that was deleted after it, nothing."""
        try:
            await list_accepted(event, platform)
            source = await take_in(event, platform, settings, fetcher)
            structlog.contextvars.bind_contextvars(video_id=source.video_id, generation=source.generation)
            async with unless_deleted(
                blobs, source.video_id, min(source.generation, event.generation or source.generation)
            ):
                await plan_of(source, event)
        except Dropped:
            with suppress(IndexUnavailable):  # it stays `processing`, so the reconciler has it dropped once more
                await remove_provisional(platform.index, event)
            await dealt_with(blobs, event)
            raise
        await dealt_with(blobs, event)

    async def plan_of(source: Source, event: VideoUploaded) -> None:
        artefact = artefact_of(source, settings)
        plan = await find_or_make(
            blobs, artefact, Plan, partial(prepare, source, artefact.recipe, event.filename or redacted(event.uri))
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
                source=event.shown(),
                stored_at=source.stored_at,
                generation=source.generation,
            )
        )

    @stage.gives_up
    async def strike_out(event: Event, failure: Failure) -> None:
        """A dead letter remembers the event from now on; of what is no video, nothing else does."""
        assert isinstance(event, VideoUploaded)
        if failure.is_refusal and failure.subject.video_id is not None:
            await forget_unplanned(blobs, failure.subject.video_id)
        await dealt_with(blobs, event)


async def list_accepted(event: VideoUploaded, platform: Platform) -> None:
    """Have a URI that is yet to be fetched noted and listed, and named in log lines and in its dead letter, if there is
    to be one. Raises Dropped for one that was deleted since it was accepted."""
    if is_elsewhere(event.uri):
        stands_for_it = provisional_id(event.uri)
        structlog.contextvars.bind_contextvars(video_id=stands_for_it)
        if Telling(identity(event)).came_before(await mark_of(platform.blobs, stands_for_it)):
            raise Dropped(f"the accepted URI {stands_for_it} was deleted before it was fetched")
        await note(platform.blobs, event)  # of any client's event nobody has done so yet
        await show_accepted(platform.index, event)


async def take_in(event: VideoUploaded, platform: Platform, settings: IngestSettings, fetcher: Fetcher) -> Source:
    """The stored video that an event speaks of: there already, or fetched now. Raises InvalidError, BeingDeleted, and
    Dropped for one that was deleted since."""
    fetcher.sources.scheme(event.uri)
    telling = Telling(identity(event), event.generation)
    if stored := STORED.fullmatch(event.uri):
        return await _stored(platform.blobs, stored["video_id"], telling)
    chunks = fetcher.fetch(event.uri)
    async with aclosing(chunks):
        quota = Quota(redacted(event.uri), platform.blobs.folder, settings.max_size, settings.keep_free)
        try:
            return await store(platform.blobs, chunks, quota, telling, event.accepted_at)
        except InvalidError as error:
            if error.reason == "no_space":  # there may be room again when it is tried again
                raise NoSpace(f"{redacted(event.uri)} can't be stored: {error}") from error
            raise


async def _stored(blobs: Blobs, video_id: str, telling: Telling) -> Source:
    mark, source = await mark_of(blobs, video_id), await find_source(blobs, video_id)
    if telling.came_before(mark) or (source is None and mark is not None):
        raise Dropped(f"the video {video_id} was deleted")
    if source is None:
        raise InvalidError("not_found", f"there is no stored video {video_id}")
    return await note_telling(blobs, source, telling)


def artefact_of(source: Source, settings: IngestSettings) -> Artefact:
    """The name of a video's plan: other limits make another one."""
    return Artefact(source.video_id, None, "ingest", recipe("ingest", STAGE_VERSION, settings.made_with()))


def video_of(source: Source, plan: Plan, declared: Declared) -> Video:
    """The video, as every event about it tells."""
    return Video(
        **source.model_dump(exclude={"uploads"}),
        **declared.model_dump(),
        **plan.model_dump(exclude={"segments"}),
        segment_count=len(plan.segments),
        source_uri=source.uri,
    )
