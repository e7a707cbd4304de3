"""Where the bytes of resumable uploads arrive: two files for each in a folder of this machine."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import structlog
from fastapi import HTTPException
from pydantic import BaseModel, ValidationError

from rushes_ingest.accept import Accepted
from rushes_ingest.store import Source
from rushes_runtime.atomic_files import make_folder, write_whole

log = structlog.stdlib.get_logger("rushes.uploads")

ID = re.compile(r"[0-9a-f]{32}")


class Upload(BaseModel):
    """What is known of an upload, except for how much of it came, which its file's size tells."""

    id: str
    length: int
    fields: dict[str, str]
    """What is said of the video: title, description, ..."""
    source: Source | None = None
    """Once all bytes came and lie in the blob store."""
    accepted: Accepted | None = None
    """Once the event is acknowledged: the upload is complete."""


class Spool:
    """The uploads that are under way. For one process at a time."""

    def __init__(self, folder: Path, expiry_s: float) -> None:
        self.folder = folder
        self._expiry_s = expiry_s
        self._busy: set[str] = set()

    def create(self, length: int, fields: dict[str, str]) -> Upload:
        """Begin an upload."""
        self.folder.mkdir(parents=True, exist_ok=True)
        upload = Upload(id=uuid4().hex, length=length, fields=fields)
        self.bytes_of(upload).touch()
        self.save(upload)
        return upload

    def find(self, id: str) -> Upload:
        """An upload by its id. Raises HTTPException 404."""
        try:
            if ID.fullmatch(id):
                return Upload.model_validate_json(self._note(id).read_bytes())
        except (FileNotFoundError, ValidationError):
            pass
        raise HTTPException(404, f"There is no upload {id!r}; it may have expired.")

    def save(self, upload: Upload) -> None:
        """Write down what is known, at once and whole."""
        write_whole(self._note(upload.id), upload.model_dump_json().encode())

    def bytes_of(self, upload: Upload) -> Path:
        """The file of its bytes."""
        return self.folder / upload.id

    def offset(self, upload: Upload) -> int:
        """How many bytes the client need not send again. Only a complete upload has all of them: one whose last byte
        came, but whose event was not acknowledged, asks for that byte once more, and so for another attempt."""
        if upload.accepted:
            return upload.length
        if upload.source:
            return upload.length - 1
        return min(_size(self.bytes_of(upload)), upload.length - 1)

    def remove(self, upload: Upload) -> None:
        """Forget an upload and its bytes."""
        self.bytes_of(upload).unlink(missing_ok=True)
        self._note(upload.id).unlink(missing_ok=True)

    def promised(self) -> int:
        """How many bytes are still to come for all uploads together, after those that nobody goes on with are gone."""
        return sum(upload.length - self.offset(upload) for upload in self._fresh())

    @contextmanager
    def alone(self, upload: Upload) -> Iterator[None]:
        """Be the only one that works on an upload. Raises HTTPException 423 for everybody else."""
        if upload.id in self._busy:
            raise HTTPException(423, f"The upload {upload.id} is being written by another request.")
        self._busy.add(upload.id)
        try:
            yield
        finally:
            self._busy.remove(upload.id)

    def _fresh(self) -> Iterator[Upload]:
        for note in self.folder.glob("*.json"):
            if (upload := self._readable(note)) is None:
                continue
            touched = max(note.stat().st_mtime, _modified(self.bytes_of(upload)))
            if upload.id not in self._busy and time.time() - touched > self._expiry_s:
                self.remove(upload)
            elif not upload.source:
                yield upload

    def _readable(self, note: Path) -> Upload | None:
        """The upload of a note. One that can't be read is kept in `unreadable/`, and keeps nobody from
        uploading."""
        try:
            return Upload.model_validate_json(note.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            aside = note.parent / "unreadable" / note.name
            make_folder(aside.parent)
            note.replace(aside)
            log.error("the note on an upload can't be read; it has to begin anew", kept_as=str(aside), fault=str(error))
            return None

    def _note(self, id: str) -> Path:
        return self.folder / f"{id}.json"


def _size(path: Path) -> int:
    """0 where the file is gone: it was stored by a process that died before it wrote that down."""
    return path.stat().st_size if path.exists() else 0


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
