"""Which stream of a container is its pictures, and which its sound."""

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from rushes_ingest.media import decodes
from rushes_runtime.errors import InvalidError

STILLS = Disposition.attached_pic | Disposition.timed_thumbnails


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """The stream whose pictures are the video; cover art and thumbnails are none.

    Raises InvalidError: `no_pictures`, or `nothing_decodes` if no stream can be read or none is in a known coding.
    """
    if not len(container.streams):
        raise InvalidError("nothing_decodes", f"{name} is truncated or damaged: no part of it can be read")
    streams = [stream for stream in container.streams.video if not stream.disposition & STILLS]
    if not streams:
        raise InvalidError("no_pictures", f"{name} has no pictures, so it is not a video")
    known = [stream for stream in streams if decodes(stream)]
    if not known:
        raise InvalidError("nothing_decodes", f"the pictures of {name} are in a coding that is not known here")
    best = container.streams.best("video")
    return next((stream for stream in known if stream is best), known[0])


def sound_stream(container: InputContainer, pictures: VideoStream) -> AudioStream | None:
    """The stream that a player plays with these pictures; None without sound in a known coding."""
    known = [stream for stream in container.streams.audio if decodes(stream)]
    best = container.streams.best("audio", related=pictures)
    return next((stream for stream in known if stream is best), known[0] if known else None)
