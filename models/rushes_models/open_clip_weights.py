"""Where the weights of an OpenCLIP model are. Nothing here fetches anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rushes_models.clip_recipe import Precision, Preprocess, clip_recipe
from rushes_models.open_clip_cache import advice, cached, places
from rushes_models.optional import need
from rushes_models.ports import ModelRecipe
from rushes_models.weights import WeightsError, sha256_of

HUB_CONFIG = "open_clip_config.json"
"""What a model's repository keeps beside its weights; says how pictures are prepared."""


@dataclass(frozen=True)
class Checkpoint:
    """Weights that are here. `architecture` is open_clip's name, `preprocess` how they were trained to see pictures."""

    architecture: str
    path: Path
    sha256: str
    dimensions: int
    preprocess: Preprocess

    def recipe(self, precision: Precision) -> ModelRecipe:
        """See `ImageTextEncoder`."""
        return clip_recipe(self.architecture, self.sha256, precision, self.dimensions, self.preprocess)


def find_checkpoint(architecture: str, pretrained: str) -> Checkpoint:
    """The weights that a name means: a tag of open_clip's, in its caches, or a file.

    `architecture` is a name that open_clip knows or an open_clip model config, `/folder/name.json`. The pictures of a
    file are prepared as the `open_clip_config.json` beside it says, or else in open_clip's default way. Hashes the
    weights, about a second per gigabyte. Raises `WeightsError`, with where it looked and what to do.
    """
    name, config = _architecture(architecture)
    tag = need("open_clip").get_pretrained_cfg(name, pretrained)
    _require_same_activation(name, config, pretrained, tag)
    path = _cached(name, pretrained, tag) if tag else _file(name, pretrained)
    said = tag or _beside(path)
    preprocess = Preprocess.of({**said, "size": config["vision_cfg"].get("image_size", 224)})
    return Checkpoint(name, path, sha256_of(path), int(config["embed_dim"]), preprocess)


def looked_in(architecture: str, pretrained: str) -> list[Path]:
    """The files or folders where the weights are, or would be. Raises `WeightsError` for an unknown architecture."""
    name, _ = _architecture(architecture)
    tag = need("open_clip").get_pretrained_cfg(name, pretrained)
    found = cached(tag) if tag else Path(pretrained)
    return [found] if found else places(tag)


def _architecture(said: str) -> tuple[str, Mapping[str, Any]]:
    """open_clip's name and config; a config from a file is made known to open_clip."""
    open_clip = need("open_clip")
    if not said.endswith(".json"):
        config = open_clip.get_model_config(said)
        if config is None:
            raise WeightsError(
                f"open_clip has no architecture {said!r}; a new one is named by its file, /folder/name.json"
            )
        return said, config
    path = Path(said)
    config = _json(path)
    if open_clip.get_model_config(path.stem) not in (None, config):
        raise WeightsError(f"open_clip has another architecture called {path.stem}: rename {path}")
    open_clip.add_model_config(path)
    if open_clip.get_model_config(path.stem) is None:
        raise WeightsError(f"{path} is not an open_clip model config: it needs embed_dim, vision_cfg and text_cfg")
    return path.stem, config


def _cached(name: str, pretrained: str, tag: Mapping[str, Any]) -> Path:
    found = cached(tag)
    if found is None:
        looked = ", ".join(map(str, places(tag)))
        raise WeightsError(f"the weights {pretrained} of {name} are not in {looked}: {advice(tag)}, or name a file")
    return found


def _file(name: str, pretrained: str) -> Path:
    path = Path(pretrained)
    if not path.is_file():
        tags = need("open_clip").list_pretrained_tags_by_model(name)
        raise WeightsError(f"there is no file {pretrained}, and {name} has the tags: {', '.join(tags) or 'none'}")
    return path


def _require_same_activation(name: str, config: Mapping[str, Any], pretrained: str, tag: Mapping[str, Any]) -> None:
    """open_clip only warns of weights that were trained with another activation, and then finds the wrong pictures."""
    if tag and bool(tag.get("quick_gelu")) != bool(config.get("quick_gelu")):
        other = name.removesuffix("-quickgelu") if config.get("quick_gelu") else f"{name}-quickgelu"
        raise WeightsError(f"the weights {pretrained} belong to {other}: open-clip:{other}:{pretrained}")


def _beside(weights: Path) -> Mapping[str, Any]:
    config = weights.with_name(HUB_CONFIG)
    said: Mapping[str, Any] = _json(config).get("preprocess_cfg", {}) if config.is_file() else {}
    return said


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WeightsError(f"can't read {path}: {error}") from error
    if not isinstance(said, dict):
        raise WeightsError(f"{path} is not a JSON object")
    return said
