"""The ingest service: its composition, and the handler of `video-uploaded` events."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial

from rushes_ingest.accepted_uploads import event_identity, note_upload, remove_note
from rushes_ingest.api.archives import archive_routes
from rushes_ingest.api.changes import deletion_routes, edit_routes
from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.archive.importing import stale_archives_removed
from rushes_ingest.disk_space import Quota
from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.tus import resumable_routes
from rushes_ingest.segmentation import STAGE_VERSION
from rushes_ingest.settings import IngestSettings, SourceSettings, migrated
from rushes_ingest.sources.fetch import STORED_URI, Fetcher
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.store import EventReference, delete_unplanned_source, record_event, stale_uploads_removed, store
from rushes_ingest.upload_metadata import store_metadata
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
from rushes_runtime.generations import find_source, mark_of
from rushes_runtime.index.port import IndexUnavailable
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import remove_provisional, show_accepted
from rushes_runtime.recipe import recipe
from rushes_runtime.record_context import Record, RecordContext
from rushes_runtime.service import Service
from rushes_schemas.artefacts import Plan, PublishedMetadata, Source
from rushes_schemas.events import Event, SegmentPlanned, Video, VideoProgress, VideoUploaded
from rushes_schemas.ids import is_elsewhere, provisional_id
from rushes_schemas.topics import SEGMENT_PLANNED, VIDEO_DELETED, VIDEO_UPLOADED
from rushes_schemas.uris import redacted


class NoDiskSpace(TransientError):
    """The disk is full. A later attempt may find space."""

    reason = "no_space"


class Settings(shared.Settings):
    """All settings of the ingest service."""

    ingest: IngestSettings = IngestSettings()
    sources: SourceSettings = SourceSettings()


PrepareVideo = Callable[[Source, str, str], Awaitable[Plan]]
"""Maps a stored video, its recipe and its name to its plan. The sound of the segments is stored on return."""


def build(platform: Platform, settings: IngestSettings, source_settings: SourceSettings | None = None) -> Service:
    """Return the service. `source_settings` limit the URIs that it fetches from. Media are read in worker processes."""
    uri_policy = UriPolicy.of(migrated(settings, source_settings or SourceSettings()), platform.settings)
    preparation, probes = PreparationProcess(platform.blobs, settings), ProbeProcesses(platform.blobs, settings)
    stage = Stage("ingest", platform, {"blobs": platform.blobs.ready})
    register_handlers(stage, platform, settings, preparation, Fetcher.of(uri_policy))
    announce, delete = stage.publishes(VIDEO_UPLOADED), stage.publishes(VIDEO_DELETED)
    upload_service = UploadService(platform.blobs, probes, announce.publish, platform.index)
    resumable_uploads = ResumableUploads(upload_service, settings)
    return Service(
        "ingest",
        stages=[stage],
        http=[
            upload_routes(upload_service, settings, uri_policy),
            resumable_routes(resumable_uploads, settings),
            archive_routes(upload_service, settings),
            edit_routes(platform.blobs, announce.publish),
            deletion_routes(platform.blobs, delete.publish),
        ],
        checks=stage.checks | {"ingest child": preparation.child.ready, "ingest door": probes.pool.ready},
        lifespans=[
            stale_uploads_removed(platform.blobs),
            stale_archives_removed(platform.blobs),
            resumable_uploads.running(),
            preparation.child.running(),
            probes.pool.running(),
            stage.running(),
        ],
    )


def register_handlers(
    stage: Stage, platform: Platform, settings: IngestSettings, prepare: PrepareVideo, fetcher: Fetcher
) -> None:
    """Register the handler of uploaded videos, and what happens to one that becomes a dead letter."""
    planned = stage.publishes(SEGMENT_PLANNED)
    blobs = platform.blobs

    @stage.consumes(VIDEO_UPLOADED)
    async def on_video_uploaded(event: VideoUploaded, record: Record) -> None:
        """Store the video, plan its segments, and publish each. Raises Dropped if it was deleted after the event."""
        try:
            await list_accepted_uri(event, platform, record)
            source = await fetch_source(event, platform, settings, fetcher)
            record.learn(video_id=source.video_id, generation=source.generation)
            # A repeated event may name an older generation than the one that is stored. The older one decides.
            async with unless_deleted(
                blobs, source.video_id, min(source.generation, event.generation or source.generation)
            ):
                await publish_plan(source, event, record)
        except Dropped:
            # If the index is unavailable, the record stays `processing`, and the reconciler publishes the event again.
            with suppress(IndexUnavailable):
                await remove_provisional(platform.index, event)
            await remove_note(blobs, event)
            raise
        await remove_note(blobs, event)

    async def publish_plan(source: Source, event: VideoUploaded, record: RecordContext) -> None:
        artefact = plan_artefact(source, settings)
        record.learn(recipe=artefact.recipe)
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
                # `accepted_at` was set by another machine perhaps, whose clock may be ahead of this one.
                at=max(now_ms(), event.accepted_at or 0),
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
    async def on_dead_letter(event: Event, failure: Failure) -> None:
        """Remove the note of the event, which the dead letter replaces, and the bytes if they are not a video."""
        assert isinstance(event, VideoUploaded)
        if failure.is_refusal and failure.subject.video_id is not None:
            await delete_unplanned_source(blobs, failure.subject.video_id)
        await remove_note(blobs, event)


async def list_accepted_uri(event: VideoUploaded, platform: Platform, record: RecordContext) -> None:
    """Note and list a URI that is not fetched yet, and have its record known by the provisional id.

    Raises Dropped if it was deleted after it was accepted.
    """
    if is_elsewhere(event.uri):
        video_id = provisional_id(event.uri)
        record.learn(video_id=video_id)
        if EventReference(event_identity(event)).precedes(await mark_of(platform.blobs, video_id)):
            raise Dropped(f"the accepted URI {video_id} was deleted before it was fetched")
        # The HTTP API has done both already, but an event that a client published itself comes without them.
        await note_upload(platform.blobs, event)
        await show_accepted(platform.index, event)


async def fetch_source(event: VideoUploaded, platform: Platform, settings: IngestSettings, fetcher: Fetcher) -> Source:
    """Return the stored video of an event; fetch it first if it is not stored yet.

    Raises InvalidError, BeingDeleted, and Dropped if the video was deleted after the event.
    """
    fetcher.policy.scheme(event.uri)  # raises for a scheme that the settings do not allow
    reference = EventReference(event_identity(event), event.generation)
    if stored := STORED_URI.fullmatch(event.uri):
        return await _stored(platform.blobs, stored["video_id"], reference)
    chunks = fetcher.fetch(event.uri)
    async with aclosing(chunks):
        quota = Quota(redacted(event.uri), platform.blobs.folder, settings.max_size, settings.keep_free)
        try:
            return await store(platform.blobs, chunks, quota, reference, event.accepted_at)
        except InvalidError as error:
            if error.reason == "no_space":  # transient, unlike the other reasons
                raise NoDiskSpace(f"{redacted(event.uri)} can't be stored: {error}") from error
            raise


async def _stored(blobs: Blobs, video_id: str, event: EventReference) -> Source:
    mark, source = await mark_of(blobs, video_id), await find_source(blobs, video_id)
    if event.precedes(mark) or (source is None and mark is not None):
        raise Dropped(f"the video {video_id} was deleted")
    if source is None:
        raise InvalidError("not_found", f"there is no stored video {video_id}")
    return await record_event(blobs, source, event)


def plan_artefact(source: Source, settings: IngestSettings) -> Artefact:
    """Return the name of a video's plan. Its recipe depends on the limits of segments."""
    return Artefact(source.video_id, None, "ingest", recipe("ingest", STAGE_VERSION, settings.made_with()))


def video_of(source: Source, plan: Plan, metadata: PublishedMetadata) -> Video:
    """Return the facts of a video from its bytes, its plan and its metadata, as events contain them."""
    return Video(
        **source.model_dump(exclude={"uploads"}),
        **metadata.model_dump(),
        **plan.model_dump(exclude={"segments"}),
        segment_count=len(plan.segments),
        source_uri=source.uri,
    )
