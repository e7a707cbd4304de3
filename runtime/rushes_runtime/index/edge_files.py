"""The files of an Edge index beside the engine's own: the lock, the aliases, and what each collection is made of."""

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.port import CollectionSpec, IndexInUse

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_SPEC = TypeAdapter(CollectionSpec)
_ALIASES = TypeAdapter(dict[str, str])

T = TypeVar("T")


def lock_folder(folder: Path) -> int:
    """Make the folder and take it for this process; returns the open lock file, closing which lets go of it.

    The kernel lets go of it too when the process dies, however it dies. Raises IndexInUse or ConfigurationError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigurationError(f"RUSHES_QDRANT__URL: the folder {folder} can't be used: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        os.close(lock)
        raise IndexInUse(
            f"the index in {folder} is open already, in process {holder or 'unknown'}: stop that one, "
            "or have both use one Qdrant server (RUSHES_QDRANT__URL)"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def read_aliases(folder: Path) -> dict[str, str]:
    """Alias -> collection."""
    return _read(folder / "aliases.json", _ALIASES) or {}


def write_aliases(folder: Path, aliases: Mapping[str, str]) -> None:
    """Replace all aliases at once."""
    _replace(folder / "aliases.json", _ALIASES.dump_json(dict(aliases), indent=1))


def read_spec(collection: Path) -> CollectionSpec | None:
    """What the collection in this folder is made of; None where there is none, or only half of one."""
    return _read(collection / "spec.json", _SPEC)


def write_spec(collection: Path, spec: CollectionSpec) -> None:
    """Say what the collection is made of. A collection exists from its first spec on."""
    _replace(collection / "spec.json", _SPEC.dump_json(spec, indent=1))


def forget_spec(collection: Path) -> None:
    """Have the collection exist no longer, whatever is left in its folder."""
    (collection / "spec.json").unlink(missing_ok=True)
    _sync(collection)


def _read(path: Path, kind: TypeAdapter[T]) -> T | None:
    try:
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ConfigurationError(f"{path} is damaged: put it back from a copy, or index anew elsewhere") from error


def _replace(path: Path, data: bytes) -> None:
    # Whoever reads it finds the old bytes or the new ones, after a power cut too.
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
