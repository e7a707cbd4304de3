"""Sound as it is stored: FLAC."""

import io

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from rushes_ingest.clock import SAMPLE_RATE
from rushes_ingest.pcm import Samples


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
