"""Files of weights, pinned by their SHA-256."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


class WeightsError(Exception):
    """A model's weights, or what is needed to load them, are missing or are not the right ones.

    Nothing but another installation or setting helps: a configuration error, never worth a retry.
    """


def sha256_of(path: Path) -> str:
    """The SHA-256 (lower-case hex) of a file of any size, read in pieces. Raises `WeightsError` if it can't be."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error}") from error


@dataclass(frozen=True)
class PinnedFile:
    """A file and the SHA-256 (lower-case hex) that its bytes must have."""

    path: Path
    sha256: str

    def verified_bytes(self) -> bytes:
        """The file's bytes, read once: what was hashed is what is used.

        Raises `WeightsError` when the file cannot be read or has another digest.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise WeightsError(f"cannot read the weights {self.path}: {error}") from error
        self._require(hashlib.sha256(content).hexdigest())
        return content

    def verified_path(self) -> Path:
        """The path, for a file too large to hold beside what is made of it. Raises as `verified_bytes` does."""
        self._require(sha256_of(self.path))
        return self.path

    def _require(self, found: str) -> None:
        if found != self.sha256:
            raise WeightsError(f"{self.path} has SHA-256 {found}, expected {self.sha256}: reinstall it")
