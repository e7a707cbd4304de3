"""Finds the weights of an OpenCLIP model: in a file, or in the two caches that open_clip fills. Downloads nothing.

The caches are that of the model hub and a folder for other addresses. The settings of one of open_clip's tags name a
file of the hub as `owner/model/file`, or `owner/model/` for the usual file, and sometimes an address. rushes looks
where open_clip would have put the file, and leaves the download to the operator.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rushes_models.clip import Precision, Preprocess, clip_recipe
from rushes_models.ports import ModelRecipe
from rushes_models.weights import WeightsError, need, sha256_of

HUB_CONFIG = "open_clip_config.json"
"""A model's repository keeps this file beside the weights; it says how pictures are prepared."""

_USUAL_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_OTHER_ADDRESSES = Path("~/.cache/clip")


@dataclass(frozen=True)
class Checkpoint:
    """Weights that were found. `architecture` is open_clip's name, `preprocess` how pictures were prepared in training.

    `sha256` is that of the file at `path`.
    """

    architecture: str
    path: Path
    sha256: str
    dimensions: int
    preprocess: Preprocess

    def recipe(self, precision: Precision) -> ModelRecipe:
        """See `ImageTextEncoder`."""
        return clip_recipe(self.architecture, self.sha256, precision, self.dimensions, self.preprocess)


def find_checkpoint(architecture: str, pretrained: str) -> Checkpoint:
    """Return the weights that `pretrained` names: one of open_clip's tags, in its caches, or a file.

    `architecture` is a name that open_clip knows or an open_clip model config, `/folder/name.json`. The pictures for a
    file are prepared as the `open_clip_config.json` beside it says, or else with open_clip's defaults. Hashes the
    weights, about a second per gigabyte. Raises `WeightsError`, which says where it looked and what to do.
    """
    name, config = _architecture(architecture)
    tag = need("open_clip").get_pretrained_cfg(name, pretrained)
    _require_same_activation(name, config, pretrained, tag)
    path = _require_cached(name, pretrained, tag) if tag else _require_file(name, pretrained)
    settings = tag or _hub_config(path)
    preprocess = Preprocess.of({**settings, "size": config["vision_cfg"].get("image_size", 224)})
    return Checkpoint(name, path, sha256_of(path), int(config["embed_dim"]), preprocess)


def weights_places(architecture: str, pretrained: str) -> list[Path]:
    """Return the files or folders where the weights are, or would be. Raises `WeightsError` for an unknown
    architecture."""
    name, _ = _architecture(architecture)
    tag = need("open_clip").get_pretrained_cfg(name, pretrained)
    found = cached(tag) if tag else Path(pretrained)
    return [found] if found else _tag_places(tag)


def cached(tag: Mapping[str, Any]) -> Path | None:
    """Return a tag's file, if one of the caches has it. Makes no network request."""
    look = need("huggingface_hub").try_to_load_from_cache
    repository, names = _hub_files(tag)
    found = (look(repository, name) for name in names)
    # The library returns a marker object, not None, for a file that it knows to be absent from the hub.
    files = [Path(path) for path in found if isinstance(path, str)]
    return next((path for path in [*files, *_downloaded(tag)] if path.is_file()), None)


def cache_roots() -> list[Path]:
    """Return the two folders below which the weights of all tags are looked for."""
    # Read now and not at import, since HF_HUB_CACHE may be set after this module was imported.
    return [Path(need("huggingface_hub.constants").HF_HUB_CACHE), _OTHER_ADDRESSES.expanduser()]


def _architecture(name: str) -> tuple[str, Mapping[str, Any]]:
    """open_clip's name and config; a config from a file is registered with open_clip."""
    open_clip = need("open_clip")
    if not name.endswith(".json"):
        config = open_clip.get_model_config(name)
        if config is None:
            raise WeightsError(
                f"open_clip has no architecture {name!r}; a new one is named by its file, /folder/name.json"
            )
        return name, config
    path = Path(name)
    config = _json(path)
    if open_clip.get_model_config(path.stem) not in (None, config):
        raise WeightsError(f"open_clip has another architecture called {path.stem}: rename {path}")
    open_clip.add_model_config(path)
    # open_clip ignores a file that is not a model config without an error, so ask whether it knows the name now.
    if open_clip.get_model_config(path.stem) is None:
        raise WeightsError(f"{path} is not an open_clip model config: it needs embed_dim, vision_cfg and text_cfg")
    return path.stem, config


def _require_same_activation(name: str, config: Mapping[str, Any], pretrained: str, tag: Mapping[str, Any]) -> None:
    """Refuse weights that were trained with another activation: open_clip only warns, and the search results suffer."""
    if tag and bool(tag.get("quick_gelu")) != bool(config.get("quick_gelu")):
        other = name.removesuffix("-quickgelu") if config.get("quick_gelu") else f"{name}-quickgelu"
        raise WeightsError(f"the weights {pretrained} belong to {other}: open-clip:{other}:{pretrained}")


def _require_cached(name: str, pretrained: str, tag: Mapping[str, Any]) -> Path:
    found = cached(tag)
    if found is None:
        places = ", ".join(map(str, _tag_places(tag)))
        raise WeightsError(f"the weights {pretrained} of {name} are not in {places}: {_advice(tag)}, or name a file")
    return found


def _require_file(name: str, pretrained: str) -> Path:
    path = Path(pretrained)
    if not path.is_file():
        tags = need("open_clip").list_pretrained_tags_by_model(name)
        raise WeightsError(f"there is no file {pretrained}, and {name} has the tags: {', '.join(tags) or 'none'}")
    return path


def _hub_config(weights: Path) -> Mapping[str, Any]:
    """The preprocessing settings from the config beside the weights; empty if there is none."""
    config = weights.with_name(HUB_CONFIG)
    settings: Mapping[str, Any] = _json(config).get("preprocess_cfg", {}) if config.is_file() else {}
    return settings


def _tag_places(tag: Mapping[str, Any]) -> list[Path]:
    """Where `cached` looks."""
    repository, _ = _hub_files(tag)
    hub, _ = cache_roots()
    return [*([hub / f"models--{repository.replace('/', '--')}"] if repository else []), *_downloaded(tag)]


def _advice(tag: Mapping[str, Any]) -> str:
    """How to get a tag's file."""
    repository, names = _hub_files(tag)
    if repository:
        return f"`hf download {repository} {names[0]}` puts them there"
    return f"put {tag.get('url')} there"


def _hub_files(tag: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The repository and its suitable files, the preferred one first; no file if the tag names no repository."""
    location = str(tag.get("hf_hub") or "")
    repository, _, name = location.rpartition("/")
    if not repository or not name:
        return repository, _USUAL_FILES if repository else ()
    # safetensors first: the other formats are pickles, which can run code when they are loaded.
    safer = PurePosixPath(name).with_suffix(".safetensors").name
    return repository, tuple(dict.fromkeys((safer, name)))


def _downloaded(tag: Mapping[str, Any]) -> list[Path]:
    name = PurePosixPath(str(tag.get("url") or "")).name
    return [_OTHER_ADDRESSES.expanduser() / name] if name else []


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WeightsError(f"can't read {path}: {error}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} is not a JSON object")
    return content
