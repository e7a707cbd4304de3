"""`rushes add`: files, folders and URIs."""

from typing import Annotated

import typer

from rushes_cli.adding import Outcome, report, send, wait_for
from rushes_cli.client import Client, instance_url
from rushes_cli.console import complain
from rushes_cli.inputs import Bad, Input, Skipped, find
from rushes_cli.options import described
from rushes_client.options import Said


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
    given = described(title, description, language, metadata or ())
    named: list[tuple[Input | Bad, Said]] = []
    for found in find(inputs):
        if isinstance(found, Skipped):
            complain(f"{found.path}: skipped, its name is not that of a video")
        else:
            named.append((found, given))
    outcomes: list[Outcome] = []
    with Client(instance_url()) as client:
        try:
            outcomes.extend(send(client, named))  # keeps what was sent should the next one raise
            outcomes[:] = wait_for(client, outcomes) if wait else outcomes
        finally:
            report(outcomes, as_json)
    if any(outcome.is_failure for outcome in outcomes):
        raise typer.Exit(1)
