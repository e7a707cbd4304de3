"""`rushes search`: the moments in which something is said or seen."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rushes_cli.client import Client, instance_url
from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.options import search_options
from rushes_cli.render.moments import left_out, moment
from rushes_cli.render.terminal import drawing, out, text
from rushes_client.errors import Refused
from rushes_schemas.api import Moment, SearchResults


def search(
    words: Annotated[list[str] | None, typer.Argument(help="What is said or seen, in any language.")] = None,
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A picture of what to look for.")] = None,
    video: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only in this video; may be repeated.")] = None,
    language: Annotated[str | None, typer.Option(help="Only where this language is spoken, such as en.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Only after 1:30 of its video.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only before 2:00 of its video.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only in videos that were added then or later.")] = None,
    before: Annotated[datetime | None, typer.Option(help="Only in videos that were added before.")] = None,
    min_length: Annotated[str | None, typer.Option(metavar="TIME", help="Only in videos as long or longer.")] = None,
    max_length: Annotated[str | None, typer.Option(metavar="TIME", help="Only in videos as long or shorter.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Only where this was said of the video; repeatable.")
    ] = None,
    speech: Annotated[
        bool | None, typer.Option("--speech/--no-speech", help="Only where there is speech, or is none.")
    ] = None,
    per_video: Annotated[int | None, typer.Option(help="The most moments of one video.", min=1, max=100)] = None,
    weight: Annotated[
        list[str] | None, typer.Option(metavar="LEG=N", help="How much visual, speech or lexical counts; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many moments at most.", min=1, max=100)] = 10,
    cursor: Annotated[str | None, typer.Option(help="Go on where the page before ended, which tells it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")] = False,
) -> None:
    """Find the moments in which something is said or seen.

    Each moment comes with what is said in it, the legs of the search that found it, and a link that plays it. What
    stands in quotation marks must be said in that order.

    \b
    Examples:
      rushes search a cat on a sofa
      rushes search '"ask not"' --since 2026-11-01 --metadata camera=B
      rushes search --image cat.jpg --limit 3 --from 1:30
    """
    question = " ".join(words or ())
    if not question.strip() and image is None:
        raise WrongUse("nothing to search for: give words, or --image FILE")
    wish = search_options(
        videos=video or (),
        language=language,
        times={"--from": start, "--to": end, "--min-length": min_length, "--max-length": max_length},
        since=since,
        before=before,
        metadata=metadata or (),
        speech=speech,
        per_video=per_video,
        weights=weight or (),
        cursor=cursor,
    )
    with Client(instance_url()) as client:
        try:
            answer = client.search(question, wish=wish, limit=limit, image=image)
        except OSError as error:
            raise WrongUse(f"--image {image} can't be read: {error.strerror}") from error
        if as_json:
            say_json(answer.as_json())
        elif answer.moments:
            _show(client, answer)
        else:
            say("nothing found: ask in other words, with fewer filters, or see with `rushes status` what is indexed")


def _show(client: Client, answer: SearchResults) -> None:
    """Every moment, with its picture where the terminal shows pictures. A picture that is gone is no error."""
    console = out()
    draw = drawing(console)
    for number, found in enumerate(answer.moments, start=1):
        if number > 1:
            console.print()
        picture = _picture(client, found) if draw else None
        if draw and picture:
            console.print(draw(picture))
        console.print(moment(number, found, client.url, console.width), soft_wrap=True)
    if sentence := left_out(answer.left_out):
        complain(sentence)
    if answer.next_cursor:
        console.print(text(f"\nmore: --cursor {answer.next_cursor}", "dim"), soft_wrap=True)


def _picture(client: Client, found: Moment) -> bytes | None:
    try:
        return client.thumbnail(found)
    except Refused:
        return None
