"""What the compute children of these tests do; in a module of its own, since children import it."""

import atexit
import ctypes
import gc
import mmap
import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import av
import cv2
import numpy as np

from rushes_runtime.errors import InvalidError


class Worker:
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0


def asked(worker: Worker) -> tuple[int, int]:
    """The child's process id, and how often this worker was asked."""
    worker.asked += 1
    return os.getpid(), worker.asked


def leaves_word(worker: Worker, path: Path) -> None:
    """Write a file when the child ends by itself."""
    atexit.register(path.touch)


def segfault(worker: Worker) -> None:
    """End by a segmentation fault."""
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    ctypes.string_at(0)


def never_ends(worker: Worker) -> None:
    """As an endless decode does: it holds the GIL of the child, more or less."""
    while True:
        time.sleep(0.001)


def eats(worker: Worker, count: int) -> int:
    """Take so many bytes."""
    return len(bytearray(count))


def refuses(worker: Worker) -> None:
    """Raise what is the input's fault."""
    raise InvalidError("odd", "it is odd")


def unpicklable(worker: Worker) -> object:
    """Answer what can't be sent."""
    return lambda: None


def echo(worker: Worker, data: bytes) -> bytes:
    """Answer what was said."""
    return data


def answers_and_dies(worker: Worker, count: int) -> bytes:
    """Be killed while the first bytes of an answer are on their way."""
    [answers] = [part for part in gc.get_objects() if isinstance(part, Connection) and part.writable]
    os.write(answers.fileno(), (count * 1_000_000).to_bytes(4) + b"some of a million")
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def eats_by_numpy(worker: Worker, count: int) -> int:
    """Take so many bytes by NumPy."""
    return int(np.ones(count, np.uint8).size)


def eats_by_opencv(worker: Worker, count: int) -> int:
    """Take so many bytes by OpenCV alone, for pixels of one byte."""
    return int(cv2.resize(np.ones((1, 1), np.uint8), (count // 1000, 1000), interpolation=cv2.INTER_NEAREST).size)


def eats_by_ffmpeg(worker: Worker, count: int) -> int:
    """Take so many bytes by FFmpeg alone, for a frame of eight bytes a pixel."""
    frame = av.VideoFrame(count // 8000, 1000, "rgba64le")
    return frame.width * frame.height * 8


def reserves(worker: Worker, count: int) -> int:
    """Reserve address space, as allocators do, without being able to write to it."""
    with mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0) as reserved:
        return len(reserved)
