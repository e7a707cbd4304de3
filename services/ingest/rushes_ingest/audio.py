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
"""One dimension, 16 kHz, mono."""

SAMPLE_BYTES = 2
"""Bytes per sample."""


class PcmFile:
    """The sound of one video in a file of the caller: 16-bit little-endian mono at 16 kHz, sample 0 at 0 ms.

    Parts that are never written are silent.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0

    @property
    def end(self) -> int:
        """The index after the last written sample. Earlier samples can't be written any more."""
        return self._end

    def place(self, start: int, samples: Samples) -> None:
        """Write samples from index `start` on. Samples before the start of the video, or before `end`, are dropped."""
        new = samples[max(0, self._end - start) :]
        if not len(new):
            return
        begin = max(start, self._end)
        # A gap becomes a hole in the file: it reads as silence and, on most file systems, takes no space.
        self._file.seek(begin * SAMPLE_BYTES)
        self._file.write(new.astype("<i2", copy=False).tobytes())
        self._end = begin + len(new)

    def finish(self, duration_ms: int) -> None:
        """Make the sound exactly as long as the video: truncate it, or extend it with silence."""
        self._end = duration_ms * SAMPLES_PER_MS
        self._file.truncate(self._end * SAMPLE_BYTES)

    def read(self, start_ms: int, end_ms: int) -> Samples:
        """Return the samples of [start_ms, end_ms), up to the end of the file."""
        self._file.seek(start_ms * SAMPLES_PER_MS * SAMPLE_BYTES)
        data = self._file.read((end_ms - start_ms) * SAMPLES_PER_MS * SAMPLE_BYTES)
        return np.frombuffer(data, dtype="<i2")


CHUNK = SAMPLE_RATE
"""Samples that the resampler returns at a time: one second."""
NAMED_CHANNELS = 8
"""Up to this number of channels, FFmpeg knows or can guess the loudspeaker of each."""


class Mixer:
    """Resamples frames to 16 kHz and mixes them to mono. All frames have the format of the first."""

    def __init__(self, first: AudioFrame) -> None:
        named = first.layout.nb_channels <= NAMED_CHANNELS or not first.layout.name.endswith(" channels")
        layout = "mono" if named else first.layout
        self._channels = 1 if named else first.layout.nb_channels
        self._resampler = AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE, frame_size=CHUNK)

    def mix(self, frame: AudioFrame | None) -> Iterator[Samples]:
        """Yield the samples that a frame completes, in chunks; nothing if it can't be resampled. None flushes the
        resampler. Raises MemoryError."""
        if frame is not None:
            # The caller has checked the timestamps. The resampler would turn their jitter into gaps.
            frame.pts = None
        try:
            parts = self._resampler.resample(frame)
        except OutOfMemory:
            raise
        except FFmpegError:
            return
        for part in parts:
            yield self._mixed(part)

    def _mixed(self, part: AudioFrame) -> Samples:
        # Channels without loudspeakers, such as those of a field recorder, are averaged here. FFmpeg would drop them.
        samples: Samples = part.to_ndarray().reshape(-1, self._channels).mean(axis=1).astype(np.int16)
        return samples


TOLERANCE = SAMPLE_RATE * 50 // 1000
"""Number of samples by which a frame may deviate from the end of the one before without being moved to its PTS.

Smaller deviations come from rounded timestamps; moving frames by these would be audible as clicks. Larger ones are
real gaps, and ignoring them would shift all later words.
"""


class AudioRecorder:
    """Decodes the packets of one sound stream and writes their samples to `pcm`, placed on the video's clock.

    Packets that can't be decoded become silence. `heard` is true once anything was decoded. Raises MemoryError.
    """

    def __init__(self, stream: AudioStream, clock: Clock, pcm: PcmFile, max_duration_ms: int) -> None:
        self.heard = False
        self._stream = stream
        self._clock = clock
        self._pcm = pcm
        self._limit = max_duration_ms * SAMPLE_RATE // 1000
        self._run: _AudioRun | None = None

    def add_packet(self, packet: "Packet[Any] | None") -> None:
        """Add a packet. None after the last one flushes the decoder."""
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
        """Return the index of a frame's first sample. A frame without a PTS follows the one before."""
        if frame.pts is None or frame.time_base is None:
            return self._run.expected if self._run else self._pcm.end
        return self._clock.sample(frame.pts, frame.time_base)


class _AudioRun:
    """Frames of the same format without gaps between them. They share a resampler, so that no seam is audible."""

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
        """The index of the first sample of a frame that follows without a gap."""
        return self._start + self._taken * SAMPLE_RATE // self._rate

    def continues(self, frame: AudioFrame, start: int) -> bool:
        """Return whether a frame that starts at `start` belongs to this run."""
        return _sound_format(frame) == self._kind and abs(start - self.expected) <= TOLERANCE

    def add(self, frame: AudioFrame) -> None:
        """Write the samples that the frame completes."""
        self._taken += frame.samples
        self._write(frame)

    def end(self) -> None:
        """Write the samples that the resampler still holds."""
        self._write(None)

    def _write(self, frame: AudioFrame | None) -> None:
        for samples in self._mixer.mix(frame):
            self._pcm.place(self._start + self._written, samples)
            self._written += len(samples)


def _sound_format(frame: AudioFrame) -> tuple[str, str, int]:
    return (frame.format.name, frame.layout.name, frame.sample_rate)


def write_flac(samples: Samples) -> bytes:
    """Return a FLAC file, 16 kHz mono 16-bit, of exactly these samples. There has to be at least one."""
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
