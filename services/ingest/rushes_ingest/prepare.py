"""The work of ingest's compute child."""

from dataclasses import dataclass
from tempfile import TemporaryFile

from rushes_ingest.flac import write_flac
from rushes_ingest.pcm import Pcm
from rushes_ingest.plan import NearestKeyframe, plan_segments
from rushes_ingest.probe import Facts, glance, survey
from rushes_ingest.quiet import Quietest, levels
from rushes_ingest.settings import IngestSettings
from rushes_runtime.artefacts import video_prefix
from rushes_runtime.blobs import Blobs
from rushes_schemas.artefacts import Plan
from rushes_schemas.events import Segment
from rushes_schemas.ids import blob_uri


@dataclass(frozen=True)
class Preparer:
    """What the child holds."""

    blobs: Blobs
    settings: IngestSettings


def check(worker: Preparer, source_key: str, name: str) -> None:
    """Refuse quickly what can't be played: one picture has to decode. `name` is what errors call the video.

    Raises InvalidError as `prepare` does, except for `too_long`.
    """
    with worker.blobs.open(source_key) as source:
        glance(source, name, worker.settings.max_pixels)


def prepare(worker: Preparer, source_key: str, video_id: str, recipe: str, name: str) -> Plan:
    """The plan of a stored video, whose segments' sound is stored when this returns. Safe to do twice.

    Reads the file once and its beginning once more. Raises InvalidError: `empty`, `not_a_video`, `no_pictures`,
    `nothing_decodes`, `too_large_pictures`, `too_long`. Raises MemoryError, and what the blob store raises. A temporary
    file takes 32 kB for each second of the video.
    """
    with worker.blobs.open(source_key) as source, TemporaryFile() as file:
        pcm = Pcm(file)
        facts = survey(source, name, worker.settings.max_duration_ms, pcm, worker.settings.max_pixels)
        spans = plan_segments(facts.duration_ms, worker.settings.segments, _cut(facts, pcm))
        segments = [Segment(index=k, start_ms=start, end_ms=end) for k, (start, end) in enumerate(spans)]
        if facts.has_audio:
            segments = [_with_sound(worker.blobs, pcm, video_prefix(video_id), recipe, part) for part in segments]
    return _plan(facts, segments)


def _cut(facts: Facts, pcm: Pcm) -> Quietest | NearestKeyframe:
    return Quietest(levels(pcm, facts.duration_ms)) if facts.has_audio else NearestKeyframe(facts.keyframes_ms)


def _plan(facts: Facts, segments: list[Segment]) -> Plan:
    return Plan(
        duration_ms=facts.duration_ms,
        width=facts.width,
        height=facts.height,
        has_audio=facts.has_audio,
        media_type=facts.media_type,
        segments=tuple(segments),
    )


def _with_sound(blobs: Blobs, pcm: Pcm, folder: str, recipe: str, segment: Segment) -> Segment:
    """The segment, its sound stored."""
    key = f"{folder}/{segment.index}/sound-{recipe}.flac"
    blobs.put_now(key, write_flac(pcm.read(segment.start_ms, segment.end_ms)))
    return segment.model_copy(update={"audio_uri": blob_uri(key)})
