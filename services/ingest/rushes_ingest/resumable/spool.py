"""The spool of resumable uploads: two files for each, its bytes and a note, in a folder of this machine.

The folder is listed once, at the first use. After that, an index in memory holds the owners of the uploads and the
order in which they were last used, so that creating an upload takes constant time.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import structlog
from fastapi import HTTPException
from pydantic import BaseModel, ValidationError

from rushes_runtime.atomic_files import make_folder, write_whole
from rushes_schemas.api import Accepted
from rushes_schemas.artefacts import Source

log = structlog.stdlib.get_logger("rushes.uploads")

ID = re.compile(r"[0-9a-f]{32}")
NOTE = ".json"
RETRY_AFTER_S = 60


class SpooledUpload(BaseModel):
    """The note on an upload. The number of its bytes that have arrived is the size of its file."""

    id: str
    length: int
    fields: dict[str, str]
    """The metadata of the video as texts: title, description, ..."""
    owner: str = ""
    """The client that created it: an API key's name, or an address if there are no keys."""
    source: Source | None = None
    """Set when all bytes have arrived and are in the blob store."""
    accepted: Accepted | None = None
    """Set when the event is acknowledged: the upload is complete."""


class _UploadIndex:
    """The uploads of a folder, in the order of their last use, the oldest first."""

    def __init__(self) -> None:
        self._owners: dict[str, str | None] = {}
        """By id. None if all bytes have arrived, or if the note can't be read."""
        self.unfinished: Counter[str] = Counter()
        """Number of unfinished uploads by owner."""
        self.total = 0

    def note(self, id: str, owner: str | None) -> None:
        """Add an upload, or change its owner, as the one that was used last."""
        self.forget(id)
        self._owners[id] = owner
        if owner is not None:
            self.unfinished[owner] += 1
            self.total += 1

    def touch_upload(self, id: str) -> None:
        """Move an upload to the end of the order, if it still exists."""
        if id in self._owners:
            self._owners[id] = self._owners.pop(id)

    def forget(self, id: str) -> None:
        """Remove an upload."""
        owner = self._owners.pop(id, None)
        if owner is not None:
            self.total -= 1
            self.unfinished[owner] -= 1
            if not self.unfinished[owner]:
                del self.unfinished[owner]  # or the counter would keep every address that ever uploaded

    def oldest(self) -> str | None:
        """Return the upload that was not used for the longest time."""
        return next(iter(self._owners), None)


