"""`rushes export` and `rushes import`: videos as a tar archive."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Annotated, cast

import typer

from rushes_cli.adding import Outcome, report_and_exit
from rushes_cli.client import Client, instance_url
from rushes_cli.console import WrongUse, say
from rushes_cli.progress import Uploading


def export(
    video_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[VIDEO_ID]...", help="Only these videos; all, if none is named.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The archive; compressed where it is called .tar.gz or .tgz.")
    ] = Path("rushes.tar"),
    no_source: Annotated[bool, typer.Option("--no-source", help="Leave the videos' own files out.")] = False,
) -> None:
    """Write videos, with all artefacts, into a tar archive.

    Words, scenes, pictures and what was said of each video are in it; imported elsewhere it is searchable without any
    of that being made again.

    \b
    Examples:
      rushes export -o backup.tar
      rushes export 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e --no-source -o film.tar.gz
    """
    with Client(instance_url()) as client:
        _write(client.export(video_ids or (), with_source=not no_source), output)


def import_(
    archive: Annotated[Path, typer.Argument(help="What `rushes export` wrote.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything can be searched, or failed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of each video as JSON.")] = False,
) -> None:
    """Import the videos of an archive.

    What was made of them is found in it. Only what this installation's settings would make otherwise is made anew, for
    which the videos' own files have to be in the archive.

    \b
    Example:
      rushes import backup.tar --wait
    """
    with Client(instance_url()) as client:
        try:
            with Uploading() as uploading, uploading.file(archive) as sent:
                imported = client.import_archive(archive, sent)
        except OSError as error:
            raise WrongUse(f"{archive} can't be read: {error.strerror}") from error
        outcomes = [Outcome(video.video_id or "", "accepted", video) for video in imported.videos]
        report_and_exit(client, outcomes, wait=wait, as_json=as_json)


COMPRESSED = (".gz", ".tgz")


def _write(pieces: Iterable[bytes], path: Path) -> None:
    """Write the archive under a temporary name first, so that one that breaks off leaves no file behind."""
    part = path.with_name(path.name + ".part")
    try:
        with _opened(part, path.suffix) as file:
            for piece in pieces:
                file.write(piece)
        size = part.stat().st_size
        part.replace(path)
    except OSError as error:
        raise WrongUse(f"--output {path} can't be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    say(f"{path}: {size:,} bytes")


def _opened(path: Path, suffix: str) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "wb")) if suffix in COMPRESSED else path.open("wb")
