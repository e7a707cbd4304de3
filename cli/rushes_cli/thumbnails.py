"""Pictures on a terminal: in its own protocol (Kitty, Sixel) or in half blocks, where it is one and can."""

from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO

from rich.console import Console, RenderableType

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