class Spool:
    """The resumable uploads of one process. Methods access only the files of the uploads that they concern."""

    def __init__(self, folder: Path, expiry_s: float, most_of_one: int, most: int) -> None:
        """`most_of_one` and `most` limit the unfinished uploads of one owner, and of all together."""
        self.folder = folder
        self._expiry_s = expiry_s
        self._most_of_one = most_of_one
        self._most = most
        self._busy: set[str] = set()

    @cached_property
    def _index(self) -> _UploadIndex:
        """The index, at first of the files of an earlier process."""
        index = _UploadIndex()
        files = [path for path in self.folder.iterdir() if path.is_file()] if self.folder.is_dir() else []
        ids = {path.name.removesuffix(NOTE) for path in files}
        for id in sorted(filter(ID.fullmatch, ids), key=self._touched):
            upload = self._read_note(id)
            index.note(id, upload.owner if upload and not upload.source else None)
        # Temporary files of a process that was killed while it wrote a note.
        for path in files:
            if path.suffix == ".new" and time.time() - path.stat().st_mtime > self._expiry_s:
                path.unlink(missing_ok=True)
        return index

    def create(self, length: int, fields: dict[str, str], owner: str) -> SpooledUpload:
        """Create an upload. Raises HTTPException 429 if its owner, or all owners together, have too many."""
        self.expire()
        if self._index.unfinished[owner] >= self._most_of_one:
            raise _too_many(f"{owner} has {self._most_of_one}")
        if self._index.total >= self._most:
            raise _too_many(f"There are {self._most}")
        self.folder.mkdir(parents=True, exist_ok=True)
        upload = SpooledUpload(id=uuid4().hex, length=length, fields=fields, owner=owner)
        self.data_path(upload).touch()
        self.save(upload)
        return upload

    def find(self, id: str) -> SpooledUpload:
        """Return an upload. Raises HTTPException 404 if it does not exist or has expired."""
        if ID.fullmatch(id) and not self._remove_if_expired(id) and (upload := self._read_note(id)):
            return upload
        raise HTTPException(404, f"There is no upload {id!r}; it may have expired.")

    def save(self, upload: SpooledUpload) -> None:
        """Write the note on an upload, atomically."""
        write_whole(self._note(upload.id), upload.model_dump_json().encode())
        self._index.note(upload.id, None if upload.source else upload.owner)

    def data_path(self, upload: SpooledUpload) -> Path:
        """Return the path of the file with its bytes."""
        return self.folder / upload.id

    def offset(self, upload: SpooledUpload) -> int:
        """Return the number of bytes that the client does not have to send again."""
        if upload.accepted:
            return upload.length
        # All bytes are stored, but the event is not acknowledged. A client only sends another request if a byte is
        # missing, so it is asked for the last one again.
        if upload.source:
            return upload.length - 1
        return min(_size(self.data_path(upload)), upload.length - 1)

    def expires_at(self, upload: SpooledUpload) -> float:
        """Return when it expires if it is not used again, in seconds since the Unix epoch."""
        return self._touched(upload.id) + self._expiry_s

    def remove(self, upload: SpooledUpload) -> None:
        """Remove an upload and its bytes."""
        self._remove(upload.id)

    def expire(self) -> None:
        """Remove all expired uploads."""
        while (oldest := self._index.oldest()) is not None and self._remove_if_expired(oldest):
            pass  # the uploads are in the order of their last use, so the first that has not expired ends the loop

    @contextmanager
    def locked(self, upload: SpooledUpload) -> Iterator[None]:
        """Lock an upload for one request. Raises HTTPException 423 if another request holds the lock."""
        if upload.id in self._busy:
            raise HTTPException(423, f"The upload {upload.id} is being written by another request.")
        self._busy.add(upload.id)
        self._index.note(upload.id, None if upload.source else upload.owner)
        try:
            yield
        finally:
            self._busy.remove(upload.id)
            self._index.touch_upload(upload.id)

    def _remove_if_expired(self, id: str) -> bool:
        """Remove an upload if it has expired, and return whether it had."""
        if id in self._busy or time.time() - self._touched(id) <= self._expiry_s:
            return False
        self._remove(id)
        return True

    def _remove(self, id: str) -> None:
        for path in (self.folder / id, self._note(id)):
            path.unlink(missing_ok=True)
        self._index.forget(id)

    def _touched(self, id: str) -> float:
        return max(_modified(self._note(id)), _modified(self.folder / id))

    def _read_note(self, id: str) -> SpooledUpload | None:
        note = self._note(id)
        try:
            return SpooledUpload.model_validate_json(note.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            # The bytes stay until they expire; the client has to start a new upload.
            aside = note.parent / "unreadable" / note.name
            make_folder(aside.parent)
            note.replace(aside)
            fault = str(error).replace("\n", " ")[:200]
            log.error(
                "the note on an upload can't be read; it has to be started again", kept_as=str(aside), fault=fault
            )
            return None

    def _note(self, id: str) -> Path:
        return self.folder / f"{id}{NOTE}"


def _too_many(who_has: str) -> HTTPException:
    sentence = f"{who_has} unfinished uploads; finish some, DELETE them, or wait until they expire."
    return HTTPException(429, sentence, {"Retry-After": str(RETRY_AFTER_S)})


def _size(path: Path) -> int:
    # The file is missing if a process moved it into the blob store and died before it wrote the note.
    return path.stat().st_size if path.exists() else 0


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
