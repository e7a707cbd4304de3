"""The image-text port over OpenCLIP in torch: any architecture and weights, on the CPU or a GPU."""

from collections.abc import Callable, Sequence
from functools import partial

from rushes_models.clip import Clip
from rushes_models.open_clip_halves import Computing, Half, load_tokenizer
from rushes_models.open_clip_weights import Checkpoint, find_checkpoint
from rushes_models.optional import need
from rushes_models.ports import Image, ImageTextEncoder, ModelRecipe, Vectors

PREFIX = "open-clip"
FORM = f"{PREFIX}:<architecture>:<pretrained>"


def open_clip(architecture: str, pretrained: str, threads: int, batch: int, how: Computing) -> ImageTextEncoder:
    """The model of `find_checkpoint`; nothing is imported or read before it is asked for something.

    `threads`: torch's, of the whole process.
    """
    return Clip(partial(_open, architecture, pretrained, threads, how), batch)


def parts_of(name: str) -> tuple[str, str]:
    """Architecture and pretrained of a name like `FORM`. Raises `ValueError` for any other."""
    prefix, _, said = name.partition(":")
    architecture, _, pretrained = said.partition(":")
    if prefix != PREFIX or not architecture or not pretrained:
        raise ValueError(f"{name!r} is not like {FORM}, such as {PREFIX}:ViT-B-32:laion2b_s34b_b79k")
    return architecture, pretrained


class _OpenClip:
    """See `ClipModel`."""

    def __init__(self, checkpoint: Checkpoint, how: Computing) -> None:
        self._checkpoint = checkpoint
        self._how = how

    @property
    def recipe(self) -> ModelRecipe:
        """The same on CPU and GPU: see `clip_recipe`."""
        return self._checkpoint.recipe("bf16" if self._how.products == "bf16" else "fp32")

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]:
        """See `ClipModel`."""
        from rushes_models.clip_pictures import to_batch  # noqa: PLC0415  # so that queries never load Pillow

        half = Half(self._checkpoint, "visual", self._how)
        return lambda images: half(need("torch").from_numpy(to_batch(images, self._checkpoint.preprocess)))

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]:
        """See `ClipModel`."""
        half = Half(self._checkpoint, "text", self._how)
        tokenize = load_tokenizer(self._checkpoint.architecture)
        return lambda texts: half(tokenize(list(texts)))


def _open(architecture: str, pretrained: str, threads: int, how: Computing) -> _OpenClip:
    need("torch").set_num_threads(threads)
    return _OpenClip(find_checkpoint(architecture, pretrained), how)
