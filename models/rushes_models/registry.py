"""Encoders by name, as a setting gives it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol, TypeVar

from rushes_models import conse, open_clip, open_clip_onnx, use_multilingual
from rushes_models.open_clip_halves import Computing, Products
from rushes_models.ports import ImageTextEncoder, TextEncoder

M = TypeVar("M")
"""What makes an encoder."""

BATCH = 32
"""Pictures that an OpenCLIP model computes at once: more pay on a GPU only."""

ANYWHERE = Computing()


class Chosen(Protocol):
    """The models of an installation, as its settings have them."""

    @property
    def image_text(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def threads(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> Products: ...
    @property
    def batch(self) -> int: ...


def encoders(chosen: Chosen) -> tuple[ImageTextEncoder, TextEncoder]:
    """The two encoders of an installation, not loaded yet. Raises `ValueError` as `text_encoder` does."""
    computing = Computing(chosen.device, chosen.precision)
    images = image_text_encoder(chosen.image_text, chosen.threads, batch=chosen.batch, computing=computing)
    return images, text_encoder(chosen.text)


def text_encoder(name: str) -> TextEncoder:
    """The text encoder of that name, not loaded yet; always the same object.

    Raises `ValueError`, with the names there are, for any other.
    """
    return _named(name, _TEXT, "text encoder", ())()


def image_text_encoder(
    name: str, threads: int, *, batch: int = BATCH, computing: Computing = ANYWHERE
) -> ImageTextEncoder:
    """The image-text encoder of that name, not loaded yet. Raises `ValueError` as `text_encoder` does.

    `computing` is for `open-clip:` models, `batch` for those and the exported ones.
    """
    prefix = name.partition(":")[0]
    if prefix == open_clip.PREFIX:
        return open_clip.open_clip(*open_clip.parts_of(name), threads, batch, computing)
    if prefix == open_clip_onnx.PREFIX:
        return open_clip_onnx.onnx_clip(open_clip_onnx.folder_of(name), threads, batch)
    return _named(name, _IMAGE_TEXT, "image-text encoder", (open_clip.FORM, open_clip_onnx.FORM))(threads)


@cache
def _use_multilingual() -> TextEncoder:
    """Shared, since ConSE's query half and the text leg of one process would each hold 130 MB."""
    return use_multilingual.UseMultilingual()


def _conse(threads: int) -> ImageTextEncoder:
    return conse.Conse(_use_multilingual(), threads)


_TEXT: dict[str, Callable[[], TextEncoder]] = {use_multilingual.NAME: _use_multilingual}
_IMAGE_TEXT: dict[str, Callable[[int], ImageTextEncoder]] = {conse.NAME: _conse}


def _named(name: str, known: Mapping[str, M], kind: str, forms: tuple[str, ...]) -> M:
    if name not in known:
        raise ValueError(f"no {kind} is called {name!r}; there are: {', '.join((*sorted(known), *forms))}")
    return known[name]
