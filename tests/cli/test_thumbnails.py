"""Pictures are drawn on terminals that can, and nowhere else."""

from io import BytesIO, StringIO

import pytest
from PIL import Image
from rich.console import Console

from rushes_cli.render.terminal import drawing

from .conftest import ID, Rushes
from .instance import Instance, record


def jpeg() -> bytes:
    file = BytesIO()
    Image.new("RGB", (160, 90), (200, 30, 30)).save(file, "JPEG")
    return file.getvalue()


def test_a_terminal_shows_pictures() -> None:
    file = StringIO()
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=100)
    draw = drawing(console)
    assert draw
    console.print(draw(jpeg()))
    assert len(file.getvalue().splitlines()) > 3


@pytest.mark.parametrize(("is_terminal", "colours"), [(False, None), (True, None), (True, "standard")])
def test_a_pipe_and_a_terminal_of_few_colours_show_none(is_terminal: bool, colours: str | None) -> None:
    console = Console(file=StringIO(), force_terminal=is_terminal, color_system=colours, no_color=colours is None)  # type: ignore[arg-type]
    assert drawing(console) is None


def test_a_picture_that_is_gone_is_no_error(
    rushes: Rushes, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.knows(record(ID))
    instance.shows(record(ID), "your country", 0, 5000, thumbnail_uri="blob:videos/gone.jpg")
    monkeypatch.setattr("rushes_cli.commands.search.drawing", lambda _: lambda _: "a picture")
    said = rushes("search", "country")
    assert said.code == 0 and "a picture" not in said.out and "A film" in said.out
