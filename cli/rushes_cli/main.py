"""The `rushes` command: the table of its commands, and what their failures look like.

A command's module is imported when the command is called, so that `rushes --help` loads no HTTP client, no service and
no model.
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from rushes_cli.console import FAILURES, WrongUse, complain

FAILED = 1
WRONG_USE = 2


@dataclass(frozen=True)
class Command:
    """Where a command is: an attribute of a module below `rushes_cli.commands`, a function or a Typer group."""

    module: str
    attribute: str
    summary: str
    """The first sentence of its help, repeated here so that `rushes --help` imports nothing; a test compares them."""


COMMANDS = {
    "up": Command("up", "up", "Run all of it on this machine; Ctrl-C stops it."),
    "add": Command("add", "add", "Add videos: files, folders, URIs."),
    "status": Command("videos", "status", "Show how far the videos are."),
    "search": Command("search", "search", "Find the moments in which something is said or seen."),
    "transcript": Command("videos", "transcript", "Print what is said in a video."),
    "edit": Command("videos", "edit", "Correct the title, description, language or metadata of a video."),
    "delete": Command("videos", "delete", "Delete videos everywhere: file, pictures, words, points, record."),
    "export": Command("archive", "export", "Write videos, with all artefacts, into a tar archive."),
    "import": Command("archive", "import_", "Import the videos of an archive."),
    "reindex": Command("rebuild", "reindex", "Rebuild the index from the artefacts, with other models or the same."),
    "replay": Command("rebuild", "replay", "Process videos again, from a given stage on."),
    "doctor": Command("doctor", "doctor", "Check the installation, and say how to mend what is wrong."),
    "run": Command("run", "run", "Run one service, as production runs it."),
    "dead": Command("dead", "dead", "List, show, replay and discard dead letters."),
    "topics": Command("topics", "topics", "Provision the topics, and show the lag of each stage."),
    "models": Command("models", "models", "List, measure and export the embedding models."),
}

_HELP = """Finds the moment in a video.

Commands talk to a running instance: the one at RUSHES_URL, by default http://127.0.0.1:8080, with the API key in
RUSHES_KEY where it wants one.

\b
  rushes up                        in one terminal
  rushes add film.mp4 --wait       in another
  rushes search a cat on a sofa
"""


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names alone, for suggestions of typos

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, imported; None where there is none."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in `rushes --help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])


def load_command(name: str) -> Any:
    """Import a command. Typer's class of it is private, hence Any."""
    command = COMMANDS[name]
    found = getattr(importlib.import_module(f"rushes_cli.commands.{command.module}"), command.attribute)
    plain = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        # Typer's own options of a group would draw its help in boxes and add options of the shell's completion.
        plain.info, plain.registered_commands = found.info, found.registered_commands
    else:
        plain.command(name)(found)
    return get_command(plain)


def make_app() -> typer.Typer:
    """The command line."""
    app = typer.Typer(
        name="rushes",
        cls=LazyGroup,
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, and return its exit code. A failure is one line on stderr."""
    try:
        code = make_app()(arguments, prog_name="rushes", standalone_mode=False)
    except WrongUse as error:
        complain(f"{error} (see `rushes --help`)")
        return WRONG_USE
    except FAILURES as error:
        complain(_with_advice(error))
        return FAILED
    except typer.TyperException as error:
        return _misused(error)
    except typer.Abort:
        return FAILED
    return code or 0


def _with_advice(error: Exception) -> str:
    """The error's sentence; where the instance wants an API key, also how a command sends one."""
    wants_key = getattr(error, "status", None) in (401, 403)
    return f"{error} (a command sends the key in RUSHES_KEY)" if wants_key else str(error)


def _misused(error: typer.TyperException) -> int:
    """Print the argument parser's complaint and where the right use is described; the exit code."""
    context = getattr(error, "ctx", None)
    if "\n" in error.format_message() or not error.format_message():
        typer.echo(error.format_message(), err=True)  # the help itself
    else:
        complain(f"{error.format_message()} (see `{context.command_path if context else 'rushes'} --help`)")
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
