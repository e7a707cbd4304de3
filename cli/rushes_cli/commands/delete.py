"""The arguments of `rushes delete`."""

from typing import Annotated

import typer


def delete(
    video_ids: Annotated[list[str], typer.Argument(metavar="VIDEO_ID...", help="As `rushes status` lists them.")],
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait until nothing is left.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON.")] = False,
) -> None:
    """Forget videos everywhere: the file, its pictures and words, its points, its record.

    Tells, stage by stage, what was there and that nothing is left. A video that is not there, or no longer, is no
    error. The same file can be added again afterwards.

    \b
    Example:
      rushes delete 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
    """
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.deleting import run  # noqa: PLC0415

    with Client(instance_url()) as client:
        run(client, video_ids, wait=not no_wait, as_json=as_json)
