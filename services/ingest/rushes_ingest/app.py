"""The ingest service, composed."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial

import structlog

from rushes_ingest.accepted_uploads import event_identity, note_upload, remove_note
from rushes_ingest.api.archives import archive_routes
from rushes_ingest.api.changes import deletion_routes, edit_routes
from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.archive.importing import stale_archives_removed
from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.tus import resumable_routes as resumable
from rushes_ingest.segmentation import STAGE_VERSION
from rushes_ingest.settings import IngestSettings, SourceSettings, migrated
from rushes_ingest.sources.fetch import STORED_URI, Fetcher
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.store import (
    EventReference,
    Source,
    delete_unplanned_source,
    find_source,
    record_event,
    stale_uploads_removed,
    store,
)
from rushes_ingest.upload_metadata import PublishedMetadata, store_metadata
from rushes_ingest.upload_service import UploadService
from rushes_ingest.worker import PreparationProcess, ProbeProcesses
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


class NoDiskSpace(TransientError):
    """The disk takes no more for now."""

    reason = "no_space"


class Settings(shared.Settings):
    """All settings of the ingest service."""

    ingest: IngestSettings = IngestSettings()
    sources: SourceSettings = SourceSettings()


PrepareVideo = Callable[[Source, str, str], Awaitable[Plan]]
"""A stored video, its recipe and its name to the plan of its segments, whose sounds are stored."""


def build(platform: Platform, settings: IngestSettings, given: SourceSettings | None = None) -> Service:
    """The service; `given` says what it fetches from. Media are read in child processes."""
    sources = UriPolicy.of(migrated(settings, given or SourceSettings()), platform.settings)
    preparing, probes = PreparationProcess(platform.blobs, settings), ProbeProcesses(platform.blobs, settings)
    stage = Stage("ingest", platform, {"blobs": platform.blobs.ready})
    register_handlers(stage, platform, settings, preparing, Fetcher.of(sources))
    announce, forget = stage.publishes(VIDEO_UPLOADED), stage.publishes(VIDEO_DELETED)
    acceptance = UploadService(platform.blobs, probes, announce.publish, platform.index)
    arriving = ResumableUploads(acceptance, settings)
    return Service(
        "ingest",
        stages=[stage],
        http=[
            upload_routes(acceptance, settings, sources),
            resumable(arriving, settings),
            archive_routes(acceptance, settings),
            edit_routes(platform.blobs, announce.publish),
            deletion_routes(platform.blobs, forget.publish),
        ],
        checks=stage.checks | {"ingest child": preparing.child.ready, "ingest door": probes.pool.ready},
        lifespans=[
            stale_uploads_removed(platform.blobs),
            stale_archives_removed(platform.blobs),
            arriving.running(),
            preparing.child.running(),
            probes.pool.running(),
            stage.running(),
        ],
    )


def register_handlers(
    stage: Stage, platform: Platform, settings: IngestSettings, prepare: PrepareVideo, fetcher: Fetcher
) -> None:
    """Register the handlers."""
    planned = stage.publishes(SEGMENT_PLANNED)
    blobs = platform.blobs

    @stage.consumes(VIDEO_UPLOADED)
    async def on_video_uploaded(event: VideoUploaded) -> None:
        """Store the video, plan its segments, and announce each; of a video that was deleted after it, nothing."""
        try:
            await list_accepted_uri(event, platform)
            source = await fetch_source(event, platform, settings, fetcher)
            structlog.contextvars.bind_contextvars(video_id=source.video_id, generation=source.generation)
            async with unless_deleted(
                blobs, source.video_id, min(source.generation, event.generation or source.generation)
            ):
                await plan_of(source, event)
        except Dropped:
            with suppress(IndexUnavailable):  # it stays `processing`, so the reconciler has it dropped once more
                await remove_provisional(platform.index, event)
            await remove_note(blobs, event)
            raise
        await remove_note(blobs, event)

    async def plan_of(source: Source, event: VideoUploaded) -> None:
        artefact = plan_artefact(source, settings)
        plan = await find_or_make(
            blobs, artefact, Plan, partial(prepare, source, artefact.recipe, event.filename or redacted(event.uri))
        )
        video = video_of(source, plan.content, await store_metadata(blobs, source.video_id, event))
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
            await delete_unplanned_source(blobs, failure.subject.video_id)
        await remove_note(blobs, event)


async def list_accepted_uri(event: VideoUploaded, platform: Platform) -> None:
    """Have a URI that is yet to be fetched noted and listed, and named in log lines and in its dead letter, if there is
    to be one. Raises Dropped for one that was deleted since it was accepted."""
    if is_elsewhere(event.uri):
        stands_for_it = provisional_id(event.uri)
        structlog.contextvars.bind_contextvars(video_id=stands_for_it)
        if EventReference(event_identity(event)).precedes(await mark_of(platform.blobs, stands_for_it)):
            raise Dropped(f"the accepted URI {stands_for_it} was deleted before it was fetched")
        await note_upload(platform.blobs, event)  # of any client's event nobody has done so yet
        await show_accepted(platform.index, event)


async def fetch_source(event: VideoUploaded, platform: Platform, settings: IngestSettings, fetcher: Fetcher) -> Source:
    """The stored video that an event speaks of: there already, or fetched now. Raises InvalidError, BeingDeleted, and
    Dropped for one that was deleted since."""
    fetcher.sources.scheme(event.uri)
    telling = EventReference(event_identity(event), event.generation)
    if stored := STORED_URI.fullmatch(event.uri):
        return await _stored(platform.blobs, stored["video_id"], telling)
    chunks = fetcher.fetch(event.uri)
    async with aclosing(chunks):
        quota = Quota(redacted(event.uri), platform.blobs.folder, settings.max_size, settings.keep_free)
        try:
            return await store(platform.blobs, chunks, quota, telling, event.accepted_at)
        except InvalidError as error:
            if error.reason == "no_space":  # there may be room again when it is tried again
                raise NoDiskSpace(f"{redacted(event.uri)} can't be stored: {error}") from error
            raise


async def _stored(blobs: Blobs, video_id: str, telling: EventReference) -> Source:
    mark, source = await mark_of(blobs, video_id), await find_source(blobs, video_id)
    if telling.precedes(mark) or (source is None and mark is not None):
        raise Dropped(f"the video {video_id} was deleted")
    if source is None:
        raise InvalidError("not_found", f"there is no stored video {video_id}")
    return await record_event(blobs, source, telling)


def plan_artefact(source: Source, settings: IngestSettings) -> Artefact:
    """The name of a video's plan: other limits make another one."""
    return Artefact(source.video_id, None, "ingest", recipe("ingest", STAGE_VERSION, settings.made_with()))


def video_of(source: Source, plan: Plan, declared: PublishedMetadata) -> Video:
    """The video, as every event about it tells."""
    return Video(
        **source.model_dump(exclude={"uploads"}),
        **declared.model_dump(),
        **plan.model_dump(exclude={"segments"}),
        segment_count=len(plan.segments),
        source_uri=source.uri,
    )
