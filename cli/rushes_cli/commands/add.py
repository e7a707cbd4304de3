"""The arguments of `rushes add`."""

from typing import Annotated

import typer


def add(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="PATH|DIR|URI...", help="Files, folders, or s3://, https:// and file:// URIs."),
    ],
    title: Annotated[str | None, typer.Option(help="Title, given to every video of this call.")] = None,
    description: Annotated[str | None, typer.Option(help="Description, likewise.")] = None,
    language: Annotated[
        str | None, typer.Option(help="The language that is spoken, such as en; detected where it is not given.")
    ] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A fact of your own; may be repeated.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything can be searched, or failed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each input as JSON.")] = False,
) -> None:
    """Add videos: files, folders, URIs.

    Of a folder, everything below it that is called like a video is added. What is refused is told, the rest goes on,
    and the exit code is 1 then. The same file added again is the same video.

    \b
    Examples:
      rushes add interview.mp4 --title "An interview" --language en --wait
      rushes add ~/footage s3://bucket/film.mov --metadata camera=B
    """
    from rushes_cli.adding import run  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.described import described  # noqa: PLC0415

    said = described(title, description, language, metadata or ())
    with Client(instance_url()) as client:
        if not run(client, inputs, said, wait=wait, as_json=as_json):
            raise typer.Exit(1)
