"""The arguments of `rushes export` and `rushes import`."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    video_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[VIDEO_ID]...", help="Only these videos; all, if none is named.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The archive; compressed where it is called .tar.gz or .tgz.")
    ] = Path("rushes.tar"),
    no_source: Annotated[bool, typer.Option("--no-source", help="Leave the videos' own files out.")] = False,
) -> None:
    """Write videos, with all that was made of them, into a tar archive.

    Words, scenes, pictures and what was said of each video are in it; imported elsewhere it is searchable without any
    of that being made again.

    \b
    Examples:
      rushes export -o backup.tar
      rushes export 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --no-source -o film.tar.gz
    """
    from rushes_cli.archives import write  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    with Client(instance_url()) as client:
        write(client, video_ids or (), output, with_source=not no_source)


def import_(
    archive: Annotated[Path, typer.Argument(help="What `rushes export` wrote.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything can be searched, or failed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each video as JSON.")] = False,
) -> None:
    """Take in the videos of an archive.

    What was made of them is found in it. Only what this installation's settings would make otherwise is made anew, for
    which the videos' own files have to be in the archive.

    \b
    Example:
      rushes import backup.tar --wait
    """
    from rushes_cli.archives import read  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    with Client(instance_url()) as client:
        if not read(client, archive, wait=wait, as_json=as_json):
            raise typer.Exit(1)
