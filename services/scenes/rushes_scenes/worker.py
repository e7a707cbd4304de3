"""The worker process: turns one segment of a video into scenes, and stores their keyframes and storyboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2

from rushes_runtime.artefacts import write_now
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_scenes.keyframes import Candidate, choose_keyframes
from rushes_scenes.settings import SceneSettings
from rushes_scenes.shots import Shots, find_shots
from rushes_scenes.storyboard import storyboard
from rushes_scenes.video_reader import open_video
from rushes_schemas.events import Keyframe, Scene, Segment, Video
from rushes_schemas.ids import blob_key, blob_uri
from rushes_schemas.storyboard import sheet_key, storyboard_key


@dataclass(frozen=True)
class Worker:
    """The state of the worker process. It is cheap to build and is built in that process."""

    blobs: Blobs
    settings: SceneSettings


def detect_scenes(worker: Worker, video: Video, segment: Segment, recipe: str) -> tuple[Scene, ...]:
    """Return the scenes of a segment, without words. They cover the segment without gaps or overlaps.

    Their keyframes and the segment's storyboard are stored when this returns. Blocks; runs in the worker process.
    A repetition stores the same pictures under the same keys. Raises InvalidError (`nothing_decodes`,
    `too_large_pictures`) if no picture of the segment can be decoded, and the errors of the blob store.
    """
    # OpenCV's own threads cost a tenth more time than they save on pictures this small. The decoder has threads.
    cv2.setNumThreads(1)
    shots = _read_shots(worker, video, segment)
    _store_storyboard(worker, video, segment, recipe, shots.candidates)
    scenes = []
    for index, (start_ms, end_ms) in enumerate(_time_ranges(segment, shots.cuts_ms)):
        keyframes = choose_keyframes(shots.candidates, start_ms, end_ms, worker.settings.keyframes)
        scenes.append(
            Scene(
                index=index,
                start_ms=start_ms,
                end_ms=end_ms,
                # The first scene continues the last one of the segment before, unless a cut lies on the boundary.
                continues=index == 0 and segment.index > 0 and start_ms not in shots.cuts_ms,
                keyframes=tuple(_store_keyframe(worker.blobs, video, segment, recipe, each) for each in keyframes),
            )
        )
    return tuple(scenes)


def keyframe_key(video_id: str, segment: int, recipe: str, time_ms: int) -> str:
    """Return a keyframe's key in the blob store."""
    return f"videos/{video_id}/{segment}/keyframes-{recipe}/{time_ms}.jpg"


def _read_shots(worker: Worker, video: Video, segment: Segment) -> Shots:
    with worker.blobs.open(blob_key(video.source_uri)) as source:
        try:
            with open_video(source, "the file", worker.settings.decode_threads, worker.settings.max_pixels) as reader:
                return find_shots(reader, worker.settings, segment.start_ms, segment.end_ms)
        except InvalidError as error:
            raise InvalidError(error.reason, f"segment {segment.index} of video {video.video_id}: {error}") from error


def _time_ranges(segment: Segment, cuts_ms: tuple[int, ...]) -> list[tuple[int, int]]:
    """[start_ms, end_ms) of each scene. A cut at the segment's start must not add an empty scene: hence the set."""
    return list(pairwise(sorted({segment.start_ms, *cuts_ms, segment.end_ms})))


def _store_keyframe(blobs: Blobs, video: Video, segment: Segment, recipe: str, picture: Candidate) -> Keyframe:
    # The time is the name, so that a repetition overwrites the picture with the same bytes.
    key = keyframe_key(video.video_id, segment.index, recipe, picture.time_ms)
    blobs.put_now(key, picture.jpeg)
    return Keyframe(time_ms=picture.time_ms, uri=blob_uri(key))


def _store_storyboard(
    worker: Worker, video: Video, segment: Segment, recipe: str, candidates: Sequence[Candidate]
) -> None:
    settings = worker.settings
    time_range = (segment.start_ms, segment.end_ms)
    sheet, board = storyboard(candidates, *time_range, settings.storyboard_every_ms, settings.storyboard_width)
    # The description comes last: whoever finds it also finds the sheet.
    worker.blobs.put_now(sheet_key(video.video_id, segment.index, recipe), sheet)
    write_now(worker.blobs, storyboard_key(video.video_id, segment.index, recipe), board)
