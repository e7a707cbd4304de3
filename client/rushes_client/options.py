"""What a caller says of a video, and asks of a search, by the instance's own names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Said:
    """What is said of a video that is added. A field that is None is left out, and so stays as it was."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fields that are set."""
        texts = {"title": self.title, "description": self.description, "language": self.language}
        return {name: value for name, value in texts.items() if value} | (
            {"metadata": dict(self.metadata)} if self.metadata else {}
        )

    def as_text(self) -> dict[str, str]:
        """The same as texts, for forms and headers."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.as_json().items()}


NOTHING = Said()


@dataclass(frozen=True)
class Wish:
    """Filters, weights and paging of a search, by the instance's own names. None and () leave one out."""

    video_id: Sequence[str] = ()
    language: str | None = None
    from_ms: int | None = None
    """Time in the video."""
    to_ms: int | None = None
    added_from: datetime | None = None
    added_to: datetime | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    metadata: Sequence[str] = ()
    """`camera=B`; all must hold."""
    speech: bool | None = None
    """True: only where there is speech; False: only where there is none."""
    per_video: int | None = None
    """The most moments of one video."""
    visual_weight: float | None = None
    speech_weight: float | None = None
    lexical_weight: float | None = None
    cursor: str | None = None
    """`next_cursor` of the previous page."""

    def as_params(self) -> dict[str, str | list[str]]:
        """The fields that are set, as query parameters for httpx."""
        fields = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return {name: _param(value) for name, value in fields.items()}


ANYTHING = Wish()


def _param(value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)
