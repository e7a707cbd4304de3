"""The `rushes` command: which commands there are, and how their failures are told."""

import sys
from collections.abc import Sequence

import typer

from rushes_cli.commands.add import add
from rushes_cli.commands.archive import export, import_
from rushes_cli.commands.dead import dead
from rushes_cli.commands.delete import delete
from rushes_cli.commands.doctor import doctor
from rushes_cli.commands.edit import edit
from rushes_cli.commands.models import models
from rushes_cli.commands.rebuild import reindex, replay
from rushes_cli.commands.run import run
from rushes_cli.commands.search import search
from rushes_cli.commands.status import status
from rushes_cli.commands.topics import topics
from rushes_cli.commands.transcript import transcript
from rushes_cli.commands.up import up
from rushes_cli.errors import FAILURES, WrongUse
from rushes_cli.plain import complain

COMMANDS = (up, add, status, search, transcript, edit, delete, export, import_, reindex, replay, doctor, run)
GROUPS = (dead, topics, models)

FAILED = 1
WRONG_USE = 2


def make_app() -> typer.Typer:
    """The command line."""
    app = typer.Typer(
        name="rushes", help=_HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    for command in COMMANDS:
        app.command(command.__name__.rstrip("_"))(command)
    for group in GROUPS:
        app.add_typer(group)
    return app


_HELP = """Finds the moment in a video.

Commands talk to a running instance: RUSHES_URL, or the one that `rushes up` starts on this machine.

\b
  rushes up                        in one terminal
  rushes add film.mp4 --wait       in another
  rushes search a cat on a sofa
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code. What went wrong is one line on stderr."""
    try:
        code = make_app()(arguments, prog_name="rushes", standalone_mode=False)
    except WrongUse as error:
        complain(f"{error} (see `rushes --help`)")
        return WRONG_USE
    except FAILURES as error:
        complain(str(error))
        return FAILED
    except typer.TyperException as error:
        return _misused(error)
    except typer.Abort:
        return FAILED
    return code or 0


def _misused(error: typer.TyperException) -> int:
    """The argument parser's complaint, with the place where the right use is written."""
    context = getattr(error, "ctx", None)
    if "\n" in error.format_message() or not error.format_message():
        typer.echo(error.format_message(), err=True)  # it is the help itself
    else:
        complain(f"{error.format_message()} (see `{context.command_path if context else 'rushes'} --help`)")
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
