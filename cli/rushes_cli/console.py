"""Lines of plain text on stdout and stderr, and the errors that end a command.

RushesError (of the runtime)
└── WrongUse          the command line makes no sense: exit code 2

ClientError (of the client): the instance refused, or did not answer.

Titles, file names and words are anybody's text, so all of it goes through `shown`: it must not steer the terminal.
"""

import json
import unicodedata
from typing import Any

import typer

from rushes_client.errors import ClientError
from rushes_runtime.errors import RushesError

FAILURES = (RushesError, ClientError)
"""All that a command tells in one sentence."""


class WrongUse(RushesError):
    """The arguments contradict each other or are malformed. The sentence says which, and what would be right."""


STEERING = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of what is no visible character: controls, formats such as right-to-left override, line breaks."""
JOINERS = "\u200c\u200d"
"""Formats that words are spelt with, in Persian for one."""


def shown(text: str) -> str:
    """The text on one line, without anything that a terminal would act upon."""
    return "".join(char if char in JOINERS or unicodedata.category(char) not in STEERING else " " for char in text)


def say(line: str) -> None:
    """Print a line of the result."""
    typer.echo(shown(line))


def complain(sentence: str) -> None:
    """Print one line on stderr, whatever the sentence holds."""
    typer.echo(" ".join(shown(sentence).split()), err=True)


def say_json(value: Any) -> None:
    """Print a result for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
