"""What `rushes add` is given: paths, folders and URIs, sorted out before anything is sent."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

VIDEO_SUFFIXES = frozenset(
    (
        *(".3g2", ".3gp", ".asf", ".avi", ".dv", ".flv", ".m2t", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".ts", ".vob", ".webm", ".wmv"),
    )
)
"""How the names of videos end. In a folder only these are added; a file that is named is added whatever it is called,
and the instance judges it by its bytes."""

URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Input:
    """One video to be added: `path` is a file here, or None where `name` is a URI that the instance fetches."""

    name: str
    path: Path | None = None


@dataclass(frozen=True)
class Bad:
    """An argument that nothing can be added from, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Skipped:
    """A file of a folder that is not called like a video."""

    path: Path


def find(arguments: Iterable[str]) -> Iterator[Input | Bad | Skipped]:
    """Everything that the arguments name, in their order; what lies in a folder, at whatever depth, by name."""
    for argument in arguments:
        path = Path(argument)
        if URI.match(argument):
            yield Input(argument)
        elif path.is_dir():
            yield from _in_folder(path)
        elif not path.exists():
            yield Bad(argument, "there is no such file or folder")
        elif not path.is_file():
            yield Bad(argument, "it is neither a file nor a folder")
        else:
            yield Input(argument, path)


def _in_folder(folder: Path) -> Iterator[Input | Bad | Skipped]:
    unreadable: list[OSError] = []
    files = sorted(Path(root, name) for root, _, names in os.walk(folder, onerror=unreadable.append) for name in names)
    videos = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
    for path in files:
        yield Input(str(path), path) if path in videos else Skipped(path)
    for error in unreadable:
        yield Bad(str(error.filename), f"the folder can't be read: {error.strerror}")
    if not videos and not unreadable:
        yield Bad(str(folder), "no file in the folder is called like a video (.mp4, .mov, .mkv ...)")
