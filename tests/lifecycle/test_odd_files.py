"""What people, backups and other programs leave in the store's folders stops no start and no deletion."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rushes_catalog.purge import purge
from rushes_ingest.accepted_uploads import note_upload, unfinished_uploads
from rushes_runtime.bus.dead import Wanted
from rushes_runtime.bus.dead_blobs import BlobDeadLetters
from rushes_runtime.deletion import forget_marks, orders
from rushes_runtime.platform import Platform
from rushes_runtime.store_format import newer_blobs, require_known_format
from rushes_schemas.events import VideoDeleted, VideoUploaded

ID = "0b7f3c1e-5d2a-5c3e-9f4b-1a2b3c4d5e6f"
VIDEO = "76fa1154-3009-525a-8157-976ecef8cd86"


def beside_the_store(folder: Path) -> Path:
    return next(parent for parent in folder.parents if parent.name == "blobs").parent


def link_out(folder: Path) -> None:
    outside = beside_the_store(folder) / "outside.json"
    outside.write_text('{"uri": "file:///other.mp4", "accepted_at": 1}')
    (folder / f"{ID}.json").symlink_to(outside)


def link_to_folder(folder: Path) -> None:
    (outside := beside_the_store(folder) / "outside").mkdir(exist_ok=True)
    (outside / "a.json").write_text("{}")
    (folder / "linked").symlink_to(outside)


def links_in_a_circle(folder: Path) -> None:
    (folder / f"{ID}.json").symlink_to(folder / f"{ID}.json")
    (folder / "circle").symlink_to(folder)


def not_utf8(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.json")).write_text("{}")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xfe")).mkdir()


def a_folder(folder: Path) -> None:
    (folder / f"{ID}.json").mkdir()
    (folder / f"{ID}.json" / "b").write_text("{")


ODD: dict[str, Callable[[Path], object]] = {
    "link out": link_out,
    "link to a folder": link_to_folder,
    "circle": links_in_a_circle,
    "not UTF-8": not_utf8,
    "control character": lambda folder: (folder / "a\x01\n.json").write_text("{}"),
    "folder": a_folder,
    "newer": lambda folder: (folder / f"{ID}.json").write_text('{"id": "asr:0", "rushes_format": 2}'),
    "another's": lambda folder: (folder / "a.json").write_text(
        '{"id": "asr:../../outside", "at": 0, "sentence": "", "key": null, "value": "", "headers": []}'
    ),
}


async def start(platform: Platform) -> list[str]:
    """All that a start reads; what it goes on with."""
    blobs, letters = platform.blobs, BlobDeadLetters(platform.settings.kafka, platform.blobs)
    await require_known_format(blobs)
    [order async for order in orders(blobs)]
    unfinished = [event.uri async for event in unfinished_uploads(platform)]
    await letters.resume()
    await letters.expire(before_ms=1)
    await letters.forget(ID)
    assert await letters.open(Wanted()) == []
    await forget_marks(blobs, before_ms=1)
    [key async for key in newer_blobs(blobs)]
    return unfinished


PLACES = ("pending", "deleting", "deleted", "dead-letters/asr", "videos", f"videos/{VIDEO}")


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_file_is_passed_over(platform: Platform, odd: str) -> None:
    assert platform.blobs.folder is not None
    await note_upload(platform.blobs, VideoUploaded(uri="file:///film.mp4", accepted_at=1))
    for place in PLACES:
        (folder := platform.blobs.folder / place).mkdir(parents=True, exist_ok=True)
        ODD[odd](folder)
    assert await start(platform) == ["file:///film.mp4"]
    counted = platform.metrics.registry.get_sample_value("rushes_unreadable_blobs_total")
    assert counted
    assert await start(platform) == ["file:///film.mp4"]
    assert platform.metrics.registry.get_sample_value("rushes_unreadable_blobs_total") == counted, "told of once"
    await purge(platform, VideoDeleted(video_id=VIDEO, at=1, generation=1))
