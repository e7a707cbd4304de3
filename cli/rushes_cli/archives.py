"""`rushes export` and `rushes import`: archives to and from files."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from rushes_cli.adding import report, settle
from rushes_cli.client import Client
from rushes_cli.errors import WrongUse
from rushes_cli.outcome import Outcome
from rushes_cli.plain import say
from rushes_cli.progress import Uploading

COMPRESSED = (".gz", ".tgz")


def write(client: Client, video_ids: Sequence[str], path: Path, *, with_source: bool) -> None:
    """Write an archive. What could not be written to its end leaves no file behind. Raises what the client raises, and
    WrongUse where the file can't be written."""
    part = path.with_name(path.name + ".part")
    try:
        with _opened(part, path.suffix) as file:
            for piece in client.export(video_ids, with_source=with_source):
                file.write(piece)
        size = part.stat().st_size
        part.replace(path)
    except OSError as error:
        raise WrongUse(f"--output {path} can't be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    say(f"{path}: {size:,} bytes")


def read(client: Client, path: Path, *, wait: bool, as_json: bool) -> bool:
    """Send an archive, wait if asked to, and print; whether all went well. Raises what the client raises, and WrongUse
    where the file can't be read."""
    try:
        with Uploading() as uploading, uploading.file(path) as sent:
            imported = client.import_archive(path, sent)
    except OSError as error:
        raise WrongUse(f"{path} can't be read: {error.strerror}") from error
    outcomes = [Outcome(video.video_id or "", "accepted", video) for video in imported.videos]
    outcomes = settle(client, outcomes) if wait else outcomes
    report(outcomes, as_json)
    return not any(outcome.is_failure for outcome in outcomes)


def _opened(path: Path, suffix: str) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "wb")) if suffix in COMPRESSED else path.open("wb")
