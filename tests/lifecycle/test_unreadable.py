"""Nothing on the disk stops a start or a request for something else: each kind of stored JSON, damaged in each way."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from rushes_catalog.purge import purge
from rushes_catalog.reconciler import Repairer
from rushes_embed.worker import SceneVectors
from rushes_ingest.accepted_uploads import note_upload, noted_uploads, unfinished_uploads
from rushes_ingest.app import video_of
from rushes_ingest.disk_space import Quota
from rushes_ingest.store import store
from rushes_ingest.upload_metadata import find_metadata, store_metadata
from rushes_query.library.storyboards import track
from rushes_query.library.transcripts import transcript_of
from rushes_runtime import deletion
from rushes_runtime.artefacts import Artefact, find_or_make, write
from rushes_runtime.errors import ConfigurationError, InvalidError
from rushes_runtime.generations import find_source, is_deleted, mark_key, order_key
from rushes_runtime.index import made_with
from rushes_runtime.index.artefact_events import planned as recalled
from rushes_runtime.index.made_with import MadeWith
from rushes_runtime.index.video_records import put_record
from rushes_runtime.platform import Platform
from rushes_runtime.store_format import KEY as FORMAT_KEY
from rushes_runtime.store_format import newer_blobs, require_known_format
from rushes_runtime.unreadable import unreadable
from rushes_schemas.artefacts import Plan, SceneList, Source
from rushes_schemas.events import Scene, Segment, StageName, Transcript, VideoDeleted, VideoUploaded, Word
from rushes_schemas.index import StageEntry, VideoRecord
from rushes_schemas.storyboard import Storyboard, storyboard_key

SAID = Transcript(status="ok", language="en", words=(Word(start_ms=0, end_ms=5, text="said", probability=1),))
MADE_WITH = MadeWith(image_text="a", text="b", visual={}, speech={}, lexical="c")
COLLECTION = "rushes-scenes-one"
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "half": lambda whole: whole[: len(whole) // 2],
    "zeros": lambda whole: bytes(len(whole)),
    "not text": lambda whole: b"\xff\xfe\x80" * 9,
    "null": lambda whole: b"null",
    "a list": lambda whole: b"[1, 2]",
    "a text": lambda whole: b'"' + b"x" * 99 + b'"',
    "deep": lambda whole: b"[" * 100_000,
    "no number": lambda whole: whole[:-1] + b',"more":NaN}',
    "no format": lambda whole: b'{"rushes_format": "two"}',
    "format 0": lambda whole: b'{"rushes_format": 0}',
}


@dataclass
class Stored:
    """A video with everything that is stored of one, and the record of it."""

    source: Source
    record: VideoRecord

    def artefact(self, stage: StageName, segment: int | None = 0) -> Artefact:
        return Artefact(self.source.video_id, segment, stage, "r1")


async def video(platform: Platform, name: str) -> Stored:
    async def chunks() -> AsyncIterator[bytes]:
        yield name.encode()

    blobs = platform.blobs
    source = await store(blobs, chunks(), Quota(name, None, None, 0))
    declared = await store_metadata(blobs, source.video_id, VideoUploaded(uri=source.uri, title=name, accepted_at=1))
    own = f"blob:videos/{source.video_id}"
    segment = Segment(index=0, start_ms=0, end_ms=5, audio_uri=f"{own}/0/sound.flac")
    plan = Plan(duration_ms=5, width=2, height=2, has_audio=True, media_type="video/mp4", segments=(segment,))
    entry = {
        stage: StageEntry(status="done", at=1, recipe="r1", artefact_uri=f"{own}/0/{stage}-r1.json")
        for stage in ("asr", "scenes", "embed")
    }
    record = VideoRecord(
        video_id=source.video_id,
        status="indexed",
        created_at=1,
        updated_at=1,
        title=name,
        video=video_of(source, plan, declared),
        ingest=StageEntry(status="done", at=1, recipe="r1", artefact_uri=f"{own}/ingest-r1.json"),
        segments={"0": entry},
    )
    stored = Stored(source.model_copy(update={"is_new": False}), record)
    for stage, content in CONTENTS.items():
        await write(blobs, stored.artefact(stage, None if stage == "ingest" else 0).key, content or plan)
    board = Storyboard(columns=1, tile_width=1, tile_height=1, times_ms=(0,), end_ms=5)
    await write(blobs, storyboard_key(source.video_id, 0, "r1"), board)
    await put_record(platform.index, record)
    return stored


PLAN = Plan(duration_ms=5, width=2, height=2, has_audio=False, media_type="video/mp4", segments=())
CONTENTS: dict[StageName, BaseModel | None] = {
    "ingest": None,
    "asr": SAID,
    "scenes": SceneList(scenes=(Scene(index=0, start_ms=0, end_ms=5),)),
    "embed": SceneVectors(dimensions=1, scenes=("",)),
}


async def remade(stored: Stored, platform: Platform, stage: StageName, kind: type[Any]) -> None:
    """The stage makes its artefact anew, once."""
    artefact = stored.artefact(stage, None if stage == "ingest" else 0)
    content = CONTENTS[stage] or PLAN

    async def make() -> Any:
        return content

    assert (await find_or_make(platform.blobs, artefact, kind, make)).elapsed_ms is not None
    again = await find_or_make(platform.blobs, artefact, kind, make)
    assert again.content == content and again.elapsed_ms is None


async def source_again(stored: Stored, platform: Platform) -> None:
    found = await find_source(platform.blobs, stored.source.video_id)
    assert found and found.model_copy(update={"stored_at": 0}) == stored.source.model_copy(update={"stored_at": 0})


async def title_again(stored: Stored, platform: Platform) -> None:
    await find_metadata(platform.blobs, stored.source.video_id)
    assert [event async for event in unfinished_uploads(platform)] == []
    assert (await find_metadata(platform.blobs, stored.source.video_id)).title == "film"


def artefact_kind(stage: StageName, kind: type[Any]) -> Any:
    async def check(stored: Stored, platform: Platform) -> None:
        await remade(stored, platform, stage, kind)

    return check


async def board_again(stored: Stored, platform: Platform) -> None:
    assert (await track(stored.record, platform.blobs)).strip() == "WEBVTT"


KINDS: dict[str, tuple[Callable[[str], str], Callable[[Stored, Platform], Awaitable[None]]]] = {
    "source": (lambda video_id: f"videos/{video_id}/source.json", source_again),
    "declared": (lambda video_id: f"videos/{video_id}/declared.json", title_again),
    "plan": (lambda video_id: f"videos/{video_id}/ingest-r1.json", artefact_kind("ingest", Plan)),
    "transcript": (lambda video_id: f"videos/{video_id}/0/asr-r1.json", artefact_kind("asr", Transcript)),
    "scenes": (lambda video_id: f"videos/{video_id}/0/scenes-r1.json", artefact_kind("scenes", SceneList)),
    "vectors": (lambda video_id: f"videos/{video_id}/0/embed-r1.json", artefact_kind("embed", SceneVectors)),
    "storyboard": (lambda video_id: storyboard_key(video_id, 0, "r1"), board_again),
}


async def start_and_requests(platform: Platform, other: Stored) -> None:
    """What a start reads, and requests for another video."""
    await require_known_format(platform.blobs)
    await deletion.forget_marks(platform.blobs, before_ms=0)
    [order async for order in deletion.orders(platform.blobs)]
    [event async for event in unfinished_uploads(platform)]
    await made_with.find(platform.blobs, COLLECTION)
    assert await find_source(platform.blobs, other.source.video_id) == other.source
    assert (await find_metadata(platform.blobs, other.source.video_id)).title == "other"
    assert (await transcript_of(other.record, platform.blobs)).words[0].text == "said"
    assert await recalled(platform.blobs, other.record)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_stored_of_a_video_is_set_aside_and_made_again(platform: Platform, kind: str) -> None:
    stored, other = await video(platform, "film"), await video(platform, "other")
    key_of, made_again = KINDS[kind]
    key = key_of(stored.source.video_id)
    whole = await platform.blobs.get(key)
    for number, (name, damage) in enumerate(DAMAGES.items(), 1):
        damaged = damage(whole)
        await platform.blobs.put(key, damaged)
        await start_and_requests(platform, other)
        await transcript_of(stored.record, platform.blobs)
        await recalled(platform.blobs, stored.record)
        await made_again(stored, platform)
        assert await platform.blobs.get(f"unreadable/{key}") == damaged, name
        assert [key async for key in unreadable(platform.blobs)] == [key]
        assert platform.metrics.registry.get_sample_value("rushes_unreadable_blobs_total") == number
        await platform.blobs.put(key, whole)
    await purge(platform, VideoDeleted(video_id=stored.source.video_id, at=1, generation=1))
    assert [key async for key in unreadable(platform.blobs)] == [], "a deletion removes that too"


STORE_KINDS: dict[str, Callable[[str], str]] = {
    "pending": lambda video_id: "pending/0123.json",
    "order": lambda video_id: order_key("0b7f3c1e-5d2a-5c3e-9f4b-1a2b3c4d5e6f"),
    "mark": mark_key,
    "collection": lambda video_id: f"collections/{COLLECTION}.json",
    "format": lambda video_id: FORMAT_KEY,
}


@pytest.mark.parametrize("kind", STORE_KINDS)
async def test_what_is_stored_beside_the_videos_stops_nothing(platform: Platform, kind: str) -> None:
    other = await video(platform, "other")
    noted = VideoUploaded(uri="file:///film.mp4", accepted_at=1)
    await note_upload(platform.blobs, noted)
    await made_with.write_down(platform.blobs, MADE_WITH, COLLECTION)
    key = STORE_KINDS[kind](other.source.video_id)
    for name, damage in DAMAGES.items():
        await platform.blobs.put(key, damaged := damage(b'{"at": 1, "uri": "x", "video_id": "y"}'))
        await start_and_requests(platform, other)
        assert await platform.blobs.get(f"unreadable/{key}") == damaged, name
        assert noted in [event async for event in noted_uploads(platform.blobs)]
        await start_and_requests(platform, other)


async def test_a_damaged_mark_still_drops_the_life_before(platform: Platform) -> None:
    stored = await video(platform, "film")
    video_id = stored.source.video_id
    await purge(platform, VideoDeleted(video_id=video_id, at=1, generation=1))
    again = await video(platform, "film")
    await platform.blobs.put(mark_key(video_id), b"")
    assert await is_deleted(platform.blobs, video_id, stored.source.generation)
    assert not await is_deleted(platform.blobs, video_id, again.source.generation)


async def test_a_source_note_and_a_mark_that_are_both_damaged(platform: Platform) -> None:
    stored = await video(platform, "film")
    await platform.blobs.put(mark_key(stored.source.video_id), b"")
    await platform.blobs.put(stored.source.key + ".json", b"")
    found = await find_source(platform.blobs, stored.source.video_id)
    assert found and not await is_deleted(platform.blobs, found.video_id, found.generation)


async def test_the_video_of_a_damaged_artefact_is_published_again_once(platform: Platform) -> None:
    stored, _ = await video(platform, "film"), await video(platform, "other")
    published: list[VideoUploaded] = []

    async def publish(event: VideoUploaded) -> None:
        published.append(event)

    repairer = Repairer(platform, publish)
    await repairer.repair()
    assert published == []
    await platform.blobs.put(stored.artefact("asr").key, b"")
    assert not (await transcript_of(stored.record, platform.blobs)).complete
    await repairer.repair()
    await repairer.repair()
    assert [(event.uri, event.generation) for event in published] == [(stored.source.uri, 1)]


async def test_a_plan_that_names_another_video_s_sound_is_made_again(platform: Platform) -> None:
    stored, other = await video(platform, "film"), await video(platform, "other")
    key = stored.artefact("ingest", None).key
    theirs = await platform.blobs.get(other.artefact("ingest", None).key)
    await platform.blobs.put(key, theirs)
    assert await recalled(platform.blobs, stored.record) == []
    assert await platform.blobs.get(f"unreadable/{key}") == theirs


async def test_formats_older_the_same_and_newer(platform: Platform) -> None:
    stored, blobs = await video(platform, "film"), platform.blobs
    await made_with.write_down(blobs, MADE_WITH, COLLECTION)
    keys = [stored.artefact("asr").key, f"collections/{COLLECTION}.json"]
    for key in keys:
        same = await blobs.get(key)
        assert same.endswith(b',"rushes_format":1}') or b'"rushes_format": 1}' in same
        older = same[: same.rindex(b',"rushes_format"')] + b"}"
        await blobs.put(key, older)
        assert (await transcript_of(stored.record, blobs)).words and await made_with.find(blobs, COLLECTION)
        await blobs.put(key, newer := older[:-1] + b',"rushes_format":7}')
        assert [key async for key in newer_blobs(blobs)] == [key]
        with pytest.raises((InvalidError, ConfigurationError), match=r"format 7.* up to 1"):
            await transcript_of(stored.record, blobs)
            await made_with.find(blobs, COLLECTION)
        assert await blobs.get(key) == newer, "it is left as it is"
        await blobs.put(key, same)
    assert [key async for key in unreadable(blobs)] == []


async def test_a_newer_video_keeps_no_start_from_going_on_with_others(platform: Platform) -> None:
    stored, other = await video(platform, "film"), await video(platform, "other")
    for key in (stored.source.key + ".json", "pending/0123.json", mark_key("x"), order_key(stored.source.video_id)):
        await platform.blobs.put(key, b'{"rushes_format": 2}')
    await start_and_requests(platform, other)
    with pytest.raises(InvalidError, match="format 2"):
        await find_source(platform.blobs, stored.source.video_id)


async def test_a_store_of_a_newer_format_is_refused_and_an_unversioned_one_opens(platform: Platform) -> None:
    blobs = platform.blobs
    await require_known_format(blobs)
    await require_known_format(blobs)
    assert b'"written_by":"' in await blobs.get(FORMAT_KEY)
    await blobs.put(FORMAT_KEY, b'{"written_by": "9.1", "rushes_format": 7}')
    with pytest.raises(ConfigurationError, match=r"format 7, written by rushes 9\.1; this is rushes .* up to 1: run"):
        await require_known_format(blobs)
