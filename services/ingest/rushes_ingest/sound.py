"""Decoding sound onto the video's clock, in one pass and in bounded memory."""

from typing import Any

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from rushes_ingest.clock import SAMPLE_RATE, Clock
from rushes_ingest.media import decoded
from rushes_ingest.mix import Mixer
from rushes_ingest.pcm import Pcm

TOLERANCE = SAMPLE_RATE * 50 // 1000
"""How many samples a frame may be off from where the one before ended, before it is moved to where its PTS says.

Less is the rounding of a container's timestamps, which would click if it were obeyed; more would be heard, and
would add up until words are no longer where they are said.
"""


class Recorder:
    """Takes in the packets of one sound stream and writes what they hold to `pcm`.

    Packets that don't decode leave a silence. `heard` says whether anything was decoded at all. Raises MemoryError.
    """

    def __init__(self, stream: AudioStream, clock: Clock, pcm: Pcm, max_duration_ms: int) -> None:
        self.heard = False
        self._stream = stream
        self._clock = clock
        self._pcm = pcm
        self._limit = max_duration_ms * SAMPLE_RATE // 1000
        self._run: _Run | None = None

    def hear(self, packet: "Packet[Any] | None") -> None:
        """Take in a packet; None after the last one, to have what is held back."""
        for frame in decoded(self._stream, packet):
            self._take(frame)
        if packet is None and self._run:
            self._run.end()
            self._run = None

    def _take(self, frame: AudioFrame) -> None:
        start = self._start(frame)
        if not frame.samples or not frame.sample_rate or start >= self._limit:
            return
        self.heard = True
        if self._run is None or not self._run.continues(frame, start):
            if self._run:
                self._run.end()
            self._run = _Run(self._pcm, frame, start)
        self._run.add(frame)

    def _start(self, frame: AudioFrame) -> int:
        """The sample at which a frame is heard. One without a PTS follows on the one before."""
        if frame.pts is None or frame.time_base is None:
            return self._run.expected if self._run else self._pcm.end
        return self._clock.sample(frame.pts, frame.time_base)


class _Run:
    """Frames of the same kind that follow each other without a gap: resampled as one, so that no seam is heard."""

    def __init__(self, pcm: Pcm, first: AudioFrame, start: int) -> None:
        self._pcm = pcm
        self._kind = _kind(first)
        self._rate = first.sample_rate
        self._start = start
        self._taken = 0
        self._written = 0
        self._mixer = Mixer(first)

    @property
    def expected(self) -> int:
        """The sample at which the next frame would follow on."""
        return self._start + self._taken * SAMPLE_RATE // self._rate

    def continues(self, frame: AudioFrame, start: int) -> bool:
        """Whether a frame that is heard at `start` belongs to this run."""
        return _kind(frame) == self._kind and abs(start - self.expected) <= TOLERANCE

    def add(self, frame: AudioFrame) -> None:
        """Write what the frame completes."""
        self._taken += frame.samples
        self._write(frame)

    def end(self) -> None:
        """Write what the resampler holds back."""
        self._write(None)

    def _write(self, frame: AudioFrame | None) -> None:
        for samples in self._mixer.mix(frame):
            self._pcm.place(self._start + self._written, samples)
            self._written += len(samples)


def _kind(frame: AudioFrame) -> tuple[str, str, int]:
    return (frame.format.name, frame.layout.name, frame.sample_rate)
