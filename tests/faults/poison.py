"""`rushes` whose scenes stage is killed by some videos: those whose file is called for what they do.

    python -m tests.faults.poison up --data ...

They do it while the file that TESTS_POISON names is there; without it they are like any other.
"""

import ctypes
import os
import sys
from pathlib import Path

import rushes_scenes.app
from rushes_cli.main import main
from rushes_scenes.worker import Worker
from rushes_scenes.worker import detect_scenes as harmless
from rushes_schemas.events import Scene, Segment, Video


def detect_scenes(worker: Worker, video: Video, segment: Segment, recipe: str) -> tuple[Scene, ...]:
    """In the compute child: what a decoder does with a file made to break it."""
    if Path(os.environ["TESTS_POISON"]).exists():
        match video.filename:
            case "segfault.mp4":
                ctypes.string_at(0)
            case "memory.mp4":
                bytearray(1 << 40)
            case "endless.mp4":
                while True:
                    pass
    return harmless(worker, video, segment, recipe)


if __name__ == "__main__":
    rushes_scenes.app.detect_scenes = detect_scenes  # type: ignore[attr-defined]
    sys.exit(main(sys.argv[1:]))
