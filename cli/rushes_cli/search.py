"""`rushes search`: the moments in which something is said or seen."""

from pathlib import Path

from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.plain import complain, say, say_json
from rushes_cli.render.moments import left_out, moment
from rushes_cli.terminal import out, text
from rushes_cli.thumbnails import drawing
from rushes_client.answers import Moment, SearchAnswer
from rushes_client.calls import Wish
from rushes_client.errors import Refused


def run(
    client: Client,
    words: str,
    *,
    image: Path | None,
    wish: Wish,
    limit: int,
    as_json: bool,
) -> None:
    """Search and print. Raises WrongUse where there is nothing to search for."""
    if not words.strip() and image is None:
        raise WrongUse("nothing to search for: give words, or --image FILE")
    try:
        answer = client.search(words, wish=wish, limit=limit, image=image)
    except OSError as error:
        raise WrongUse(f"--image {image} can't be read: {error.strerror}") from error
    if as_json:
        say_json(answer.as_json())
    elif answer.moments:
        _show(client, answer)
    else:
        say("nothing found: ask in other words, with fewer filters, or see with `rushes status` what is indexed")


def _show(client: Client, answer: SearchAnswer) -> None:
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
