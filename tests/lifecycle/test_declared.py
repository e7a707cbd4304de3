"""What was said of a video, after one word and the next, in whatever order they come."""

from pathlib import Path

import pytest

from rushes_ingest import upload_metadata, upload_service
from rushes_ingest.api.changes import VideoEdit
from rushes_ingest.upload_metadata import merge_metadata
from rushes_runtime.artefacts import write
from rushes_runtime.blobs import Blobs
from rushes_schemas.artefacts import PublishedMetadata, StoredMetadata, metadata_key
from rushes_schemas.events import LATEST_MS, VideoUploaded

URI = "blob:videos/x/source"
VIDEO = "76fa1154-3009-525a-8157-976ecef8cd86"


def test_the_last_word_counts_and_what_is_left_out_stays() -> None:
    before = merge_metadata(
        StoredMetadata(), VideoUploaded(uri=URI, title="A", language="en", filename="a.mp4", accepted_at=1), now=9
    )
    after = merge_metadata(before, VideoUploaded(uri=URI, title="B", filename="b.mp4", accepted_at=2), now=9)
    assert (after.title, after.language, after.filename) == ("B", "en", "a.mp4")


def test_a_word_that_comes_late_says_only_what_nobody_has_said() -> None:
    edited = merge_metadata(StoredMetadata(), VideoUploaded(uri=URI, title="New", accepted_at=5), now=9)
    late = merge_metadata(edited, VideoUploaded(uri=URI, title="Old", description="D", accepted_at=3), now=9)
    assert (late.title, late.description, late.said_at) == ("New", "D", 5)


def test_a_patch_says_forgets_and_leaves() -> None:
    event = VideoEdit.model_validate_json('{"title": null, "language": "de", "metadata": {}}').event(URI, 1)
    assert event == VideoUploaded(uri=URI, generation=1, language="de", cleared=("title", "metadata"))
    before = StoredMetadata(title="A", description="D", metadata={"camera": "B"})
    after = merge_metadata(before, event, now=9)
    assert (after.title, after.description, after.language, after.metadata) == (None, "D", "de", {})


class Door:
    """`announce` and the consumer behind it, by a clock that can be set."""

    def __init__(self, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
        self.blobs = blobs
        self.now = 1000
        for module in (upload_service, upload_metadata):
            monkeypatch.setattr(module, "now_ms", lambda: self.now)

    async def says(self, title: str) -> PublishedMetadata:
        """Have an edit announced, and its event consumed."""
        published: list[VideoUploaded] = []

        async def publish(event: VideoUploaded) -> None:
            published.append(VideoUploaded.model_validate_json(event.model_dump_json()))

        await upload_service.announce(self.blobs, publish, VideoUploaded(uri=URI, title=title), VIDEO)
        return await upload_metadata.store_metadata(self.blobs, VIDEO, published[0])


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    return Door(Blobs(tmp_path.as_uri()), monkeypatch)


async def test_what_is_said_after_the_clock_was_set_back_counts(door: Door) -> None:
    await door.says("A")
    door.now = 10
    assert [(await door.says(title)).title for title in ("B", "C")] == ["B", "C"]


async def test_what_is_said_after_a_raw_event_of_the_future_counts(door: Door) -> None:
    await upload_metadata.store_metadata(door.blobs, VIDEO, VideoUploaded(uri=URI, title="F", accepted_at=LATEST_MS))
    door.now = 10
    assert [(await door.says(title)).title for title in ("B", "C")] == ["B", "C"]


async def test_what_is_said_after_metadata_of_the_last_moment_counts(door: Door) -> None:
    """As an archive may bring them."""
    await write(door.blobs, metadata_key(VIDEO), StoredMetadata(title="L", said_at=LATEST_MS))
    assert [(await door.says(title)).title for title in ("B", "C")] == ["B", "C"]
