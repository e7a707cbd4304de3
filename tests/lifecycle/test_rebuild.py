"""What a reindex fills, what it takes to be lacking, and what artefacts tell of a segment."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes_catalog.reindex import expected_of, new_name
from rushes_ingest.app import plan_artefact
from rushes_ingest.settings import IngestSettings
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_runtime.generations import find_source
from rushes_runtime.index.artefact_events import event_for, planned
from rushes_runtime.index.made_with import MadeWith, recipe_of
from rushes_schemas.artefacts import Plan
from rushes_schemas.events import ScenesDetected, SegmentTranscribed, Video
from rushes_schemas.index import StageEntry, VideoRecord, VideoStatus

from .seeds import SCENES, keyword, seed

OURS = MadeWith(image_text="a", text="b", visual={"v": 1}, speech={"s": 1}, lexical="c")
OTHER = "rushes-scenes-0123456789ab"


def test_a_collection_of_other_models_has_their_name() -> None:
    assert new_name(OURS, OTHER, [OTHER]) == OURS.collection


def test_one_of_the_same_models_has_the_next_number() -> None:
    served = OURS.collection
    assert new_name(OURS, served, [served]) == f"{served}-2"
    assert new_name(OURS, f"{served}-2", [f"{served}-2"]) == served
    assert recipe_of(f"{served}-2") == recipe_of(served) == OURS.recipe


def test_one_that_was_begun_is_gone_on_with() -> None:
    begun = f"{OURS.collection}-3"
    assert new_name(OURS, OURS.collection, [OURS.collection, begun]) == begun


@pytest.mark.parametrize(
    ("status", "counted", "wanted"), [("indexed", 3, 5), ("degraded", 7, 7), ("processing", 3, 3), ("failed", 0, 0)]
)
def test_what_the_old_index_has_lost_is_wanted_all_the_same(status: VideoStatus, counted: int, wanted: int) -> None:
    record = VideoRecord(
        video_id="00000000-0000-0000-0000-000000000000", status=status, points=5, created_at=1, updated_at=1
    )
    assert expected_of(record, counted) == wanted


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty store."""
    return Blobs(tmp_path.as_uri())


async def test_artefacts_tell_what_the_stages_began_with(blobs: Blobs) -> None:
    record = await recorded(blobs)
    [segment] = await planned(blobs, record)
    heard = await event_for("scenes", blobs, record, segment)
    assert isinstance(heard, SegmentTranscribed) and keyword(7) in [word.text for word in heard.transcript.words]
    scenes = await event_for("embed", blobs, record, segment)
    assert isinstance(scenes, ScenesDetected) and len(scenes.scenes) == SCENES
    assert "".join(scene.text for scene in scenes.scenes).count(keyword(7)) == 1
    assert scenes.scenes_recipe == record.segments["0"]["scenes"].recipe


async def test_a_segment_that_a_stage_is_not_done_with_is_not_told_of(blobs: Blobs) -> None:
    record = await recorded(blobs)
    without = record.model_copy(update={"segments": {"0": {"asr": StageEntry(status="retrying", at=1)}}})
    [segment] = await planned(blobs, record)
    assert await event_for("scenes", blobs, without, segment) is None
    assert await event_for("embed", blobs, without, segment) is None
    assert await planned(blobs, record.model_copy(update={"ingest": None})) == []


async def recorded(blobs: Blobs) -> VideoRecord:
    """A seed, and the record that the catalog would have of it."""
    event = await seed(blobs, 7, "whisper-tiny.en")
    video_id = event.uri.split("/")[1]
    source = await find_source(blobs, video_id)
    assert source is not None
    ingest = plan_artefact(source, IngestSettings())
    plan = await read(blobs, ingest.key, Plan)
    assert plan is not None
    video = Video(
        **source.model_dump(), **plan.model_dump(exclude={"segments"}), segment_count=1, source_uri=source.uri
    )
    stages = {stage: entry async for stage, entry in entries(blobs, video_id)}
    return VideoRecord(
        video_id=video_id,
        status="indexed",
        created_at=1,
        updated_at=1,
        video=video,
        ingest=StageEntry(status="done", at=1, artefact_uri=ingest.uri),
        segments={"0": stages},
    )


async def entries(blobs: Blobs, video_id: str) -> AsyncIterator[tuple[str, StageEntry]]:
    """The ledger's lines, by the artefacts that are there."""
    async for key in blobs.list(f"videos/{video_id}/0"):
        stage, _, recipe = key.rsplit("/", 1)[-1].removesuffix(".json").partition("-")
        if stage in ("asr", "scenes"):
            yield stage, StageEntry(status="done", at=1, recipe=recipe, artefact_uri=f"blob:{key}")
