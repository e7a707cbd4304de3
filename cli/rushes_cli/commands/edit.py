"""The arguments of `rushes edit`."""

from enum import StrEnum
from typing import Annotated

import typer


class Field(StrEnum):
    """What can be forgotten."""

    TITLE = "title"
    DESCRIPTION = "description"
    LANGUAGE = "language"
    METADATA = "metadata"


def edit(
    video_id: Annotated[str, typer.Argument(help="The video, as `rushes status` lists it.")],
    title: Annotated[str | None, typer.Option(help="The title from now on.")] = None,
    description: Annotated[str | None, typer.Option(help="The description.")] = None,
    language: Annotated[str | None, typer.Option(help="The language that is spoken, such as en.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="All facts of your own; repeat for each.")
    ] = None,
    clear: Annotated[list[Field] | None, typer.Option(help="Forget what was said of it; may be repeated.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the video is found by what it says now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of it as JSON.")] = False,
) -> None:
    """Correct what is said of a video.

    What is not given stays as it is. Another language has the video transcribed again; nothing else is done again that
    need not be.

    \b
    Examples:
      rushes edit 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --title "A better title" --wait
      rushes edit 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --language de --clear description
    """
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.described import described  # noqa: PLC0415
    from rushes_cli.editing import run  # noqa: PLC0415

    said = described(title, description, language, metadata or ())
    with Client(instance_url()) as client:
        if not run(client, video_id, said, [field.value for field in clear or ()], wait=wait, as_json=as_json):
            raise typer.Exit(1)
