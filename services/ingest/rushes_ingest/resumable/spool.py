"""Where the bytes of resumable uploads arrive: two files for each in a folder of this machine.

The folder is listed once, at the first use. From then on it is known which uploads there are, whose they are, and which
nobody has gone on with for longest, so that beginning one more takes the same time however many there are.
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
    """What is known of an upload, except for how much of it came, which its file's size tells."""

    id: str
    length: int
    fields: dict[str, str]
    """What is said of the video: title, description, ..."""
    owner: str = ""
    """Who began it: an API key's name, or an address where there are no keys."""
    source: Source | None = None
    """Once all bytes came and lie in the blob store."""
    accepted: Accepted | None = None
    """Once the event is acknowledged: the upload is complete."""


class _UploadIndex:
    """The uploads of a folder: those that nobody has gone on with for longest come first."""

    def __init__(self) -> None:
        self._owners: dict[str, str | None] = {}
        """By id; None where its bytes have come, or can't be expected any more."""
        self.unfinished: Counter[str] = Counter()
        """How many each owner has."""
        self.total = 0

    def note(self, id: str, owner: str | None) -> None:
        """An upload was begun, gone on with or finished just now."""
        self.forget(id)
        self._owners[id] = owner
        if owner is not None:
            self.unfinished[owner] += 1
            self.total += 1

    def touch_upload(self, id: str) -> None:
        """Somebody has just worked on an upload, if it is still there."""
        if id in self._owners:
            self._owners[id] = self._owners.pop(id)

    def forget(self, id: str) -> None:
        """An upload is gone."""
        owner = self._owners.pop(id, None)
        if owner is not None:
            self.total -= 1
            self.unfinished[owner] -= 1
            if not self.unfinished[owner]:
                del self.unfinished[owner]

    def oldest(self) -> str | None:
        """The one that nobody has gone on with for longest."""
        return next(iter(self._owners), None)


class Spool:
    """The uploads that are under way. For one process at a time. Methods touch few files, whatever there is."""

    def __init__(self, folder: Path, expiry_s: float, most_of_one: int, most: int) -> None:
        """`most_of_one` and `most` are how many unfinished uploads one owner may have, and all together."""
        self.folder = folder
        self._expiry_s = expiry_s
        self._most_of_one = most_of_one
        self._most = most
        self._busy: set[str] = set()

    @cached_property
    def _known(self) -> _UploadIndex:
        """Of what an earlier process left. A note that can't be read is kept in `unreadable/`; its bytes expire."""
        known = _UploadIndex()
        files = [path for path in self.folder.iterdir() if path.is_file()] if self.folder.is_dir() else []
        ids = {path.name.removesuffix(NOTE) for path in files}
        for id in sorted(filter(ID.fullmatch, ids), key=self._touched):
            upload = self._readable(id)
            known.note(id, upload.owner if upload and not upload.source else None)
        for path in files:  # left by a process that was killed as it wrote a note
            if path.suffix == ".new" and time.time() - path.stat().st_mtime > self._expiry_s:
                path.unlink(missing_ok=True)
        return known

    def create(self, length: int, fields: dict[str, str], owner: str) -> SpooledUpload:
        """Begin an upload. Raises HTTPException 429 where its owner, or all together, have too many."""
        self.expire()
        if self._known.unfinished[owner] >= self._most_of_one:
            raise _too_many(f"{owner} has {self._most_of_one}")
        if self._known.total >= self._most:
            raise _too_many(f"There are {self._most}")
        self.folder.mkdir(parents=True, exist_ok=True)
        upload = SpooledUpload(id=uuid4().hex, length=length, fields=fields, owner=owner)
        self.data_path(upload).touch()
        self.save(upload)
        return upload

    def find(self, id: str) -> SpooledUpload:
        """An upload by its id. Raises HTTPException 404."""
        if ID.fullmatch(id) and not self._forget_expired(id) and (upload := self._readable(id)):
            return upload
        raise HTTPException(404, f"There is no upload {id!r}; it may have expired.")

    def save(self, upload: SpooledUpload) -> None:
        """Write down what is known, at once and whole."""
        write_whole(self._note(upload.id), upload.model_dump_json().encode())
        self._known.note(upload.id, None if upload.source else upload.owner)

    def data_path(self, upload: SpooledUpload) -> Path:
        """The file of its bytes."""
        return self.folder / upload.id

    def offset(self, upload: SpooledUpload) -> int:
        """How many bytes the client need not send again. Only a complete upload has all of them: one whose last byte
        came, but whose event was not acknowledged, asks for that byte once more, and so for another attempt."""
        if upload.accepted:
            return upload.length
        if upload.source:
            return upload.length - 1
        return min(_size(self.data_path(upload)), upload.length - 1)

    def expires_at(self, upload: SpooledUpload) -> float:
        """When it is removed unless somebody goes on with it, in seconds since the Unix epoch."""
        return self._touched(upload.id) + self._expiry_s

    def remove(self, upload: SpooledUpload) -> None:
        """Forget an upload and its bytes."""
        self._remove(upload.id)

    def expire(self) -> None:
        """Remove the uploads that nobody goes on with."""
        while (oldest := self._known.oldest()) is not None and self._forget_expired(oldest):
            pass  # the first that has not expired is the last to look at: all others were gone on with after it

    @contextmanager
    def locked(self, upload: SpooledUpload) -> Iterator[None]:
        """Be the only one that works on an upload. Raises HTTPException 423 for everybody else."""
        if upload.id in self._busy:
            raise HTTPException(423, f"The upload {upload.id} is being written by another request.")
        self._busy.add(upload.id)
        self._known.note(upload.id, None if upload.source else upload.owner)
        try:
            yield
        finally:
            self._busy.remove(upload.id)
            self._known.touch_upload(upload.id)

    def _forget_expired(self, id: str) -> bool:
        """Whether an upload had expired, and so is gone now."""
        if id in self._busy or time.time() - self._touched(id) <= self._expiry_s:
            return False
        self._remove(id)
        return True

    def _remove(self, id: str) -> None:
        for path in (self.folder / id, self._note(id)):
            path.unlink(missing_ok=True)
        self._known.forget(id)

    def _touched(self, id: str) -> float:
        return max(_modified(self._note(id)), _modified(self.folder / id))

    def _readable(self, id: str) -> SpooledUpload | None:
        note = self._note(id)
        try:
            return SpooledUpload.model_validate_json(note.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            aside = note.parent / "unreadable" / note.name
            make_folder(aside.parent)
            note.replace(aside)
            fault = str(error).replace("\n", " ")[:200]
            log.error("the note on an upload can't be read; it has to begin anew", kept_as=str(aside), fault=fault)
            return None

    def _note(self, id: str) -> Path:
        return self.folder / f"{id}{NOTE}"


def _too_many(who_has: str) -> HTTPException:
    sentence = f"{who_has} unfinished uploads; finish some, DELETE them, or wait until they expire."
    return HTTPException(429, sentence, {"Retry-After": str(RETRY_AFTER_S)})


def _size(path: Path) -> int:
    """0 where the file is gone: it was stored by a process that died before it wrote that down."""
    return path.stat().st_size if path.exists() else 0


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
