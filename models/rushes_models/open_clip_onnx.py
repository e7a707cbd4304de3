"""An OpenCLIP model that was exported once (`rushes_models.export`): needs neither torch nor open_clip."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rushes_models.clip import Clip
from rushes_models.clip_folder import TEXT, TOKENIZER, VISUAL, Manifest, read_manifest, verified
from rushes_models.ports import Image, ImageTextEncoder, ModelRecipe, Vectors

PREFIX = "onnx-clip"
FORM = f"{PREFIX}:<folder>"


def onnx_clip(folder: Path, threads: int, batch: int) -> ImageTextEncoder:
    """The model in a folder, on the CPU. Nothing is read before it is asked for something.

    The vectors of an int8 model depend a little (cosine above .99) on what else is in the batch, since the range of
    what is multiplied is taken over all of it.
    """
    return Clip(partial(_open, folder, threads), batch)


def folder_of(name: str) -> Path:
    """The folder of a name like `FORM`. Raises `ValueError` for any other."""
    prefix, _, folder = name.partition(":")
    if prefix != PREFIX or not folder:
        raise ValueError(f"{name!r} is not like {FORM}")
    return Path(folder).expanduser()


class _OnnxClip:
    """See `ClipModel`."""

    def __init__(self, folder: Path, manifest: Manifest, threads: int) -> None:
        self._folder = folder
        self._manifest = manifest
        self._threads = threads

    @property
    def recipe(self) -> ModelRecipe:
        """What `model.json` says; the files are checked against it when they are loaded."""
        return self._manifest.recipe

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]:
        """See `ClipModel`. Imports onnxruntime and Pillow."""
        from rushes_models.clip_pictures import to_batch  # noqa: PLC0415  # so that queries never load Pillow
        from rushes_models.onnx_session import Graph  # noqa: PLC0415  # so that an import loads no onnxruntime

        graph = Graph(self._verified(VISUAL), self._threads)
        return lambda images: graph(to_batch(images, self._manifest.preprocess))

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]:
        """See `ClipModel`. Imports onnxruntime and tokenizers."""
        from rushes_models.clip_text import Tokens  # noqa: PLC0415  # so that an import loads no tokenizer
        from rushes_models.onnx_session import Graph  # noqa: PLC0415  # so that an import loads no onnxruntime

        tokens = Tokens(self._verified(TOKENIZER))
        graph = Graph(self._verified(TEXT), self._threads)
        return lambda texts: graph(tokens(texts))

    def _verified(self, name: str) -> Path:
        return verified(self._folder, self._manifest, name)


def _open(folder: Path, threads: int) -> _OnnxClip:
    return _OnnxClip(folder, read_manifest(folder), threads)
