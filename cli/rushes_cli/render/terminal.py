"""Rich's consoles as the commands use them, and pictures on terminals that show them.

Results go to stdout and stay legible in a pipe; progress goes to stderr.
"""

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO

from rich.console import Console, RenderableType
from rich.text import Text

from rushes_cli.console import shown

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


COLUMNS = 28
"""How wide a picture is shown."""

Draw = Callable[[bytes], RenderableType]


def drawing(console: Console) -> Draw | None:
    """What makes a picture's file something to print; None where there is no terminal that shows pictures, or where the
    extra `rushes[pictures]` is not installed."""
    if not console.is_terminal or console.color_system not in {"truecolor", "256"} or not find_spec("textual_image"):
        return None
    # Importing it asks the terminal which protocol it speaks.
    from PIL import Image  # noqa: PLC0415
    from textual_image.renderable import Image as Picture  # noqa: PLC0415

    def draw(file: bytes) -> RenderableType:
        return Picture(Image.open(BytesIO(file)), width=COLUMNS, height="auto")

    return draw
