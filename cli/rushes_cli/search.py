"""`rushes search`: the moments in which something is said or seen."""

from collections.abc import Sequence
from pathlib import Path

from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.plain import say, say_json
from rushes_cli.render.moments import moments
from rushes_cli.terminal import out


def run(
    client: Client,
    words: str,
    *,
    image: Path | None,
    videos: Sequence[str],
    language: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Search and print. Raises WrongUse where there is nothing to search for."""
    if not words.strip() and image is None:
        raise WrongUse("nothing to search for: give words, or --image FILE")
    try:
        answer = client.search(words, videos=videos, language=language, limit=limit, image=image)
    except OSError as error:
        raise WrongUse(f"--image {image} can't be read: {error.strerror}") from error
    if as_json:
        say_json(answer.as_json())
    elif answer.moments:
        console = out()
        console.print(moments(answer, client.url, console.width), soft_wrap=True)
    else:
        say("nothing found: ask in other words, or see with `rushes status` whether the videos are indexed")
