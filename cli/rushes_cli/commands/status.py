"""The arguments of `rushes status`."""

from typing import Annotated

import typer


def status(
    video_id: Annotated[str | None, typer.Argument(help="Only this video, with each segment and stage.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")] = False,
) -> None:
    """Show how far the videos are.

    One line a video; with an id, what each stage last said of each segment, when, and how long it took.

    \b
    Examples:
      rushes status
      rushes status 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
    """
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.status import show_all, show_one  # noqa: PLC0415

    with Client(instance_url()) as client:
        if video_id is None:
            show_all(client, as_json)
        else:
            show_one(client, video_id, as_json)
