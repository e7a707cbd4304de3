"""Any sound to 16 kHz mono."""

from collections.abc import Iterator

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.error import MemoryError as OutOfMemory

from rushes_ingest.clock import SAMPLE_RATE
from rushes_ingest.pcm import Samples

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
