"""Which models are here, for `rushes models list` and `rushes models check`. Loads none of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rushes_models import conse, open_clip, open_clip_onnx, use_multilingual
from rushes_models.clip_folder import MANIFEST, read_manifest, verified
from rushes_models.open_clip_cache import cached, roots
from rushes_models.open_clip_weights import find_checkpoint, looked_in
from rushes_models.optional import need
from rushes_models.weights import PinnedFile, WeightsError

Kind = Literal["image-text", "text"]


@dataclass(frozen=True)
class Availability:
    """A model by its name, and the files that it is, or would be, made of.

    `problem` says what is missing or wrong and what to do, and is None for a model that can be used; `dimensions` and
    `weights_sha256` are None where they can't be known.
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
        """The same, found to be of no use after all."""
        return replace(self, problem=problem)

    @property
    def size(self) -> int:
        """Bytes on disk of what is there of it."""
        files = [file for place in self.places for file in (place.iterdir() if place.is_dir() else [place])]
        return sum(file.stat().st_size for file in files if file.is_file())


def available(named: Sequence[str] = ()) -> list[Availability]:
    """The models that come with rushes, the OpenCLIP ones in open_clip's caches, and those `named` by the settings.

    Checks every file's SHA-256: a second or so per gigabyte. Raises `ValueError` for what is no model's name.
    """
    names = dict.fromkeys((conse.NAME, use_multilingual.NAME, *named, *_cached_names()))
    return [look(name) for name in names]


def look(name: str) -> Availability:
    """One model. Raises `ValueError` for what is no model's name, nothing if it is not there."""
    looks: dict[str, Callable[[str], Availability]] = {
        conse.NAME: lambda name: _pinned(name, "image-text", [conse.MODEL, conse.SHARED_DIRECTION], conse.DIMENSIONS),
        use_multilingual.NAME: lambda name: _pinned(
            name, "text", use_multilingual.pinned_files(), use_multilingual.DIMENSIONS
        ),
        open_clip.PREFIX: _open_clip,
        open_clip_onnx.PREFIX: _onnx_clip,
    }
    for start, how in looks.items():
        if name.partition(":")[0] == start:
            return how(name)
    known = ", ".join((conse.NAME, use_multilingual.NAME, open_clip.FORM, open_clip_onnx.FORM))
    raise ValueError(f"no model is called {name!r}; there are: {known}")


def _pinned(name: str, kind: Kind, files: Sequence[PinnedFile], dimensions: int) -> Availability:
    places = tuple(file.path for file in files)
    try:
        for file in files:
            file.verified_path()
    except WeightsError as error:
        return Availability(name, kind, places, problem=str(error))
    return Availability(name, kind, places, dimensions, files[0].sha256)


def _open_clip(name: str) -> Availability:
    architecture, pretrained = open_clip.parts_of(name)
    places: tuple[Path, ...] = ()
    try:
        places = tuple(looked_in(architecture, pretrained))
        found = find_checkpoint(architecture, pretrained)
    except WeightsError as error:
        return Availability(name, "image-text", places, problem=str(error))
    return Availability(name, "image-text", (found.path,), found.dimensions, found.sha256)


def _onnx_clip(name: str) -> Availability:
    folder = open_clip_onnx.folder_of(name)
    try:
        manifest = read_manifest(folder)
        for file in manifest.files:
            verified(folder, manifest, file)
    except WeightsError as error:
        return Availability(name, "image-text", (folder,), problem=str(error))
    files = tuple(folder / file for file in (MANIFEST, *manifest.files))
    return Availability(name, "image-text", files, manifest.dimensions, manifest.weights_sha256)


def _cached_names() -> list[str]:
    """The tags of open_clip whose weights are in its caches; none where the extra is not installed.

    open_clip loads torch, so it is not asked where there is no cache.
    """
    if not any(root.is_dir() for root in roots()):
        return []
    try:
        library = need("open_clip")
    except WeightsError:
        return []
    pairs = [(name, tag) for name, tag in library.list_pretrained() if cached(library.get_pretrained_cfg(name, tag))]
    return [f"{open_clip.PREFIX}:{name}:{tag}" for name, tag in pairs]
