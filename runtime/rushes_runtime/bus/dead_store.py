"""Where dead letters are kept: one port, and the adapter that RUSHES_FAILURES__DEAD_LETTERS names."""

from typing import Protocol

from rushes_runtime.bus.dead import DeadLetters, Wanted
from rushes_runtime.bus.dead_blobs import BlobDeadLetters
from rushes_runtime.platform import Platform
from rushes_schemas.api import DeadLetter


class DeadLetterStore(Protocol):
    """The dead letters of all services. Methods raise BrokerUnavailable and BlobsUnavailable."""

    async def open(self, wanted: Wanted) -> list[DeadLetter]:
        """Those that were neither replayed nor discarded, oldest first."""

    async def one(self, id: str) -> DeadLetter | None:
        """The one with this id; None where there is none, or no longer."""

    async def replay(self, wanted: Wanted) -> list[DeadLetter]:
        """Give each back to the topic that it failed on, as it came and with no attempt counted; what was replayed."""

    async def discard(self, wanted: Wanted) -> list[DeadLetter]:
        """Have each forgotten; what was discarded."""


def dead_letters(platform: Platform) -> DeadLetterStore:
    """The dead letters, wherever the settings say that they are kept."""
    return kept_in_blobs(platform) or DeadLetters(platform.settings.kafka, platform.blobs)


def kept_in_blobs(platform: Platform) -> BlobDeadLetters | None:
    """The dead letters in the blob store; None where they lie in topics, which keep, expire and commit by themselves
    what the blob store has to be told."""
    settings = platform.settings
    return BlobDeadLetters(settings.kafka, platform.blobs) if settings.failures.dead_letters == "blobs" else None
