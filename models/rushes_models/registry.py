"""Encoders by name, as a setting gives it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

from rushes_models import conse, use_multilingual
from rushes_models.ports import ImageTextEncoder, TextEncoder

T = TypeVar("T")


def text_encoder(name: str, threads: int) -> TextEncoder:
    """The text encoder of that name, not loaded yet; the same object for the same arguments.

    Raises `ValueError`, with the names there are, for any other.
    """
    return _named(name, _TEXT, "text encoder")(threads)


def image_text_encoder(name: str, threads: int) -> ImageTextEncoder:
    """The image-text encoder of that name, not loaded yet. Raises `ValueError` as `text_encoder` does."""
    return _named(name, _IMAGE_TEXT, "image-text encoder")(threads)


@cache
def _use_multilingual(threads: int) -> TextEncoder:
    """Shared, since ConSE's query half and the text leg of one process would each hold 130 MB."""
    return use_multilingual.UseMultilingual(threads)


def _conse(threads: int) -> ImageTextEncoder:
    return conse.Conse(_use_multilingual(threads), threads)


_TEXT: dict[str, Callable[[int], TextEncoder]] = {use_multilingual.NAME: _use_multilingual}
_IMAGE_TEXT: dict[str, Callable[[int], ImageTextEncoder]] = {conse.NAME: _conse}


def _named(name: str, known: Mapping[str, Callable[[int], T]], kind: str) -> Callable[[int], T]:
    if name not in known:
        raise ValueError(f"no {kind} is called {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]
