"""Events as the stages publish them, to test a consumer without a pipeline."""

import hashlib

from rushes_schemas.events import Keyframe, Scene, ScenesDetected, Segment, Transcript, Video, Word
from rushes_schemas.ids import blob_uri, video_id

SCENE_MS = 5000


def scenes_detected(*texts: str, title: str = "A film") -> ScenesDetected:
    """Return the event of a video with one segment; each text is spoken in a scene of five seconds (empty: silence).

    The same title and texts give the same video.
    """
    sha256 = hashlib.sha256("\n".join((title, *texts)).encode()).hexdigest()
    video, length_ms = video_id(sha256), SCENE_MS * max(1, len(texts))
    words = [_word(text, number, place) for number, said in enumerate(texts) for place, text in enumerate(said.split())]
    heard = Transcript(status="ok", language="en", words=tuple(words)) if words else Transcript(status="no_speech")
    return ScenesDetected(
        video=Video(
            video_id=video,
            sha256=sha256,
            title=title,
            duration_ms=length_ms,
            width=1280,
            height=720,
            has_audio=True,
            segment_count=1,
            source_uri=blob_uri(f"videos/{video}/source"),
            size_bytes=1_000_000,
            media_type="video/mp4",
        ),
        segment=Segment(index=0, start_ms=0, end_ms=length_ms),
        transcript=heard,
        scenes=tuple(_scene(video, number, text) for number, text in enumerate(texts)),
        scenes_recipe="0123456789ab",
    )


def _scene(video: str, number: int, text: str) -> Scene:
    start_ms = number * SCENE_MS
    picture = Keyframe(time_ms=start_ms, uri=blob_uri(f"videos/{video}/0/keyframes-0123456789ab/{start_ms}.jpg"))
    return Scene(index=number, start_ms=start_ms, end_ms=start_ms + SCENE_MS, text=text, keyframes=(picture,))


def _word(text: str, scene: int, place: int) -> Word:
    start_ms = scene * SCENE_MS + place * 300
    return Word(start_ms=start_ms, end_ms=start_ms + 250, text=text, probability=0.9)
