"""What became of one thing that was to be added."""

from dataclasses import dataclass
from typing import Any

from rushes_client.answers import Accepted, VideoDetail


@dataclass(frozen=True)
class Outcome:
    """What became of an input: `accepted`, `refused`, or a settled video's status."""

    input: str
    status: str
    accepted: Accepted | None = None
    reason: str | None = None
    video: VideoDetail | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the command fails because of it."""
        return self.status in ("refused", "failed")

    @property
    def video_id(self) -> str | None:
        """The video's id, as soon as it is known."""
        return self.video.video_id if self.video else self.accepted.video_id if self.accepted else None

    def as_json(self) -> dict[str, Any]:
        """The outcome for machines."""
        return {
            "input": self.input,
            "status": self.status,
            "reason": self.reason,
            "video_id": self.video_id,
            "status_url": self.accepted.status_url if self.accepted else None,
        }
