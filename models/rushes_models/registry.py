"""Models by name: the encoders of an installation, and which models are available on this machine.

Nothing here loads a model: an encoder reads its weights on first use, and `available` only hashes the files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from rushes_models import conse, onnx_clip, open_clip, use_multilingual
from rushes_models.lexical import LexicalEncoder
from rushes_models.open_clip import Computing, Products
from rushes_models.open_clip_weights import cache_roots, cached, find_checkpoint, weights_places
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.weights import PinnedFile, WeightsError, need

M = TypeVar("M")
"""A function that makes an encoder."""

Kind = Literal["image-text", "text"]

BATCH = 32
"""Pictures that an OpenCLIP model computes at once: a larger batch is faster on a GPU only."""

ANYWHERE = Computing()


class ModelChoice(Protocol):
    """The models of an installation, as its settings name them."""

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


class Encoders(NamedTuple):
    """The two encoders of an installation."""

    images: ImageTextEncoder
    texts: TextEncoder

    def recipes(self) -> dict[str, Any]:
        """Return the recipe of each leg of a search, as `recipes` does. Raises `ValueError` if weights are missing."""
        # Callers that may not import this package know neither `WeightsError` nor how to convert it.
        try:
            return recipes(self.images, self.texts)
        except WeightsError as error:
            raise ValueError(f"the models can't be used: {error}") from error


def encoders(chosen: ModelChoice) -> Encoders:
    """Return the two encoders of an installation, not loaded yet. Raises `ValueError` as `text_encoder` does."""
    computing = Computing(chosen.device, chosen.precision)
    images = image_text_encoder(chosen.image_text, chosen.threads, batch=chosen.batch, computing=computing)
    return Encoders(images, text_encoder(chosen.text))


def text_encoder(name: str) -> TextEncoder:
    """Return the text encoder of that name, not loaded yet; always the same object.

    Raises `ValueError`, which lists the known names, for any other name.
    """
    return _named(name, _TEXT, "text encoder", ())()


def image_text_encoder(
    name: str, threads: int, *, batch: int = BATCH, computing: Computing = ANYWHERE
) -> ImageTextEncoder:
    """Return the image-text encoder of that name, not loaded yet. Raises `ValueError` as `text_encoder` does.

    `computing` applies to `open-clip:` models, `batch` to those and the exported ones.
    """
    prefix = name.partition(":")[0]
    if prefix == open_clip.PREFIX:
        return open_clip.open_clip(*open_clip.parts_of(name), threads, batch, computing)
    if prefix == onnx_clip.PREFIX:
        return onnx_clip.onnx_clip(onnx_clip.folder_of(name), threads, batch)
    return _named(name, _IMAGE_TEXT, "image-text encoder", (open_clip.FORM, onnx_clip.FORM))(threads)


def recipes(images: ImageTextEncoder, texts: TextEncoder) -> dict[str, Any]:
    """Return the recipe of each leg of a search, by the leg's name.

    Blocks while an OpenCLIP model's weights are hashed for the first time; raises `WeightsError` if they are missing.
    """
    return {"visual": images.recipe.as_dict(), "speech": texts.recipe.as_dict(), "lexical": LexicalEncoder.recipe}


@dataclass(frozen=True)
class Availability:
    """A model's name and the files that it consists of, or would consist of.

    `problem` says what is missing or wrong and what to do, and is None for a usable model; `dimensions` and
    `weights_sha256` are None if they can't be known.
    """

    name: str
    kind: Kind
    places: tuple[Path, ...]
    dimensions: int | None = None
    weights_sha256: str | None = None
    problem: str | None = None

    @property
    def there(self) -> bool:
        """Whether it can be used."""
        return self.problem is None

    def with_problem(self, problem: str) -> "Availability":
        """Return the same model with a problem that was found later."""
        return replace(self, problem=problem)

    @property
    def size(self) -> int:
        """Bytes on disk of its existing files."""
        files = [file for place in self.places for file in (place.iterdir() if place.is_dir() else [place])]
        return sum(file.stat().st_size for file in files if file.is_file())


def available(named: Sequence[str] = ()) -> list[Availability]:
    """Return the models that come with rushes, the OpenCLIP models in open_clip's caches, and those `named`.

    Checks every file's SHA-256: about a second per gigabyte. Raises `ValueError` for a name that no model can have.
    """
    names = dict.fromkeys((conse.NAME, use_multilingual.NAME, *named, *_cached_names()))
    return [look(name) for name in names]


def look(name: str) -> Availability:
    """Return one model's availability. Raises `ValueError` for a name that no model can have, never for missing
    files."""
    looks: dict[str, Callable[[str], Availability]] = {
        conse.NAME: lambda name: _pinned(name, "image-text", [conse.MODEL, conse.SHARED_DIRECTION], conse.DIMENSIONS),
        use_multilingual.NAME: lambda name: _pinned(
            name, "text", use_multilingual.pinned_files(), use_multilingual.DIMENSIONS
        ),
        open_clip.PREFIX: _open_clip,
        onnx_clip.PREFIX: _onnx_clip,
    }
    # The models of rushes have names without a colon, so that the part before it is the whole name.
    for start, how in looks.items():
        if name.partition(":")[0] == start:
            return how(name)
    known = ", ".join((conse.NAME, use_multilingual.NAME, open_clip.FORM, onnx_clip.FORM))
    raise ValueError(f"no model is called {name!r}; there are: {known}")


@cache
def _use_multilingual() -> TextEncoder:
    # Shared, since ConSE's query half and the text leg of one process would each take 130 MB.
    return use_multilingual.UseMultilingual()


def _conse(threads: int) -> ImageTextEncoder:
    return conse.Conse(_use_multilingual(), threads)


_TEXT: dict[str, Callable[[], TextEncoder]] = {use_multilingual.NAME: _use_multilingual}
_IMAGE_TEXT: dict[str, Callable[[int], ImageTextEncoder]] = {conse.NAME: _conse}


def _named(name: str, known: Mapping[str, M], kind: str, forms: tuple[str, ...]) -> M:
    if name not in known:
        raise ValueError(f"no {kind} is called {name!r}; there are: {', '.join((*sorted(known), *forms))}")
    return known[name]


def _pinned(name: str, kind: Kind, files: Sequence[PinnedFile], dimensions: int) -> Availability:
    places = tuple(file.path for file in files)
    try:
        for file in files:
            file.verified_path()
    except WeightsError as error:
        return Availability(name, kind, places, problem=str(error))
    # The first file holds the weights; the others belong to it.
    return Availability(name, kind, places, dimensions, files[0].sha256)


def _open_clip(name: str) -> Availability:
    architecture, pretrained = open_clip.parts_of(name)
    places: tuple[Path, ...] = ()
    try:
        places = tuple(weights_places(architecture, pretrained))
        found = find_checkpoint(architecture, pretrained)
    except WeightsError as error:
        return Availability(name, "image-text", places, problem=str(error))
    return Availability(name, "image-text", (found.path,), found.dimensions, found.sha256)


def _onnx_clip(name: str) -> Availability:
    folder = onnx_clip.folder_of(name)
    try:
        manifest = onnx_clip.read_manifest(folder)
        for file in manifest.files:
            onnx_clip.verified(folder, manifest, file)
    except WeightsError as error:
        return Availability(name, "image-text", (folder,), problem=str(error))
    files = tuple(folder / file for file in (onnx_clip.MANIFEST, *manifest.files))
    # The digest is that of the weights before the export, so that it equals that of the same model in torch.
    return Availability(name, "image-text", files, manifest.dimensions, manifest.weights_sha256)


def _cached_names() -> list[str]:
    """The names of open_clip's tags whose weights are in its caches; none if the extra is not installed."""
    # open_clip imports torch, which takes seconds, so it is not imported where there is no cache.
    if not any(root.is_dir() for root in cache_roots()):
        return []
    try:
        library = need("open_clip")
    except WeightsError:
        return []
    pairs = [(name, tag) for name, tag in library.list_pretrained() if cached(library.get_pretrained_cfg(name, tag))]
    return [f"{open_clip.PREFIX}:{name}:{tag}" for name, tag in pairs]
