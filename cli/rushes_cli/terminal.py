"""Rich's consoles as the commands use them: for people on a terminal, and legible in a pipe."""

import os
import sys

from rich.console import Console
from rich.text import Text

from rushes_cli.plain import shown

PIPE_WIDTH = 240
"""Columns where nobody looks: one line a video, for grep."""


def out() -> Console:
    """Where results go. Nothing that is printed is taken for markup."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(markup=False, emoji=False, highlight=False, width=width)


def progress_console() -> Console:
    """Where long work shows how far it is: stderr, so that a pipe gets results only."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def text(words: str | None, style: str = "") -> Text:
    """Anybody's words as rich shows them: as they are, but for what would steer the terminal."""
    return Text(shown(words or ""), style=style)
