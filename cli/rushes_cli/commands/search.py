"""The arguments of `rushes search`."""

from pathlib import Path
from typing import Annotated

import typer


def search(
    words: Annotated[list[str] | None, typer.Argument(help="What is said or seen, in any language.")] = None,
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A picture of what to look for.")] = None,
    video: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only in this video; may be repeated.")] = None,
    language: Annotated[str | None, typer.Option(help="Only where this language is spoken, such as en.")] = None,
    limit: Annotated[int, typer.Option(help="How many moments at most.", min=1, max=100)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")] = False,
) -> None:
    """Find the moments in which something is said or seen.

    Each moment comes with what is said in it, the legs of the search that found it, and a link that plays it.

    \b
    Examples:
      rushes search a cat on a sofa
      rushes search --image cat.jpg --limit 3
    """
    from rushes_cli import search as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    asked = " ".join(words or ())
    with Client(instance_url()) as client:
        work.run(client, asked, image=image, videos=video or (), language=language, limit=limit, as_json=as_json)
