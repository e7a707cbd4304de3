"""An Edge index's folder as collections and aliases, which the engine itself does not have. Everything here blocks.

lock                          one process at a time
aliases.json                  alias -> collection
collections/<name>/spec.json  written last and removed first: without it there is no such collection
collections/<name>/shard/     the engine's
"""

import os
import shutil
from pathlib import Path
from threading import RLock

from rushes_runtime.disk import full
from rushes_runtime.index import edge_files as files
from rushes_runtime.index.edge_shard import Shard
from rushes_runtime.index.port import CollectionSpec, IndexRefused, IndexUnavailable, UnknownCollection
from rushes_runtime.index.specs import fields_of, missing_fields, with_fields


class EdgeStore:
    """The folder is opened at the first use, and each collection at its first. Methods may be called by any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._guard = RLock()
        self._lock: int | None = None
        self._aliases: dict[str, str] = {}
        self._shards: dict[str, Shard] = {}

    def open(self) -> None:
        """Take the folder for this process. Raises IndexInUse or ConfigurationError."""
        with self._guard:
            if self._lock is None:
                self._lock = files.lock_folder(self.folder)
                self._aliases = files.read_aliases(self.folder)

    def ready(self) -> None:
        """Return where work can begin. Raises as `open` does, and IndexUnavailable on a full disk."""
        self.open()
        if sentence := full(self.folder):
            raise IndexUnavailable(sentence)

    def collections(self) -> list[str]:
        """The names of all collections, sorted."""
        self.open()
        return sorted(path.parent.name for path in (self.folder / "collections").glob("*/spec.json"))

    def resolve(self, alias: str) -> str | None:
        """The collection that an alias means."""
        self.open()
        return self._aliases.get(alias)

    def ensure(self, name: str, spec: CollectionSpec) -> None:
        """As the port says."""
        with self._guard:
            self.open()
            path = self._path(name)
            found = files.read_spec(path)
            if found is None:
                self._create(path, spec)
            elif missing := missing_fields(name, found, spec):
                self.shard(name).index_fields(missing)
                files.write_spec(path, with_fields(found, fields_of(found) | missing))

    def shard(self, name: str) -> Shard:
        """The open collection of this name. Raises UnknownCollection."""
        with self._guard:
            self.open()
            path = self._path(name)
            if path.name not in self._shards:
                if files.read_spec(path) is None:
                    raise UnknownCollection(f"the index in {self.folder} has no collection {name} (yet)")
                self._shards[path.name] = Shard.load(path / "shard")
            return self._shards[path.name]

    def drop(self, name: str) -> None:
        """As the port says."""
        with self._guard:
            self.open()
            path = self._path(name)
            if files.read_spec(path) is None:
                return
            self._set_aliases({alias: its for alias, its in self._aliases.items() if its != path.name})
            files.forget_spec(path)
            if shard := self._shards.pop(path.name, None):
                shard.close()
            shutil.rmtree(path)

    def point_alias(self, alias: str, collection: str) -> None:
        """As the port says."""
        with self._guard:
            if alias in self.collections():
                raise IndexRefused(f"{alias} is a collection and can't be an alias as well")
            if collection not in self.collections():
                raise UnknownCollection(f"the index in {self.folder} has no collection {collection} (yet)")
            self._set_aliases(self._aliases | {alias: collection})

    def close(self) -> None:
        """Close what is open and let go of the folder."""
        with self._guard:
            for shard in self._shards.values():
                shard.close()
            self._shards.clear()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _create(self, path: Path, spec: CollectionSpec) -> None:
        shutil.rmtree(path, ignore_errors=True)  # what a process left that died in the middle of this, or of a drop
        shard = Shard.create(path / "shard", spec)
        shard.index_fields(fields_of(spec))
        files.write_spec(path, spec)
        self._shards[path.name] = shard

    def _set_aliases(self, aliases: dict[str, str]) -> None:
        if aliases != self._aliases:
            files.write_aliases(self.folder, aliases)
            self._aliases = aliases

    def _path(self, name: str) -> Path:
        name = self._aliases.get(name, name)
        if not files.SAFE_NAME.fullmatch(name):
            raise IndexRefused(f"{name!r} can't name a collection: letters, digits, dot, dash and underscore can")
        return self.folder / "collections" / name
