"""What is said of a video on the command line is checked before anything is sent."""

import os
from pathlib import Path

import pytest

from rushes_cli.console import WrongUse
from rushes_cli.options import described
from rushes_client._sync.uploads import _name


@pytest.mark.parametrize(
    ("option", "title", "metadata"),
    [
        ("--title", "\udcff", []),
        ("--title", "x" * 1001, []),
        ("--metadata", None, ["a=\udcff"]),
        ("--metadata", None, ["a" * 300 + "=b"]),
        ("--metadata", None, ["a=" + "x" * 70_000]),
    ],
    ids=ascii,
)
def test_what_can_not_be_stored_is_wrong_use(option: str, title: str | None, metadata: list[str]) -> None:
    with pytest.raises(WrongUse, match=f"{option} can't be stored") as refused:
        described(title, None, None, metadata)
    assert str(refused.value).encode()


def test_what_can_be_stored_is_taken_over() -> None:
    said = described("A film", None, "en", ["camera=B"])
    assert (said.title, said.metadata) == ("A film", {"camera": "B"})


def test_a_file_name_that_is_no_utf8_is_shown_as_far_as_it_is_text() -> None:
    assert _name(Path(os.fsdecode(b"caf\xe9.mp4"))) == "caf�.mp4"
