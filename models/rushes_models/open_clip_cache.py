"""The two caches that open_clip fills when it is asked to: that of the model hub, and a folder for other addresses.

A tag's settings name a file of the hub as `owner/model/file`, or `owner/model/` for the usual file, and sometimes an
address. rushes looks where open_clip would have put it, and leaves the fetching to the operator.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rushes_models.optional import need

_USUAL = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_OTHER_ADDRESSES = Path("~/.cache/clip")


def cached(tag: Mapping[str, Any]) -> Path | None:
    """The file, if one of the caches has it. Touches no network."""
    look = need("huggingface_hub").try_to_load_from_cache
    repository, names = _hub_files(tag)
    found = (look(repository, name) for name in names)
    files = [Path(path) for path in found if isinstance(path, str)]
    fetched = _fetched(tag)
    return next((path for path in [*files, *fetched] if path.is_file()), None)


def places(tag: Mapping[str, Any]) -> list[Path]:
    """Where `cached` looks."""
    repository, _ = _hub_files(tag)
    hub, _ = roots()
    return [*([hub / f"models--{repository.replace('/', '--')}"] if repository else []), *_fetched(tag)]


def roots() -> list[Path]:
    """Below these the weights of all tags are looked for."""
    return [Path(need("huggingface_hub.constants").HF_HUB_CACHE), _OTHER_ADDRESSES.expanduser()]


def advice(tag: Mapping[str, Any]) -> str:
    """What puts the file there."""
    repository, names = _hub_files(tag)
    if repository:
        return f"`hf download {repository} {names[0]}` puts them there"
    return f"put {tag.get('url')} there"


def _hub_files(tag: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The repository, and the files that do, the better first; no file where the tag names no repository."""
    said = str(tag.get("hf_hub") or "")
    repository, _, name = said.rpartition("/")
    if not repository or not name:
        return repository, _USUAL if repository else ()
    safer = PurePosixPath(name).with_suffix(".safetensors").name
    return repository, tuple(dict.fromkeys((safer, name)))


def _fetched(tag: Mapping[str, Any]) -> list[Path]:
    name = PurePosixPath(str(tag.get("url") or "")).name
    return [_OTHER_ADDRESSES.expanduser() / name] if name else []
