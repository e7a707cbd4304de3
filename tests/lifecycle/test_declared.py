"""What was said of a video, after one word and the next, in whatever order they come."""

from rushes_ingest.api.changes import VideoEdit
from rushes_ingest.upload_metadata import merge_metadata
from rushes_schemas.artefacts import StoredMetadata
from rushes_schemas.events import VideoUploaded

URI = "blob:videos/x/source"


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
