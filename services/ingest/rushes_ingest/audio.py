"""The sound of a video: decoding it onto the video's clock, mixing it to 16 kHz mono, and writing it as FLAC."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.error import MemoryError as OutOfMemory
from av.packet import Packet
from numpy.typing import NDArray

from rushes_ingest.media_file import SAMPLE_RATE, SAMPLES_PER_MS, Clock, decode

Samples = NDArray[np.int16]
"""One dimension, 16 kHz."""

SAMPLE_BYTES = 2
"""Bytes of a sample."""


class PcmFile:
    """The sound of one video, in a file that belongs to the caller. What was never written is silent."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0

    @property
    def end(self) -> int:
        """Up to which sample the file is written; nothing before it can be written any more."""
        return self._end

    def place(self, start: int, samples: Samples) -> None:
        """Write samples, the first of which is heard as sample `start`.

        What is earlier than the video, or than what was written before, is left out. A gap becomes silence, which
        takes no time to write, and on most file systems no space.
        """
        new = samples[max(0, self._end - start) :]
        if not len(new):
            return
        begin = max(start, self._end)
        self._file.seek(begin * SAMPLE_BYTES)
        self._file.write(new.astype("<i2", copy=False).tobytes())
        self._end = begin + len(new)

    def finish(self, duration_ms: int) -> None:
        """Make it exactly as long as the video: cut off, or silent to the end."""
        self._end = duration_ms * SAMPLES_PER_MS
        self._file.truncate(self._end * SAMPLE_BYTES)

    def read(self, start_ms: int, end_ms: int) -> Samples:
        """The samples of [start_ms, end_ms), as far as the file goes."""
        self._file.seek(start_ms * SAMPLES_PER_MS * SAMPLE_BYTES)
        data = self._file.read((end_ms - start_ms) * SAMPLES_PER_MS * SAMPLE_BYTES)
        return np.frombuffer(data, dtype="<i2")


CHUNK = SAMPLE_RATE
"""Samples that come out at a time: one second."""
NAMED_CHANNELS = 8
"""Up to so many channels FFmpeg knows, or has a good guess, which loudspeaker each is for."""


class Mixer:
    """Resamples and mixes frames of one kind, that of the first."""

    def __init__(self, first: AudioFrame) -> None:
        named = first.layout.nb_channels <= NAMED_CHANNELS or not first.layout.name.endswith(" channels")
        layout = "mono" if named else first.layout
        self._channels = 1 if named else first.layout.nb_channels
        self._resampler = AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE, frame_size=CHUNK)

    def mix(self, frame: AudioFrame | None) -> Iterator[Samples]:
        """What a frame completes, in chunks; for None, what is held back. Nothing for what can't be mixed.

        Raises MemoryError.
        """
        if frame is not None:
            frame.pts = None  # the order is right, and a jitter in the timestamps is none of the resampler's business
        try:
            parts = self._resampler.resample(frame)
        except OutOfMemory:
            raise
        except FFmpegError:
            return
        for part in parts:
            yield self._mixed(part)

    def _mixed(self, part: AudioFrame) -> Samples:
        """The channels that stand for no loudspeaker, as on a film set's recorder, are averaged."""
        samples: Samples = part.to_ndarray().reshape(-1, self._channels).mean(axis=1).astype(np.int16)
        return samples


TOLERANCE = SAMPLE_RATE * 50 // 1000
"""How many samples a frame may be off from where the one before ended, before it is moved to where its PTS says.

Less is the rounding of a container's timestamps, which would click if it were obeyed; more would be heard, and
would add up until words are no longer where they are said.
"""


class AudioRecorder:
    """Takes in the packets of one sound stream and writes what they hold to `pcm`.

    Packets that don't decode leave a silence. `heard` says whether anything was decoded at all. Raises MemoryError.
    """

    def __init__(self, stream: AudioStream, clock: Clock, pcm: PcmFile, max_duration_ms: int) -> None:
        self.heard = False
        self._stream = stream
        self._clock = clock
        self._pcm = pcm
        self._limit = max_duration_ms * SAMPLE_RATE // 1000
        self._run: _AudioRun | None = None

    def add_packet(self, packet: "Packet[Any] | None") -> None:
        """Take in a packet; None after the last one, to have what is held back."""
        for frame in decode(self._stream, packet):
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
            self._run = _AudioRun(self._pcm, frame, start)
        self._run.add(frame)

    def _start(self, frame: AudioFrame) -> int:
        """The sample at which a frame is heard. One without a PTS follows on the one before."""
        if frame.pts is None or frame.time_base is None:
            return self._run.expected if self._run else self._pcm.end
        return self._clock.sample(frame.pts, frame.time_base)


class _AudioRun:
    """Frames of the same kind that follow each other without a gap: resampled as one, so that no seam is heard."""

    def __init__(self, pcm: PcmFile, first: AudioFrame, start: int) -> None:
        self._pcm = pcm
        self._kind = _sound_format(first)
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
        return _sound_format(frame) == self._kind and abs(start - self.expected) <= TOLERANCE

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


def _sound_format(frame: AudioFrame) -> tuple[str, str, int]:
    return (frame.format.name, frame.layout.name, frame.sample_rate)


def write_flac(samples: Samples) -> bytes:
    """A FLAC file, 16 kHz mono 16-bit, of exactly these samples, of which there is at least one."""
    target = io.BytesIO()
    with av.open(target, "w", format="flac") as container:
        stream: AudioStream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono", format="s16")
        stream.codec_context.open()
        for start in range(0, len(samples), stream.frame_size):
            container.mux(stream.encode(_frame(samples, start, stream.frame_size)))
        container.mux(stream.encode(None))
    return target.getvalue()


def _frame(samples: Samples, start: int, size: int) -> AudioFrame:
    part = np.ascontiguousarray(samples[start : start + size].reshape(1, -1), dtype=np.int16)
    frame = AudioFrame.from_ndarray(part, format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = start
    return frame
