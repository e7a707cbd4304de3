"""A CLIP model that was exported to a folder once (`rushes_models.export`): needs neither torch nor open_clip.

The folder holds the two halves as ONNX files, the tokenizer, and a `model.json` that lists them with their SHA-256.
"""

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from rushes_models.clip import Clip, Exported, Preprocess, clip_recipe, load_to_batch
from rushes_models.ports import Image, ImageTextEncoder, ModelRecipe, Vectors
from rushes_models.weights import PinnedFile, WeightsError, onnx_session, sha256_of

PREFIX = "onnx-clip"
FORM = f"{PREFIX}:<folder>"

MANIFEST = "model.json"
VISUAL = "visual.onnx"
"""Maps `input` float32 (n, 3, side, side) to `vector` (n, dimensions), as `text.onnx` maps int64 (n, context)."""
TEXT = "text.onnx"
TOKENIZER = "tokenizer.json"

_FORMAT = 1


def onnx_clip(folder: Path, threads: int, batch: int) -> ImageTextEncoder:
    """Return the encoder of a folder, on the CPU. Nothing is read before the first call.

    The vectors of an int8 model depend a little (cosine above .99) on what else is in the batch, since quantisation
    takes the range of the values over the whole batch.
    """
    return Clip(partial(_open, folder, threads), batch)


def folder_of(name: str) -> Path:
    """Return the folder of a name like `FORM`. Raises `ValueError` for any other name."""
    prefix, _, folder = name.partition(":")
    if prefix != PREFIX or not folder:
        raise ValueError(f"{name!r} is not like {FORM}")
    return Path(folder).expanduser()


@dataclass(frozen=True)
class Manifest:
    """The content of `model.json`. `files`: name in the folder to SHA-256, all but `model.json` itself."""

    architecture: str
    weights_sha256: str
    precision: Exported
    dimensions: int
    preprocess: Preprocess
    files: dict[str, str]
    # Versions of the exporting packages, for people. The name stays: it is a key of folders that users have.
    made_with: dict[str, str] = field(default_factory=dict)
    format: int = _FORMAT

    @property
    def recipe(self) -> ModelRecipe:
        """See `ImageTextEncoder`."""
        return clip_recipe(self.architecture, self.weights_sha256, self.precision, self.dimensions, self.preprocess)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `model.json`."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read `model.json`. Raises `WeightsError` if it is missing or this release can't read it."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise WeightsError(
            f"{folder} holds no exported model ({error}): write one with `rushes models export`"
        ) from error
    except ValueError as error:
        raise WeightsError(f"{path} is not JSON ({error}): export the model again") from error
    return _parsed(content, path)


def verified(folder: Path, manifest: Manifest, name: str) -> Path:
    """Check the SHA-256 of a model's file and of the file that belongs to it (`<name>.data`); return its path.

    Raises `WeightsError` if one is missing or has another digest.
    """
    parts = [PinnedFile(folder / part, digest) for part, digest in manifest.files.items() if part.startswith(name)]
    if folder / name not in [part.path for part in parts]:
        raise WeightsError(f"{folder / MANIFEST} does not name {name}: export the model again")
    # onnxruntime opens the `.data` file by itself, so both must be checked before it does.
    for part in parts:
        part.verified_path()
    return folder / name


def digests(folder: Path) -> dict[str, str]:
    """Return `Manifest.files` of a folder that has no `model.json` yet."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir())}


class Tokens:
    """Converts texts to token numbers as open_clip's own tokenizer does. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Read the `tokenizer.json` of an exported model; takes 0.1 s. Raises `WeightsError`."""
        from tokenizers import Tokenizer  # noqa: PLC0415  # so that importing this module does not load it

        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception
            raise WeightsError(f"{file} is not a tokenizer's file: {error}") from error

    def __call__(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Shape (n, the model's context length) for n >= 1 texts; a longer text is cut."""
        encoded = self._tokenizer.encode_batch([clean(text) for text in texts])
        return np.asarray([each.ids for each in encoded], np.int64)


def clean(text: str) -> str:
    """Repair a text (mojibake, curly quotes, wide letters), resolve HTML entities, collapse spaces, lower the case."""
    import ftfy  # noqa: PLC0415  # so that importing this module does not load it

    # Entities are resolved twice, since captions on the web are often escaped twice.
    plain = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(plain.split()).lower()


class _Graph:
    """An ONNX file with one input, `input`, and one output, `vector`. Safe to share between threads."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the file. Raises `WeightsError` if onnxruntime can't."""
        try:
            self._session = onnx_session(path, threads)
        except Exception as error:  # onnxruntime's exceptions share no other base class
            raise WeightsError(f"onnxruntime can't load {path}: {error}") from error

    def __call__(self, batch: NDArray[Any]) -> Vectors:
        """Shape (n, dimensions) for a batch of n."""
        (vectors,) = self._session.run(["vector"], {"input": batch})
        return np.asarray(vectors, np.float32)


class _OnnxClip:
    """See `ClipModel`."""

    def __init__(self, folder: Path, manifest: Manifest, threads: int) -> None:
        self._folder = folder
        self._manifest = manifest
        self._threads = threads

    @property
    def recipe(self) -> ModelRecipe:
        """The recipe from `model.json`; loading checks the files against their digests."""
        return self._manifest.recipe

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]:
        """See `ClipModel`. Imports onnxruntime and Pillow."""
        to_batch = load_to_batch(self._manifest.preprocess)
        graph = _Graph(self._verified(VISUAL), self._threads)
        return lambda images: graph(to_batch(images))

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]:
        """See `ClipModel`. Imports onnxruntime and tokenizers."""
        tokens = Tokens(self._verified(TOKENIZER))
        graph = _Graph(self._verified(TEXT), self._threads)
        return lambda texts: graph(tokens(texts))

    def _verified(self, name: str) -> Path:
        return verified(self._folder, self._manifest, name)


def _open(folder: Path, threads: int) -> _OnnxClip:
    return _OnnxClip(folder, read_manifest(folder), threads)


def _parsed(content: Any, path: Path) -> Manifest:
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise WeightsError(f"{path} is not of format {_FORMAT}, which this release reads: export the model again")
    try:
        manifest = Manifest(**{**content, "preprocess": Preprocess.of(content["preprocess"])})
        # A name with a folder in it would have another file hashed and loaded than one of this model's.
        inside = all(Path(name).name == name for name in manifest.files)
        if manifest.precision in get_args(Exported) and manifest.recipe.dimensions > 0 and inside:
            return manifest
    except (AttributeError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is not what this release writes ({error!r}): export the model again") from error
    raise WeightsError(
        f"{path} names no dimensions, no precision of an export, or files elsewhere: export the model again"
    )
