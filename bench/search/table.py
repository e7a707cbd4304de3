"""The table of questions, read."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("rows.yaml")
FILMS = {
    "cabinet": ROOT / "examples" / "cabinet-of-curiosities.mp4",
    "postcards": ROOT / "examples" / "silent-postcards.mp4",
    "sonnet": ROOT / "examples" / "sonnet-at-night.mp4",
    "clock": ROOT / "examples" / "uneven-clock.mp4",
    "es": ROOT / "examples" / "persuasion-es.mp4",
    "ja": ROOT / "examples" / "light-bulb-ja.mp4",
    "slides": Path(__file__).with_name("slides.mp4"),
}
Kind = Literal["spoken", "seen", "title", "image", "phrase", "negative"]
KINDS: tuple[Kind, ...] = ("spoken", "seen", "title", "image", "phrase", "negative")


class Place(BaseModel):
    """[start_ms, end_ms) of a film."""

    model_config = ConfigDict(frozen=True)

    film: str
    start_ms: int
    end_ms: int

    def overlaps(self, start_ms: int, end_ms: int) -> bool:
        """Whether it has a moment in common with another stretch of the film."""
        return self.start_ms < end_ms and start_ms < self.end_ms


def _places(written: object) -> object:
    """`cabinet 9.3-16.5; clock 0.7-4.9`, times in seconds."""
    if not isinstance(written, str):
        return written
    parts = (part.split() for part in written.split(";"))
    return [
        {"film": film, "start_ms": round(float(times[0]) * 1000), "end_ms": round(float(times[1]) * 1000)}
        for film, span in parts
        if (times := span.split("-"))
    ]


class Row(BaseModel):
    """A question and its answers; a negative has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    q: str = ""
    image: str | None = None
    at: Annotated[tuple[Place, ...], BeforeValidator(_places)] = ()
    lang: str | None = None
    held: bool = False

    @property
    def asked(self) -> str:
        """What it is called in a report."""
        return self.q or str(self.image)

    def picture(self) -> bytes | None:
        """The picture that is sent."""
        return (ROOT / self.image).read_bytes() if self.image else None


def rows(table: Path = TABLE) -> list[Row]:
    """The table. Raises ValidationError, with the row's number, for one that is written wrongly."""
    return TypeAdapter(list[Row]).validate_python(yaml.safe_load(table.read_text("utf-8")))
