"""The compute child's work: one segment of a video into scenes with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2

from rushes_runtime.artefacts import write_now
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_scenes.film import opened
from rushes_scenes.keyframes import chosen
from rushes_scenes.pictures import Candidate
from rushes_scenes.settings import SceneSettings
from rushes_scenes.sheet import storyboard
from rushes_scenes.shots import shots
from rushes_schemas.events import Keyframe, Scene, Segment, Video
from rushes_schemas.ids import blob_key, blob_uri
from rushes_schemas.storyboard import sheet_key, storyboard_key


@dataclass(frozen=True)
class Cutter:
    """What the compute child holds. Cheap to build, and built there."""

    blobs: Blobs
    settings: SceneSettings


def cut(worker: Cutter, video: Video, segment: Segment, recipe: str) -> tuple[Scene, ...]:
    """The scenes of a segment, without words. They tile it exactly; their keyframes, and the segment's storyboard, are
    stored when this returns.

    Blocks; runs in the compute child. Doing it again stores the same pictures under the same keys. Raises InvalidError
    (`nothing_decodes`, `too_large_pictures`) if no picture of the segment can be decoded, and what the blob store
    raises.
    """
    # Threads of OpenCV's own cost a tenth more time than they save on pictures so small. The decoder has some.
    cv2.setNumThreads(1)
    with worker.blobs.open(blob_key(video.source_uri)) as source:
        try:
            with opened(source, "the file", worker.settings.decode_threads, worker.settings.max_pixels) as film:
                seen = shots(film, worker.settings, segment.start_ms, segment.end_ms)
        except InvalidError as error:
            raise InvalidError(error.reason, f"segment {segment.index} of video {video.video_id}: {error}") from error
    _store_storyboard(worker, video, segment, recipe, seen.pictures)
    scenes = []
    for index, (start_ms, end_ms) in enumerate(_spans(segment, seen.cuts_ms)):
        pictures = chosen(seen.pictures, start_ms, end_ms, worker.settings.keyframes)
        scenes.append(
            Scene(
                index=index,
                start_ms=start_ms,
                end_ms=end_ms,
                continues=index == 0 and segment.index > 0 and start_ms not in seen.cuts_ms,
                keyframes=tuple(_stored(worker.blobs, video, segment, recipe, picture) for picture in pictures),
            )
        )
    return tuple(scenes)


def _store_storyboard(
    worker: Cutter, video: Video, segment: Segment, recipe: str, pictures: Sequence[Candidate]
) -> None:
    settings = worker.settings
    span = (segment.start_ms, segment.end_ms)
    sheet, board = storyboard(pictures, *span, settings.storyboard_every_ms, settings.storyboard_width)
    worker.blobs.put_now(sheet_key(video.video_id, segment.index, recipe), sheet)
    write_now(worker.blobs, storyboard_key(video.video_id, segment.index, recipe), board)


def keyframe_key(video_id: str, segment: int, recipe: str, time_ms: int) -> str:
    """Where a keyframe lies in the blob store."""
    return f"videos/{video_id}/{segment}/keyframes-{recipe}/{time_ms}.jpg"


def _spans(segment: Segment, cuts_ms: tuple[int, ...]) -> list[tuple[int, int]]:
    """[start_ms, end_ms) of each scene. A cut at the segment's very start opens no scene before it."""
    return list(pairwise(sorted({segment.start_ms, *cuts_ms, segment.end_ms})))


def _stored(blobs: Blobs, video: Video, segment: Segment, recipe: str, picture: Candidate) -> Keyframe:
    key = keyframe_key(video.video_id, segment.index, recipe, picture.time_ms)
    blobs.put_now(key, picture.jpeg)
    return Keyframe(time_ms=picture.time_ms, uri=blob_uri(key))
