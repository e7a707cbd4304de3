"""The arguments of `rushes transcript`."""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How a transcript is written."""

    text = "text"
    vtt = "vtt"
    srt = "srt"
    json = "json"


def transcript(
    video_id: Annotated[str, typer.Argument(help="The video, as `rushes status` lists it.")],
    format: Annotated[Format, typer.Option(help="Plain text, subtitles, or words with their times.")] = Format.text,
) -> None:
    """Print what is said in a video.

    \b
    Example:
      rushes transcript 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --format srt > film.srt
    """
    from rushes_cli import transcript as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    with Client(instance_url()) as client:
        work.run(client, video_id, format.value)
