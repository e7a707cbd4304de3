"""The folder of an exported CLIP model, and the `model.json` in it that says what the other files are."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from rushes_models.clip_recipe import Exported, Preprocess, clip_recipe
from rushes_models.ports import ModelRecipe
from rushes_models.weights import PinnedFile, WeightsError, sha256_of

MANIFEST = "model.json"
VISUAL = "visual.onnx"
"""Takes `input` float32 (n, 3, side, side) to `vector` (n, dimensions), as `text.onnx` takes int64 (n, context)."""
TEXT = "text.onnx"
TOKENIZER = "tokenizer.json"

_FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What `model.json` says. `files`: name in the folder to SHA-256, all but `model.json` itself."""

    architecture: str
    weights_sha256: str
    precision: Exported
    dimensions: int
    preprocess: Preprocess
    files: dict[str, str]
    made_with: dict[str, str] = field(default_factory=dict)
    format: int = _FORMAT

    @property
    def recipe(self) -> ModelRecipe:
        """See `ImageTextEncoder`."""
        return clip_recipe(self.architecture, self.weights_sha256, self.precision, self.dimensions, self.preprocess)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes `model.json`."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Reads `model.json`. Raises `WeightsError` if there is none, or none that this release understands."""
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_text())
    except OSError as error:
        raise WeightsError(
            f"{folder} holds no exported model ({error}): write one with `rushes models export`"
        ) from error
    except ValueError as error:
        raise WeightsError(f"{path} is not JSON ({error}): export the model again") from error
    return _understood(said, path)


def verified(folder: Path, manifest: Manifest, name: str) -> Path:
    """The path of a file of the model, once it and what belongs to it (`<name>.data`) have their SHA-256.

    Raises `WeightsError` if one is missing or another.
    """
    parts = [PinnedFile(folder / part, digest) for part, digest in manifest.files.items() if part.startswith(name)]
    if folder / name not in [part.path for part in parts]:
        raise WeightsError(f"{folder / MANIFEST} does not name {name}: export the model again")
    for part in parts:
        part.verified_path()
    return folder / name


def digests(folder: Path) -> dict[str, str]:
    """`Manifest.files` of a folder without its `model.json`."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir())}


def _understood(said: Any, path: Path) -> Manifest:
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        raise WeightsError(f"{path} is not of format {_FORMAT}, which this release reads: export the model again")
    try:
        manifest = Manifest(**{**said, "preprocess": Preprocess.of(said["preprocess"])})
        inside = all(Path(name).name == name for name in manifest.files)
        if manifest.precision in get_args(Exported) and manifest.recipe.dimensions > 0 and inside:
            return manifest
    except (AttributeError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is not what this release writes ({error!r}): export the model again") from error
    raise WeightsError(
        f"{path} names no dimensions, no precision of an export, or files elsewhere: export the model again"
    )
