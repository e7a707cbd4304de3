"""What a file of unknown origin is: the facts of a video, or a refusal with its reason."""

from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from rushes_ingest.clock import Clock
from rushes_ingest.formats import media_type
from rushes_ingest.media import opened, packets
from rushes_ingest.pcm import Pcm
from rushes_ingest.pictures import FirstPicture, Reel, first_picture
from rushes_ingest.settings import MAX_PIXELS
from rushes_ingest.sound import Recorder
from rushes_ingest.streams import picture_stream, sound_stream
from rushes_runtime.errors import InvalidError

FOREVER_MS = 10**12


@dataclass(frozen=True)
class Facts:
    """A playable video."""

    duration_ms: int
    """From the first presented frame to the end of the last one that is whole."""
    width: int
    height: int
    """As presented, in square pixels and rotated."""
    has_audio: bool
    media_type: str
    clock: Clock
    """What turns the PTS of its streams into its time."""
    keyframes_ms: tuple[int, ...]
    """When keyframes are shown, ascending, some left out where they are close together."""


def probe(source: str | BinaryIO, name: str, max_duration_ms: int = FOREVER_MS) -> Facts:
    """The facts of the video at a path or in a seekable file. Reads all of it and decodes one frame.

    `name` is what errors call it. Raises InvalidError: `empty`, `not_a_video`, `no_pictures`, `nothing_decodes`,
    `too_large_pictures`, `too_long`. Raises MemoryError, and what reading the file raises.
    """
    return survey(source, name, max_duration_ms, None)


def glance(source: str | BinaryIO, name: str, max_pixels: int = MAX_PIXELS) -> FirstPicture:
    """The first picture of a video. Quick: reads the file's beginning, and its index where that is elsewhere.

    Raises as `probe` does, except for `too_long`.
    """
    with opened(source, name, max_pixels) as (container, _):
        return first_picture(container, picture_stream(container, name), name, max_pixels)


def survey(
    source: str | BinaryIO, name: str, max_duration_ms: int, pcm: Pcm | None, max_pixels: int = MAX_PIXELS
) -> Facts:
    """As `probe`, and in the same pass over the file write its sound to `pcm`, exactly as long as the video is.

    `has_audio` then says whether any sound could be decoded.
    """
    first = glance(source, name, max_pixels)
    with opened(source, name, max_pixels) as (container, head):
        pictures = picture_stream(container, name)
        sound = sound_stream(container, pictures)
        reel = Reel(first.clock, pictures, max_duration_ms)
        recorder = Recorder(sound, first.clock, pcm, max_duration_ms) if sound and pcm else None
        for packet in packets(container, [pictures, sound] if sound and recorder else [pictures]):
            if recorder and packet.stream is sound:
                recorder.hear(packet)
                continue
            reel.see(packet)
            if reel.too_long:
                limit = timedelta(milliseconds=max_duration_ms)
                raise InvalidError("too_long", f"{name} is longer than the limit of {limit} hours")
        if recorder and pcm:
            recorder.hear(None)
            pcm.finish(reel.duration_ms)
        return Facts(
            duration_ms=reel.duration_ms,
            width=first.width,
            height=first.height,
            has_audio=recorder.heard if recorder else sound is not None,
            media_type=media_type(head, container.format.name),
            keyframes_ms=tuple(reel.keyframes_ms),
            clock=first.clock,
        )
