"""Files of weights, pinned by their SHA-256."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


class WeightsError(Exception):
    """A file of weights is missing or is not the one this release was measured with.

    Nothing but another installation helps: a configuration error, never worth a retry.
    """


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
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise WeightsError(f"{self.path} has SHA-256 {found}, expected {self.sha256}: reinstall it")
        return content
